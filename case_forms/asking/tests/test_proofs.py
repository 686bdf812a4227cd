"""Proof of work: bound to one sheet, expiring, harder when much comes; whatever is sent, nothing is raised."""

import base64
import json
import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from case_forms.asking import budgets, proofs
from case_forms.asking.models import Spent, Tally
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
    budgets.note_sent(sheet, "")
    assert budgets.may_send(sheet, "") == budgets.TOO_MANY
    assert budgets.may_send(sheet, proof) == budgets.GOOD
    budgets.note_sent(sheet, proof)
    assert budgets.may_send(sheet, proof) == budgets.TOO_MANY


@pytest.mark.django_db
def test_old_counts_and_spent_proofs_are_deleted():
    from case_forms.asking.housekeeping import tidy

    long_ago = timezone.now() - timedelta(days=9)
    Tally.objects.create(kind="sent", key="x", hour=long_ago, count=1)
    Spent.objects.create(digest="x", at=long_ago)
    budgets.add_one("sent", "x")
    tidy()
    assert Tally.objects.count() == 1
    assert not Spent.objects.exists()
