"""The month counts people, by their cases, and what the police really took on."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.models import Submission
from notifications.briefs.replies import answer
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo
from tests.world.consents import record_consent

from ..monthly import Month, count_month, get_month

pytestmark = pytest.mark.django_db

URGENT = {
    "municipality": "lezhe",
    "immediate_danger": "yes",
    "urgent_notice": "potential_victim",
    "explained": "yes",
    "police_contact_consent": "yes",
    "age_in_doubt": "no",
    "age_basis": "document",
    "age_stated": 40,
    "whereabouts": "Stacioni.",
}
THE_REST = {
    "municipality": "lezhe",
    "immediate_danger": "no",
    "explained": "yes",
    "consent_to_store": "yes",
    "police_contact_consent": "yes",
    "age_in_doubt": "no",
    "age_basis": "document",
    "age_stated": 40,
    "gender": "female",
    "signs_seen": ["never_alone"],
    "worker_decision": "potential_victim",
    "decision_reason": "Dikush e shoqëron kudo.",
    "signal_source": "self",
}


@pytest.fixture
def worker(db: None) -> User:
    lay_down_demo()
    Submission.objects.all().update(is_drill=True)
    return User.objects.get(username="lezhe1")


def send(worker: User, answers: dict[str, Any]) -> Case:
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key="initial_identification",
        version=1,
        occurred_at=timezone.now(),
        answers=answers,
        user=worker,
    )
    assert received.submission.case is not None
    return received.submission.case


def this_month() -> Month:
    return get_month(f"{timezone.localdate():%Y-%m}")


def counted(worker: User) -> list[tuple[str, str, int]]:
    rows = count_month(worker.units().get(), this_month()).get("identifications", [])
    return [(row["result"], row["result_sex"], row["result_count"]) for row in rows]


def test_an_urgent_notice_alone_counts_and_with_the_rest_of_its_case_counts_once(worker: User) -> None:
    case = send(worker, URGENT)
    assert counted(worker) == [("potential_victim", "unknown", 1)]
    send(worker, {**THE_REST, "case_ref": case.reference})
    assert counted(worker) == [("potential_victim", "female", 1)]


def test_what_belongs_to_a_drill_is_not_counted(worker: User) -> None:
    case = send(worker, URGENT)
    Case.objects.filter(pk=case.pk).update(is_drill=True)
    assert counted(worker) == []


def test_who_gave_the_case_back_has_not_answered_for_it(worker: User) -> None:
    unit = worker.units().get()
    before = count_month(unit, this_month())["police_answered"]
    police = Notice.objects.filter(case_id=send(worker, URGENT).pk, role="police", chases=None).get()
    Notice.objects.filter(pk=police.pk).update(state="sent", sent_at=timezone.now(), attempts=1)
    answer(notice=Notice.objects.get(pk=police.pk), kind="accepted")
    assert count_month(unit, this_month())["police_answered"] == before + 1
    answer(notice=Notice.objects.get(pk=police.pk), kind="declined", reason="not_competent")
    assert count_month(unit, this_month())["police_answered"] == before


def test_who_said_no_to_statistics_is_in_no_number_of_the_month(worker: User) -> None:
    unit = worker.units().get()
    before = count_month(unit, this_month())
    case = send(worker, URGENT)
    assert count_month(unit, this_month())["police_notices"] == before["police_notices"] + 1
    record_consent(case, purpose="statistics", answer="refused")
    assert count_month(unit, this_month()) == before
    record_consent(case, purpose="statistics", answer="given")
    assert counted(worker) == [("potential_victim", "unknown", 1)]


def test_a_case_declared_void_is_in_no_number_of_the_month(worker: User) -> None:
    unit = worker.units().get()
    before = count_month(unit, this_month())
    Case.objects.filter(pk=send(worker, URGENT).pk).update(voided_at=timezone.now(), closed_at=timezone.now())
    assert count_month(unit, this_month()) == before
