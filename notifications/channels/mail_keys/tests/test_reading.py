"""Which keys are taken, and why others aren't; whatever is pasted, it ends in a key or in a reason."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import Cert, CipherSuite, Profile, Tsk
from pysequoia.packet import PacketPile

from tests.world.mail_keys import DAY, get_public, make_openpgp, make_smime

from .. import openpgp, smime
from ..keys import MAX_KEY_BYTES, BadKey, KeyKind, Problem, group_fingerprint
from ..reading import find_problem, is_private, read_key

# RSA of 1024 bits, made by GnuPG: nothing here makes such a key.
WEAK = """-----BEGIN PGP PUBLIC KEY BLOCK-----

mI0EawrBDQEEANPn81m5x8v4yP1KBhfaQc3bMc0p1C8E3F5egBlsgtAgvqag9Nqs
TkS1DaInAshNi89ezdrYmjT9t6r9i9Y4UDgnAkuczQFAe8RfVjOZ2i9eG7TbbOg1
xFsIQJWL5iXDgFxdwMWWf2MYqLzAjlDcfQsaf7B5InHP7Xh+EnMUJzZHABEBAAG0
EHdlYWtAZXhhbXBsZS5jb22IzgQTAQoAOBYhBLYiu+Btcz5C6UmYLs3smfom5vTX
BQJrCsENAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEM3smfom5vTXXeME
ANMjxWAwCylMtfyV0NaU3JSbdg4DNpfLPnHyyFi8Rw/LWCHMzttLa9jW+U5HAqEY
g09FtMO6YcDKhn9Qo08PfvpANBSMnB55lNTSt91QUTgFYPw52SYIK1y5N5iTgiib
oGZvXImTJY8WjAj5SHB8UeEgbI2TU1Ym2MFTNz5tb2Rs
=uju2
-----END PGP PUBLIC KEY BLOCK-----
"""


def now() -> datetime:
    return datetime.now(UTC)


def refuse(content: bytes) -> Problem:
    """Return why this is refused, when it is read or when it is looked at."""
    try:
        return find_problem(read_key(content).text, now())  # type: ignore[return-value]
    except BadKey as bad:
        return bad.problem


@pytest.mark.parametrize("how", [{}, {"profile": Profile.RFC9580}, {"cipher_suite": CipherSuite.RSA2k}])
@pytest.mark.parametrize("binary", [False, True])
def test_an_openpgp_key_is_read_in_armour_and_in_bytes(how, binary):
    key = make_openpgp(**how)
    cert = key.extract_certificate()
    found = read_key(bytes(cert) if binary else str(cert).encode())
    assert (found.kind, found.fingerprint, found.addresses) == (
        KeyKind.OPENPGP,
        cert.fingerprint,
        ("artan@asp.example",),
    )
    assert found.expires_at is None
    assert find_problem(found.text, now()) is None
    assert read_key(found.text.encode()) == found  # what is stored is read as the same


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_certificate_is_read_as_text_and_as_bytes(form):
    made = make_smime()
    found = read_key(getattr(made, form))
    assert (found.kind, len(found.fingerprint), found.addresses) == (KeyKind.SMIME, 64, ("artan@asp.example",))
    assert found.expires_at == made.certificate.not_valid_after_utc
    assert find_problem(found.text, now()) is None
    assert read_key(found.text.encode()) == found


def test_a_certificate_without_any_limits_can_be_encrypted_to():
    assert refuse(make_smime(may_encipher=None, is_for_mail=None).pem) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: str(make_openpgp()).encode(), id="openpgp in armour"),
        pytest.param(lambda: bytes(make_openpgp()), id="openpgp in bytes"),
        pytest.param(lambda: get_public(make_openpgp()) + str(make_openpgp()).encode(), id="behind a public one"),
        pytest.param(
            lambda: bytes(make_openpgp().extract_certificate()) + bytes(make_openpgp()), id="behind, in bytes"
        ),
        pytest.param(lambda: make_smime().private_pem, id="pkcs8"),
        pytest.param(lambda: make_smime().private_der, id="pkcs1 in bytes"),
        pytest.param(lambda: make_smime().pem + make_smime().private_pem, id="with its certificate"),
        pytest.param(lambda: make_smime().bundle, id="pkcs12"),
        pytest.param(lambda: b"text before\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb", id="openssh"),
        pytest.param(lambda: make_smime().private_pem + b" " * MAX_KEY_BYTES, id="too large besides"),
    ],
)
def test_a_private_key_is_known_as_one(content):
    assert refuse(content()) == Problem.PRIVATE


def test_a_public_key_is_not_taken_for_a_private_one():
    for content in (get_public(make_openpgp()), bytes(make_openpgp().extract_certificate()), make_smime().der):
        assert not is_private(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(lambda: WEAK.encode(), Problem.TOO_WEAK, id="openpgp of 1024 bits"),
        pytest.param(lambda: make_smime(bits=1024).pem, Problem.TOO_WEAK, id="certificate of 1024 bits"),
        pytest.param(lambda: make_smime(curve=True).pem, Problem.NOT_RSA, id="curve"),
        pytest.param(
            lambda: make_smime(ends=now() - timedelta(hours=1)).pem, Problem.EXPIRED, id="certificate is over"
        ),
        pytest.param(lambda: make_smime(begins=now() + DAY).pem, Problem.NOT_YET, id="certificate of tomorrow"),
        pytest.param(lambda: make_smime(may_encipher=False).pem, Problem.NO_ENCRYPTION, id="signs only"),
        pytest.param(lambda: make_smime(is_for_mail=False).pem, Problem.NO_ENCRYPTION, id="of a web server"),
        pytest.param(lambda: make_smime().pem + make_smime().pem, Problem.SEVERAL, id="two certificates"),
        pytest.param(lambda: get_public(make_openpgp()) + get_public(make_openpgp()), Problem.SEVERAL, id="two keys"),
        pytest.param(lambda: b"x" * (MAX_KEY_BYTES + 1), Problem.TOO_LARGE, id="too large"),
        pytest.param(lambda: "çelësi im".encode(), Problem.UNREADABLE, id="words"),
        pytest.param(lambda: b"", Problem.UNREADABLE, id="nothing"),
        pytest.param(
            lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", Problem.UNREADABLE, id="no x509"
        ),
    ],
)
def test_what_nothing_can_be_encrypted_to_is_refused_with_its_reason(content, problem):
    assert refuse(content()) == problem


def test_a_key_that_only_signs_is_refused():
    packets = list(PacketPile.from_bytes(bytes(make_openpgp().extract_certificate())))
    signs_only = Cert.from_packets(packets[:6])  # the primary key, its user id, and the subkey that signs
    assert refuse(bytes(signs_only)) == Problem.NO_ENCRYPTION


def test_a_revoked_key_is_refused_though_the_library_would_encrypt_to_it():
    key = make_openpgp()
    cert = key.extract_certificate()
    revoked = Cert.from_bytes(bytes(cert) + bytes(cert.revoke(certifier=key.certifier())))
    assert refuse(bytes(revoked)) == Problem.REVOKED
    with pytest.raises(BadKey):
        openpgp.encrypt_to(read_key(bytes(revoked)).text, b"x", now())


def test_an_expired_key_is_refused_though_the_library_would_encrypt_to_it():
    key = read_key(get_public(make_openpgp(seconds=3600)))
    assert key.expires_at is not None
    assert timedelta(0) < key.expires_at - now() <= timedelta(hours=1)
    assert find_problem(key.text, now()) is None
    assert find_problem(key.text, key.expires_at) == Problem.EXPIRED
    with pytest.raises(BadKey):
        openpgp.encrypt_to(key.text, b"x", key.expires_at)


def test_an_expired_certificate_is_encrypted_to_no_more():
    made = make_smime()
    with pytest.raises(BadKey):
        smime.encrypt_to(made.pem.decode(), b"x", made.certificate.not_valid_after_utc)


def test_what_a_library_says_is_dropped_with_what_was_pasted():
    with pytest.raises(BadKey) as caught:
        read_key(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nc2VjcmV0\n-----END PGP PUBLIC KEY BLOCK-----")
    assert (str(caught.value), caught.value.__cause__) == ("unreadable", None)
    assert caught.value.__suppress_context__


def test_a_stored_key_names_nobody_in_its_armour():
    key = Tsk.generate("Emër i çuditshëm ‮ <a@b.example>")
    assert "Comment" not in read_key(get_public(key)).text


def test_a_fingerprint_is_read_out_in_groups_of_four():
    assert group_fingerprint("03ed90f058f2a082ccf7") == "03ED 90F0 58F2 A082 CCF7"


@given(data=st.data())
def test_whatever_is_pasted_ends_in_a_key_or_in_a_reason(data):
    whole = data.draw(st.sampled_from(SAMPLES))
    seed = random.Random(data.draw(st.integers(0, 2**32)))
    content = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _time in range(data.draw(st.integers(0, 8))):
        if content:
            content[seed.randrange(len(content))] = seed.randrange(256)
    refuse(bytes(content))


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_key_or_in_a_reason(content):
    refuse(content)


_KEY = make_openpgp()
SAMPLES = [bytes(_KEY.extract_certificate()), get_public(_KEY), bytes(_KEY), make_smime().der, make_smime().pem]
