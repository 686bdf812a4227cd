"""Proof of work: bound to one sheet, expiring, harder when much comes; whatever is sent, nothing is raised."""

import base64
import json
import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import RateCount
from case_forms.asking import budgets, proofs
from case_forms.asking.models import Spent
from case_forms.asking.sheets import Sheet


@pytest.fixture(autouse=True)
def little_work(settings):
    settings.ASKING_WORK = 200


def solved(work, number=None):
    import hashlib

    challenge = work.challenge
    found = next(
        each
        for each in range(challenge["max"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{each}".encode()).hexdigest() == challenge["challenge"]
    )
    given = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    given["number"] = found if number is None else number
    return base64.b64encode(json.dumps(given).encode()).decode()


def test_the_right_number_proves_it_and_a_wrong_one_does_not():
    secret = secrets.token_bytes(32)
    work = proofs.new_work(secret)
    assert proofs.is_proven(solved(work), secret)
    assert not proofs.is_proven(solved(work, number=10_000), secret)


def test_a_proof_is_worth_nothing_for_another_sheet():
    one, other = secrets.token_bytes(32), secrets.token_bytes(32)
    assert not proofs.is_proven(solved(proofs.new_work(one)), other)


def test_a_proof_expires(monkeypatch, settings):
    secret = secrets.token_bytes(32)
    settings.ASKING_FORM_HOURS = -1
    assert not proofs.is_proven(solved(proofs.new_work(secret)), secret)


def test_a_challenge_nobody_here_made_is_refused(settings):
    secret = secrets.token_bytes(32)
    proof = solved(proofs.new_work(secret))
    settings.SECRET_KEY = "another-key-altogether"
    assert not proofs.is_proven(proof, secret)


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "x",
        "é",
        "x" * 3000,
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(
            json.dumps(dict.fromkeys(("algorithm", "challenge", "salt", "signature"), 1)).encode()
        ).decode(),
        base64.b64encode(b'{"algorithm":"MD5","challenge":"","salt":"","signature":"","number":1}').decode(),
        base64.b64encode(b'{"algorithm":"SHA-256","challenge":"","salt":"","signature":"","number":true}').decode(),
        base64.b64encode(b"[" * 900).decode(),
    ],
)
def test_whatever_is_sent_as_a_proof_nothing_is_raised(proof):
    assert not proofs.is_proven(proof, secrets.token_bytes(32))


def test_the_more_comes_from_a_place_the_longer_it_takes(settings):
    secret = secrets.token_bytes(32)
    calm, busy = proofs.new_work(secret), proofs.new_work(secret, sent_this_hour=10_000)
    assert calm.challenge["max"] == settings.ASKING_WORK
    assert busy.challenge["max"] == settings.ASKING_WORK * proofs.HARDEST


@pytest.mark.django_db
def test_with_a_proof_nobody_waits_and_without_one_a_few_seconds(settings):
    settings.ASKING_WAIT_SECONDS = 10
    sheet = Sheet("region:x")
    assert budgets.may_send(sheet, "") == budgets.TOO_SOON
    assert budgets.may_send(sheet, solved(proofs.new_work(sheet.secret))) == budgets.GOOD
    waited = Sheet("region:x", opened_at=sheet.opened_at - 11)
    assert budgets.may_send(waited, "") == budgets.GOOD


@pytest.mark.django_db
def test_the_budget_without_a_proof_is_the_smaller_one(settings):
    settings.ASKING_WAIT_SECONDS, settings.ASKING_UNPROVEN_PER_HOUR, settings.ASKING_PER_HOUR = 0, 1, 2
    sheet = Sheet("region:x")
    proof = solved(proofs.new_work(sheet.secret))
    above = [budgets.is_above(sheet, given, is_in_danger=False) for given in ("", proof, proof)]
    assert above == [False, False, True]
    assert budgets.is_flooded("region:x")
    assert budgets.is_above(Sheet("region:y"), "", is_in_danger=False) is False
    assert budgets.is_above(Sheet("region:y"), "", is_in_danger=False) is True
    assert budgets.may_send(sheet, "") == budgets.GOOD  # whatever is above is kept


@pytest.mark.django_db
def test_danger_has_a_reserve_of_its_own(settings):
    settings.ASKING_PER_HOUR, settings.ASKING_DANGER_RESERVE = 0, 2
    sheet = Sheet("region:x")
    above = [budgets.is_above(sheet, "", is_in_danger=danger) for danger in (False, True, True, True)]
    assert above == [True, False, False, True]


@pytest.mark.django_db
def test_a_proof_made_while_it_was_calm_is_weak_once_a_flood_is_on(settings):
    """Sheets and proofs can be made hours ahead; what counts is how hard it is when they are sent."""
    settings.ASKING_UNPROVEN_PER_HOUR, settings.ASKING_PER_HOUR = 0, 1000
    sheet = Sheet("region:x")
    early = solved(proofs.new_work(sheet.secret))
    assert budgets.is_above(sheet, early, is_in_danger=False) is False
    for _number in range(4 * proofs.HARDER_EVERY):
        budgets.sent().hit("region:x")
    assert budgets.is_above(sheet, early, is_in_danger=False) is True
    now = solved(proofs.new_work(sheet.secret, sent_this_hour=budgets.sent().used("region:x")))
    assert budgets.is_above(sheet, now, is_in_danger=False) is False


def test_how_hard_a_proof_was_cannot_be_written_into_it():
    secret = secrets.token_bytes(32)
    given = json.loads(base64.b64decode(solved(proofs.new_work(secret))))
    given["salt"] = given["salt"].replace("work=1", "work=8")
    assert not proofs.is_proven(base64.b64encode(json.dumps(given).encode()).decode(), secret, factor=8)


@pytest.mark.django_db
def test_old_counts_and_spent_proofs_are_deleted():
    from case_forms.asking.housekeeping import tidy

    long_ago = timezone.now() - timedelta(days=9)
    budgets.sent().hit("x", at=long_ago)
    Spent.objects.create(digest="x", at=long_ago)
    budgets.sent().hit("x")
    tidy()
    assert RateCount.objects.count() == 1
    assert not Spent.objects.exists()
