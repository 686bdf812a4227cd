"""The level of risk in clear beside the sealed fact: never another than the fact's, gone with it, seen by the unit."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.facts.actions import note_no_longer_known
from case_forms.cases.facts.models import CaseFact
from case_forms.cases.facts.risk import fill_in_risk, refresh_risk
from case_forms.cases.models import Case, Deadline
from case_forms.procedures.models import ProcedureVersion
from tests.seeds import lay_down_demo

from ..case_purge import forget_case
from .test_facts import IDENTIFIED, NOW, send


@pytest.fixture
def worker(db: None) -> User:
    lay_down_demo()
    return User.objects.get(username="lezhe1")


@pytest.fixture
def case(worker: User) -> Case:
    found = send(worker, at=NOW - timedelta(days=30), **IDENTIFIED).case
    assert found is not None
    return found


def assess(worker: User, case: Case, level: str, at: Any = None) -> None:
    answers = {"case_ref": case.reference, "level": level, "plan": "Masat.", "review_on": in_days(90)}
    send(worker, "risk_assessment", at=at, **answers)
    case.refresh_from_db()


def plan(worker: User, case: Case, review_on: str = "") -> None:
    words = {"danger_persons": "Dikush.", "if_then": "Thirret dikush.", "copy_given": "remembered"}
    send(worker, "safety_plan", case_ref=case.reference, review_on=review_on or in_days(90), **words)


def in_days(number: int) -> str:
    return (timezone.localdate() + timedelta(days=number)).isoformat()


def test_an_assessment_writes_the_level_and_a_newer_one_changes_it(worker: User, case: Case) -> None:
    assert case.risk == ""
    assess(worker, case, "high")
    assert case.risk == "high"
    assess(worker, case, "low")
    assert case.risk == "low"
    # One that was made earlier and comes later says nothing of now.
    assess(worker, case, "immediate", at=NOW - timedelta(days=20))
    assert case.risk == "low"


def test_what_is_no_longer_known_or_forgotten_leaves_the_column(worker: User, case: Case) -> None:
    assess(worker, case, "high")
    note_no_longer_known(case=case, key="risk_level", by=worker, at=timezone.now())
    refresh_risk(case)
    assert Case.objects.get(pk=case.pk).risk == ""
    assess(worker, case, "high")
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), forget_after=date(2020, 1, 1))
    assert forget_case(case.pk, timezone.localdate())
    assert Case.objects.get(pk=case.pk).risk == ""


def test_cases_from_before_there_was_a_column_are_filled_in_and_looked_at_once(worker: User, case: Case) -> None:
    assess(worker, case, "high")
    Case.objects.update(risk=None)
    everybody = Case.objects.count()
    assert fill_in_risk() == everybody
    assert Case.objects.get(pk=case.pk).risk == "high"
    assert fill_in_risk() == 0
    assert not Case.objects.filter(risk=None).exists()


def test_a_level_that_is_none_of_the_four_is_not_known_and_stops_nobody(worker: User, case: Case) -> None:
    assess(worker, case, "high")
    said = CaseFact.objects.get(case=case, key="risk_level")
    said.value = {"value": "unheard of"}
    said.save()
    Case.objects.update(risk=None)
    fill_in_risk()
    assert Case.objects.get(pk=case.pk).risk == ""


def test_the_level_stands_on_the_case_the_start_page_and_the_day(client: Client, worker: User, case: Case) -> None:
    assess(worker, case, "immediate")
    Deadline.objects.filter(case=case, notice_id=None).update(red_at=timezone.now() - timedelta(hours=1))
    User.objects.filter(pk=worker.pk).update(language="en")
    client.force_login(worker)
    for path in (f"/field/cases/{case.reference}/", "/field/", "/field/day/"):
        assert "immediate risk" in client.get(path).content.decode(), path


def test_a_high_risk_owes_a_plan_that_the_plan_meets(worker: User, case: Case) -> None:
    assess(worker, case, "low")
    assert not Deadline.objects.filter(case=case, key="risk_plan").exists()
    assess(worker, case, "high")
    owed = Deadline.objects.get(case=case, key="risk_plan")
    assert (owed.owner, owed.form) == ("mobile_unit", "safety_plan")
    assert owed.ladder
    plan(worker, case)
    owed.refresh_from_db()
    assert owed.met_at is not None


def test_intervals_of_follow_ups_plans_and_reviews_are_proposals_that_a_coordinator_can_change(worker: User) -> None:
    procedure = ProcedureVersion.objects.in_force().parsed
    keys = ("follow_up_1_month", "follow_up_3_months", "follow_up_6_months", "follow_up_12_months")
    for key in (*keys, "risk_plan", "best_interest"):
        assert procedure.deadlines[key].confidence == "proposal", key
        assert procedure.deadlines[key].ladder, key


def test_the_date_of_a_review_asks_for_its_form_when_it_comes(worker: User, case: Case) -> None:
    from case_forms.cases import date_clock

    plan(worker, case, in_days(1))
    assert not Deadline.objects.filter(case=case, form="safety_plan", met_at=None).exists()
    date_clock.advance(timezone.now() + timedelta(days=2))
    assert Deadline.objects.filter(case=case, form="safety_plan", met_at=None).count() == 1
    # And the review itself meets it, and names the next.
    plan(worker, case)
    assert not Deadline.objects.filter(case=case, form="safety_plan", met_at=None).exists()
