"""Proof of work: bound to one sheet, expiring, harder when much comes; whatever is sent, nothing is raised."""

import base64
import json
import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import RateCount

from .. import proof_of_work, rate_limits
from ..form_state import FormState
from ..models import Spent


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
    work = proof_of_work.new_work(secret)
    assert proof_of_work.is_proven(solved(work), secret)
    assert not proof_of_work.is_proven(solved(work, number=10_000), secret)


def test_a_proof_is_worth_nothing_for_another_sheet():
    one, other = secrets.token_bytes(32), secrets.token_bytes(32)
    assert not proof_of_work.is_proven(solved(proof_of_work.new_work(one)), other)


def test_a_proof_expires(monkeypatch, settings):
    secret = secrets.token_bytes(32)
    settings.ASKING_FORM_HOURS = -1
    assert not proof_of_work.is_proven(solved(proof_of_work.new_work(secret)), secret)


def test_a_challenge_nobody_here_made_is_refused(settings):
    secret = secrets.token_bytes(32)
    proof = solved(proof_of_work.new_work(secret))
    settings.SECRET_KEY = "another-key-altogether"
    assert not proof_of_work.is_proven(proof, secret)


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
    assert not proof_of_work.is_proven(proof, secrets.token_bytes(32))


def test_the_more_comes_from_a_place_the_longer_it_takes(settings):
    secret = secrets.token_bytes(32)
    calm, busy = proof_of_work.new_work(secret), proof_of_work.new_work(secret, sent_this_hour=10_000)
    assert calm.challenge["max"] == settings.ASKING_WORK
    assert busy.challenge["max"] == settings.ASKING_WORK * proof_of_work.HARDEST


@pytest.mark.django_db
def test_with_a_proof_nobody_waits_and_without_one_a_few_seconds(settings):
    settings.ASKING_WAIT_SECONDS = 10
    sheet = FormState("region:x")
    assert rate_limits.may_send(sheet, "") == rate_limits.TOO_SOON
    assert rate_limits.may_send(sheet, solved(proof_of_work.new_work(sheet.secret))) == rate_limits.GOOD
    waited = FormState("region:x", opened_at=sheet.opened_at - 11)
    assert rate_limits.may_send(waited, "") == rate_limits.GOOD


@pytest.mark.django_db
def test_the_budget_without_a_proof_is_the_smaller_one(settings):
    settings.ASKING_WAIT_SECONDS, settings.ASKING_UNPROVEN_PER_HOUR, settings.ASKING_PER_HOUR = 0, 1, 2
    sheet = FormState("region:x")
    proof = solved(proof_of_work.new_work(sheet.secret))
    above = [rate_limits.is_above(sheet, given, is_in_danger=False) for given in ("", proof, proof)]
    assert above == [False, False, True]
    assert rate_limits.is_flooded("region:x")
    assert rate_limits.is_above(FormState("region:y"), "", is_in_danger=False) is False
    assert rate_limits.is_above(FormState("region:y"), "", is_in_danger=False) is True
    assert rate_limits.may_send(sheet, "") == rate_limits.GOOD  # whatever is above is kept


@pytest.mark.django_db
def test_danger_has_a_reserve_of_its_own(settings):
    settings.ASKING_PER_HOUR, settings.ASKING_DANGER_RESERVE = 0, 2
    sheet = FormState("region:x")
    above = [rate_limits.is_above(sheet, "", is_in_danger=danger) for danger in (False, True, True, True)]
    assert above == [True, False, False, True]


@pytest.mark.django_db
def test_a_proof_made_while_it_was_calm_is_weak_once_a_flood_is_on(settings):
    """Sheets and proofs can be made hours ahead; what counts is how hard it is when they are sent."""
    settings.ASKING_UNPROVEN_PER_HOUR, settings.ASKING_PER_HOUR = 0, 1000
    sheet = FormState("region:x")
    early = solved(proof_of_work.new_work(sheet.secret))
    assert rate_limits.is_above(sheet, early, is_in_danger=False) is False
    for _number in range(4 * proof_of_work.HARDER_EVERY):
        rate_limits.sent().hit("region:x")
    assert rate_limits.is_above(sheet, early, is_in_danger=False) is True
    now = solved(proof_of_work.new_work(sheet.secret, sent_this_hour=rate_limits.sent().used("region:x")))
    assert rate_limits.is_above(sheet, now, is_in_danger=False) is False


def test_how_hard_a_proof_was_cannot_be_written_into_it():
    secret = secrets.token_bytes(32)
    given = json.loads(base64.b64decode(solved(proof_of_work.new_work(secret))))
    given["salt"] = given["salt"].replace("work=1", "work=8")
    assert not proof_of_work.is_proven(base64.b64encode(json.dumps(given).encode()).decode(), secret, factor=8)


@pytest.mark.django_db
def test_old_counts_and_spent_proofs_are_deleted():
    from ..housekeeping import tidy

    long_ago = timezone.now() - timedelta(days=9)
    rate_limits.sent().hit("x", at=long_ago)
    Spent.objects.create(digest="x", at=long_ago)
    rate_limits.sent().hit("x")
    tidy()
    assert RateCount.objects.count() == 1
    assert not Spent.objects.exists()
