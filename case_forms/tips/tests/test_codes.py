import re
import secrets
from math import log2

import pytest

from vault import lasting
from vault.keyring import load_key_ring
from vault.rotation import rotate
from vault.seal import old_fingerprint

from .. import codes


@pytest.mark.parametrize("typed", ["0110-1ABC-DEFG", " o1i0 labc\u00a0defg ", "0110–1abc–defg", "OIL0.1ABC.DEFG"])
def test_a_code_from_before_is_read_from_paper_as_it_was_meant(typed):
    assert codes.read(typed) == ("01101ABCDEFG",)


@pytest.mark.parametrize(
    "typed", ["", "0110-1ABC-DEF", "0110-1ABC-DEFGH", "0110-1ABC-DEF!", "u" * 12, "x" * 10_000, "\x00"]
)
def test_what_can_be_no_code_is_none(typed):
    assert codes.read(typed) == ()


@pytest.mark.django_db
@pytest.mark.usefixtures("own_data_keys")
def test_what_is_kept_of_a_code_is_keyed_and_stays_good_when_the_vaults_key_has_gone(settings):
    old, new = settings.VAULT_KEYS[0], "new:" + "QUFB" * 10 + "QUE="
    kept = codes.compute_hash("01101ABCDEFG")
    assert "01101ABCDEFG" not in kept.upper()
    settings.VAULT_KEYS = [new, old]
    rotate()
    settings.VAULT_KEYS = [new]
    assert codes.compute_hash("01101ABCDEFG") == kept
    lasting.renew(lasting.RECEIPTS)
    assert codes.compute_hash("01101ABCDEFG") != kept
    assert kept in codes.compute_hashes("01101ABCDEFG")[1:]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_data_keys")
def test_a_code_kept_before_receipts_had_a_key_of_their_own_is_still_found(settings):
    old, new = settings.VAULT_KEYS[0], "new:" + "QUFB" * 10 + "QUE="
    kept = old_fingerprint(b"signal receipt\x0001101ABCDEFG", load_key_ring().primary)
    lasting.establish()
    settings.VAULT_KEYS = [new, old]
    rotate()
    settings.VAULT_KEYS = [new]
    assert kept in codes.compute_hashes("01101ABCDEFG")
    assert codes.compute_hash("01101ABCDEFG") != kept


# ---- in words


@pytest.mark.parametrize("language", codes.LANGUAGES)
def test_a_list_holds_everyday_words_that_nobody_mistakes_for_each_other(language):
    words = codes.word_list(language)
    plain = [codes.folded(word) for word in words]
    assert log2(len(words)) * codes.WORDS > 40
    assert len(set(plain)) == len(words)
    assert all(re.fullmatch("[a-z]{4,11}", word) for word in plain)
    assert all(re.fullmatch("[a-zëç]+", word) for word in words)
    near = [(one, other) for at, one in enumerate(plain) for other in plain[:at] if codes.one_letter_apart(one, other)]
    assert near == []


def test_the_same_form_gives_the_same_words_and_another_form_others():
    secret = secrets.token_bytes(32)
    assert codes.code_from(secret, "sq") == codes.code_from(secret, "sq")
    assert codes.code_from(secret, "sq") != codes.code_from(secret, "en")
    assert len({codes.code_from(secrets.token_bytes(32), "sq") for _try in range(500)}) == 500


CODE = "djathë karrige çadër ylber"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "djathe karrige cader ylber",
        "  Djathë, KARRIGE - çadër.\u00a0ylber ",
        "djathekarrigecaderylber",
        "djathe karige cader ylber",
        "djathe karrgie cader ylber",
        "djathe karrige cader ylbe",
        "djathe karrige cader xylber",
        "dja the karrige cader ylber",
        "djathë karri çadër ylber",
    ],
)
def test_what_is_typed_with_a_slip_is_read_as_it_was_meant(typed):
    assert codes.folded(CODE) in codes.read(typed)
    assert len(codes.read(typed)) <= codes.MAX_MEANINGS


@pytest.mark.parametrize(
    "typed", ["djathë karrige", "djathë karrige çadër ylber mollë", "qqqq wwww xxxx yyyy", "a b c d"]
)
def test_what_can_be_no_four_words_is_none_of_them(typed):
    assert codes.read(typed) == ()


def test_thousands_of_letters_are_looked_at_only_so_far():
    assert codes.read("mollë" * 5000) == ()


@pytest.mark.django_db
def test_what_is_kept_of_words_does_not_depend_on_how_they_are_written():
    assert codes.compute_hash(CODE) == codes.compute_hash(codes.folded(CODE).upper())
    assert codes.compute_hash(CODE) != codes.compute_hash("karrige djathë çadër ylber")


@pytest.mark.django_db
def test_a_form_sent_again_after_the_change_to_words_shows_the_code_it_was_given_before():
    secret = secrets.token_bytes(32)
    older = codes._older_code_from(secret)
    assert codes.get_shown_code(secret, "sq", codes.compute_hash(older)) == older
    assert codes.get_shown_code(secret, "sq", codes.compute_hash(codes.code_from(secret, "sq"))) == codes.code_from(
        secret, "sq"
    )
