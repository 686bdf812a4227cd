"""Field keys in a token and in a file: what phones seal opens, the key never leaves, and a token away loses nothing."""

import os
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config.operator_check import _check_field_keys

from .. import field_keys
from ..field_keys import FieldSealBroken, get_published, load_field_keys, open_sealed, seal_to
from ..keyring import KeyRingError

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN, LABEL = "736251", "field k2"
INFO, PLAIN = b"vatra sealed submission 1\nx", b"what somebody said" * 50
SCALAR = "ZGVtby1maWVsZC1rZXktb2YtMzItYnl0ZXMtZGVtbyE="


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory):
    """Make a SoftHSM token of its own for this process, with one key of P-256."""
    if not Path(MODULE).exists():
        pytest.fail("softhsm2 is missing: make test installs it (deploy/packages.sh)")
    import pkcs11

    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    made = ["softhsm2-util", "--init-token", "--free", "--label", "vatra", "--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    module = pkcs11.lib(MODULE)
    module.reinitialize()
    with module.get_token(token_label="vatra").open(rw=True, user_pin=PIN) as session:
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC,
            {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")},
            local=True,
        )
        capable = pkcs11.MechanismFlag.DERIVE
        curve.generate_keypair(store=True, label=LABEL, capabilities=capable)
    yield folder
    os.environ.pop("SOFTHSM2_CONF")


@pytest.fixture
def ring(settings, softhsm):
    settings.FIELD_KEYS = [f"k2:pkcs11:token=vatra;object=field%20k2?module-path={MODULE}", f"k1:{SCALAR}"]
    settings.FIELD_KEYS_PIN, settings.FIELD_KEYS_PIN_FILE = PIN, ""
    field_keys._parse.cache_clear()
    return settings


def test_what_a_phone_seals_to_a_key_in_the_token_opens(ring):
    key = load_field_keys()[0]
    assert len(key.public) == 65
    assert get_published()[0]["id"] == "k2"
    for plain in (b"", PLAIN):
        assert open_sealed(seal_to(plain, key=key, info=INFO), key_id="k2", info=INFO) == plain
    other = load_field_keys()[1]
    assert open_sealed(seal_to(PLAIN, key=other, info=INFO), key_id="k1", info=INFO) == PLAIN


def test_what_was_cut_changed_or_meant_for_something_else_does_not_open(ring):
    key = load_field_keys()[0]
    sealed = seal_to(PLAIN, key=key, info=INFO)
    changed = [sealed[:-1], sealed[:65], sealed[:64], b"", b"\x04" + bytes(64) + sealed[65:], b"\x02" + sealed[1:]]
    compressed = ec.derive_private_key(9, ec.SECP256R1()).public_key()
    changed.append(compressed.public_bytes(Encoding.X962, PublicFormat.CompressedPoint) + sealed[33:])
    for each in changed:
        with pytest.raises(FieldSealBroken):
            open_sealed(each, key_id="k2", info=INFO)
    with pytest.raises(FieldSealBroken):
        open_sealed(sealed, key_id="k2", info=INFO + b"!")


def test_the_private_key_does_not_leave_the_token(ring):
    import pkcs11

    with pkcs11.lib(MODULE).get_token(token_label="vatra").open(user_pin=PIN) as session:
        private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.KeyType.EC, label=LABEL)
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            private[pkcs11.Attribute.VALUE]
    assert repr(load_field_keys()[0]) == "<FieldKey k2>"


@pytest.mark.parametrize(
    ("entry", "pin"),
    [
        (f"k2:pkcs11:token=away;object=field%20k2?module-path={MODULE}", PIN),
        (f"k2:pkcs11:token=vatra;object=other?module-path={MODULE}", PIN),
        ("k2:pkcs11:token=vatra;object=field%20k2?module-path=/nowhere/module.so", PIN),
        (f"k2:pkcs11:token=vatra;object=field%20k2?module-path={MODULE}", "000000"),
        (f"k2:pkcs11:token=vatra;object=field%20k2?module-path={MODULE}", ""),
    ],
)
def test_a_token_that_is_away_is_said_and_the_other_keys_open(ring, entry, pin):
    here = load_field_keys()[0]
    sealed = seal_to(PLAIN, key=here, info=INFO)
    by_other = seal_to(PLAIN, key=load_field_keys()[1], info=INFO)
    ring.FIELD_KEYS, ring.FIELD_KEYS_PIN = [entry, f"k1:{SCALAR}"], pin
    field_keys._parse.cache_clear()
    with pytest.raises(KeyRingError) as away:
        open_sealed(sealed, key_id="k2", info=INFO)
    assert PIN not in str(away.value)
    assert open_sealed(by_other, key_id="k1", info=INFO) == PLAIN
    levels = [(result.level, PIN in result.words) for result in _check_field_keys()]
    assert levels[-1] == ("ok", False)


def test_the_check_says_that_a_token_is_away(ring):
    ring.FIELD_KEYS = [f"k2:pkcs11:token=away;object=x?module-path={MODULE}"]
    (result,) = _check_field_keys()
    assert result.level == "missing"
    assert "503" in result.words


def test_the_pin_may_stand_in_a_file(ring, tmp_path):
    ring.FIELD_KEYS_PIN, ring.FIELD_KEYS_PIN_FILE = "", str(tmp_path / "pin")
    with pytest.raises(KeyRingError, match="FIELD_KEYS_PIN_FILE"):
        load_field_keys()[0].private.exchange(b"")
    (tmp_path / "pin").write_text(PIN + "\n")
    assert len(load_field_keys()[0].public) == 65


def test_a_process_that_was_forked_since_opens_too(ring):
    key = load_field_keys()[0]
    sealed = seal_to(PLAIN, key=key, info=INFO)
    assert open_sealed(sealed, key_id="k2", info=INFO) == PLAIN
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if open_sealed(sealed, key_id="k2", info=INFO) == PLAIN else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert open_sealed(sealed, key_id="k2", info=INFO) == PLAIN


@pytest.mark.parametrize("entry", ["k2:pkcs11:token=vatra", "k2:pkcs11:", "k 2:pkcs11:token=a;object=b?module-path=/c"])
def test_an_address_that_names_no_key_stops_the_start(settings, entry):
    settings.FIELD_KEYS = [entry]
    with pytest.raises(KeyRingError):
        load_field_keys()


def test_a_key_may_stand_in_a_file_of_its_own(settings, tmp_path):
    file = tmp_path / "key"
    settings.FIELD_KEYS = [f"k3:file:{file}"]
    with pytest.raises(KeyRingError, match="k3"):
        load_field_keys()
    file.write_text(SCALAR + "\n")
    key = load_field_keys()[0]
    assert open_sealed(seal_to(PLAIN, key=key, info=INFO), key_id="k3", info=INFO) == PLAIN
    settings.FIELD_KEYS = [f"k3:file:{file}", f"k3:{SCALAR}"]
    with pytest.raises(KeyRingError, match="twice"):
        load_field_keys()
    file.write_text(b64encode(bytes(32)).decode())
    settings.FIELD_KEYS = [f"k4:file:{file}"]
    with pytest.raises(KeyRingError, match="P-256"):
        load_field_keys()
