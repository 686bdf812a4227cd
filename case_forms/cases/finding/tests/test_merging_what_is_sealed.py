"""Merging and un-merging cases with what else belongs to them: data keys, consents, holds, forgetting."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from case_forms.cases.consent.gate import may_share
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.models import Case
from case_forms.submissions.case_purge import forget_case
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from vault import data_keys
from vault.seal import split_token

from .. import merging, transfers
from ..ending import end_between_units
from ..models import CaseAccess, CaseTransfer
from .scenes import Two, make_two
from .test_between_units import _twins

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()


@pytest.fixture
def two(key_folder: None, db: None) -> Two:
    return make_two()


def get_owners(table: str, column: str) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')  # noqa: S608
        return {split_token(value).owner for (value,) in cursor.fetchall()}


def ask_transfer(two: Two, case: Case) -> CaseTransfer:
    place = two.there_place.municipality
    return transfers.ask_transfer(case=case, to_unit=two.there, to_municipality=place, reason="x", by=two.worker)


def merge(two: Two, first: Case, second: Case) -> Any:
    asked = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    return merging.approve_merge(merge=asked, by=two.mate)


def test_what_is_moved_stands_under_the_key_of_the_case_that_stays_and_comes_back_under_its_own(two: Two) -> None:
    first, second = _twins(two)
    assert get_owners("intake_submission", "answers") == {first.pk, second.pk}
    merged = merge(two, first, second)
    for table, column in (
        ("intake_submission", "answers"),
        ("outbox_notice", "brief"),
        ("cases_caseevent", "explanation"),
    ):
        assert get_owners(table, column) == {first.pk}, table
    assert all(submission.answers for submission in Submission.objects.all())
    merging.propose_undoing(merge=merged, by=two.mate)
    merging.approve_undoing(merge=merged, by=two.worker)
    assert get_owners("intake_submission", "answers") == {first.pk, second.pk}
    assert all(submission.answers for submission in Submission.objects.all())
    assert all(notice.brief for notice in Notice.objects.all())


def test_a_consent_in_either_case_covers_the_case_that_stays_and_stays_with_its_own(two: Two) -> None:
    first, second = _twins(two)
    record_consent(second, role="health")
    at = Submission.objects.latest("received_at").received_at
    health = Recipient("health")
    assert not may_share(first, health, at=at).is_allowed
    merged = merge(two, first, second)
    assert may_share(first, health, at=at).is_allowed
    merging.propose_undoing(merge=merged, by=two.mate)
    merging.approve_undoing(merge=merged, by=two.worker)
    assert not may_share(first, health, at=at).is_allowed
    assert may_share(second, health, at=at).is_allowed


def test_what_was_merged_is_forgotten_with_the_case_that_stands_for_it(
    two: Two, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = _twins(two)
    merge(two, first, second)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_case(first.pk, date(2099, 1, 1), again=True)
    assert all(submission.answers == {} for submission in Submission.objects.all())
    assert all(case.forgotten_at for case in Case.objects.all())
    assert data_keys.is_destroyed(first.pk)
    assert data_keys.is_destroyed(second.pk)


def test_closing_a_case_ends_its_open_transfer_and_who_takes_one_over_leads(two: Two) -> None:
    first, _second = _twins(two)
    before = ask_transfer(two, first)
    assert CaseAccess.objects.filter(transfer=before, ended_at=None).exists()
    end_between_units(first, by=two.worker, at=before.asked_at)
    assert CaseTransfer.objects.get().answer == "closed"
    assert not CaseAccess.objects.filter(transfer=before, ended_at=None).exists()
    again = ask_transfer(two, first)
    transfers.answer_transfer(transfer=again, accept=True, by=two.other_worker)
    first.refresh_from_db()
    assert first.lead_worker == two.other_worker
