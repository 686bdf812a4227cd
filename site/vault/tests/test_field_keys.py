"""Field keys: what a phone sealed opens here for its one purpose, and nothing else does."""

import base64
import hmac
from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from config.settings.field_keys import read_field_keys

from ..checks import field_keys_are_readable
from ..field_keys import (
    OVERHEAD_BYTES,
    FieldSealBroken,
    UnknownFieldKey,
    get_published,
    load_field_keys,
    open_sealed,
    seal_to,
)
from ..keyring import KeyRingError

OLD = "old1:b2xkLWZpZWxkLWtleS1vZi0zMi1ieXRlcy1vbGQhISE="
NEW = "new2:bmV3LWZpZWxkLWtleS1vZi0zMi1ieXRlcy1uZXchISE="
INFO = b"vatra sealed submission 1\nd\nu\nold1"
PLAIN = b"Kanarina e verdhe"


@pytest.fixture(autouse=True)
def ring(settings):
    settings.FIELD_KEYS = [OLD]
    return settings


def test_what_is_sealed_to_the_published_key_opens_for_its_purpose_and_no_other():
    (key,) = load_field_keys()
    sealed = seal_to(PLAIN, key=key, info=INFO)
    assert len(sealed) == len(PLAIN) + OVERHEAD_BYTES
    assert open_sealed(sealed, key_id="old1", info=INFO) == PLAIN
    with pytest.raises(FieldSealBroken) as broken:
        open_sealed(sealed, key_id="old1", info=INFO + b"x")
    assert broken.value.__suppress_context__


def test_all_keys_open_and_the_first_is_published(ring):
    sealed = seal_to(PLAIN, key=load_field_keys()[0], info=INFO)
    ring.FIELD_KEYS = [NEW, OLD]
    assert open_sealed(sealed, key_id="old1", info=INFO) == PLAIN
    with pytest.raises(FieldSealBroken):  # named as another key's
        open_sealed(sealed, key_id="new2", info=INFO)
    (published,) = get_published()
    assert published["id"] == "new2"
    raw = base64.urlsafe_b64decode(published["public"] + "=")
    assert len(raw) == 65
    assert raw == load_field_keys()[0].public
    ring.FIELD_KEYS = [NEW]
    with pytest.raises(UnknownFieldKey):
        open_sealed(sealed, key_id="old1", info=INFO)


@given(st.data())
def test_cut_or_changed_it_never_opens(data):
    sealed = seal_to(PLAIN, key=load_field_keys()[0], info=INFO)
    if data.draw(st.booleans()):
        other = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    else:
        place = data.draw(st.integers(0, len(sealed) - 1))
        other = bytearray(sealed)
        other[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FieldSealBroken):
        open_sealed(bytes(other), key_id="old1", info=INFO)


def test_it_is_hpke_of_rfc_9180_as_written_there():
    """Compute the key schedule by hand, as a phone does it: DHKEM(P-256), HKDF-SHA256, AES-256-GCM."""
    (key,) = load_field_keys()
    ephemeral = ec.derive_private_key(7_777, ec.SECP256R1())
    enc = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    kem, suite = b"KEM\x00\x10", b"HPKE\x00\x10\x00\x01\x00\x02"

    def extract(suite_id: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + ikm, "sha256")

    def expand(suite_id: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2) + b"HPKE-v1" + suite_id + label + info
        return HKDFExpand(algorithm=SHA256(), length=length, info=labelled).derive(prk)

    shared_point = ephemeral.exchange(ec.ECDH(), key.private.public_key())
    prk = extract(kem, b"", b"eae_prk", shared_point)
    shared = expand(kem, prk, b"shared_secret", enc + key.public, 32)
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", INFO)
    secret = extract(suite, shared, b"secret", b"")
    aead_key, nonce = expand(suite, secret, b"key", context, 32), expand(suite, secret, b"base_nonce", context, 12)
    sealed = enc + AESGCM(aead_key).encrypt(nonce, PLAIN, b"")
    assert open_sealed(sealed, key_id="old1", info=INFO) == PLAIN


@pytest.mark.parametrize(
    "entry",
    [
        "zero:" + base64.b64encode(bytes(32)).decode(),
        "many:" + base64.b64encode(b"\xff" * 32).decode(),
        "short:AAAA",
        "no key",
    ],
)
def test_a_key_that_is_none_stops_the_start_without_its_value(ring, entry):
    ring.FIELD_KEYS = [entry]
    with pytest.raises(KeyRingError):
        load_field_keys()
    (error,) = field_keys_are_readable(None)
    assert error.id == "vault.E003"
    assert entry.partition(":")[2][:8] not in str(error) or ":" not in entry


def test_without_a_key_nothing_is_published_and_nothing_is_wrong(ring):
    ring.FIELD_KEYS = []
    assert get_published() == []
    assert field_keys_are_readable(None) == []


def test_a_key_shows_nothing_of_itself():
    (key,) = load_field_keys()
    assert repr(key) == "<FieldKey old1>"


def test_a_new_key_is_printed_as_the_setting_takes_it(ring):
    out = StringIO()
    call_command("field_key", stdout=out)
    ring.FIELD_KEYS = [out.getvalue().strip()]
    assert len(load_field_keys()) == 1


def test_keys_may_stand_in_a_file(tmp_path):
    file = tmp_path / "field-keys"
    file.write_text(f"# newest first\n{NEW}\n\n {OLD}\n")
    assert read_field_keys(str(file)) == [NEW, OLD]
    with pytest.raises(ImproperlyConfigured):
        read_field_keys(str(tmp_path / "none"))
