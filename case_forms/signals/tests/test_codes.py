import re
import secrets

import pytest

from case_forms.signals import codes
from vault import lasting
from vault.keyring import load_key_ring
from vault.rotation import rotate
from vault.seal import old_fingerprint


def test_a_code_has_twelve_signs_that_nobody_misreads():
    code = codes.code_from(secrets.token_bytes(32))
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", code)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", codes.written(code))


def test_the_same_form_gives_the_same_code_and_another_form_another():
    secret = secrets.token_bytes(32)
    assert codes.code_from(secret) == codes.code_from(secret)
    assert len({codes.code_from(secrets.token_bytes(32)) for _try in range(500)}) == 500


@pytest.mark.parametrize("typed", ["0110-1ABC-DEFG", " o1i0 labc\u00a0defg ", "0110–1abc–defg", "OIL0.1ABC.DEFG"])
def test_what_is_misread_from_paper_is_read_as_it_was_meant(typed):
    assert codes.read(typed) == "01101ABCDEFG"


@pytest.mark.parametrize(
    "typed", ["", "0110-1ABC-DEF", "0110-1ABC-DEFGH", "0110-1ABC-DEF!", "u" * 12, "x" * 10_000, "\x00"]
)
def test_what_can_be_no_code_is_none(typed):
    assert codes.read(typed) is None


@pytest.mark.django_db
def test_what_is_kept_of_a_code_is_keyed_and_stays_good_when_the_vaults_key_has_gone(settings):
    old, new = settings.VAULT_KEYS[0], "new:" + "QUFB" * 10 + "QUE="
    kept = codes.hash_of("01101ABCDEFG")
    assert "0110" not in kept
    settings.VAULT_KEYS = [new, old]
    rotate()
    settings.VAULT_KEYS = [new]
    assert codes.hash_of("01101ABCDEFG") == kept
    lasting.renew(lasting.RECEIPTS)
    assert codes.hash_of("01101ABCDEFG") != kept
    assert kept in codes.hashes_of("01101ABCDEFG")[1:]


@pytest.mark.django_db
def test_a_code_kept_before_receipts_had_a_key_of_their_own_is_still_found(settings):
    old, new = settings.VAULT_KEYS[0], "new:" + "QUFB" * 10 + "QUE="
    kept = old_fingerprint(b"signal receipt\x0001101ABCDEFG", load_key_ring().primary)
    lasting.establish()
    settings.VAULT_KEYS = [new, old]
    rotate()
    settings.VAULT_KEYS = [new]
    assert kept in codes.hashes_of("01101ABCDEFG")
    assert codes.hash_of("01101ABCDEFG") != kept
