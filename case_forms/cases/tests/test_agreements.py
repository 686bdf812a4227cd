"""What an agreement, or the want of one, means for a case: who is told instead, what is left out, where it stands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.directory.models import Agreement, AgreementRule, Role
from notifications.outbox.agreement_limit import LIMIT_KEY
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sweep import resolve_again
from tests.world.scene import Scene, make_scene

from ..models import Case, CaseEvent
from .test_nobody import build_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def keys(notice: Notice) -> set[str]:
    brief: dict = notice.brief  # type: ignore[assignment, type-arg]
    return {row["key"] for section in brief["sections"] for row in section["rows"]}


def explained(case: Case) -> str:
    return str([event.explanation for event in CaseEvent.objects.filter(case=case)])


def test_without_an_agreement_police_are_not_told_and_case_coordinator_and_unit_know_why(scene: Scene) -> None:
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    scene.send(age_stated=15)
    notice = Notice.objects.get(role=Role.POLICE)
    assert (notice.contact, notice.state, notice.reason) == (None, "failed", "no_contact")
    # The law's recipients are told as always.
    assert Notice.objects.get(role=Role.CPU).contact is not None
    assert Notice.objects.get(role=Role.RESPONSIBLE_AUTHORITY).contact is not None
    said = "No agreement in force covers"
    assert said in explained(Case.objects.get())
    assert said in str(notice.chasers.get(purpose=Purpose.FALLBACK).brief)
    assert said in build_page(scene.worker, Case.objects.get()).words()


def test_an_agreement_that_is_recorded_later_sends_the_notice_that_waited(scene: Scene) -> None:
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    scene.send()
    Agreement.objects.create(partner=scene.offices["police"], limits_facts=True, facts=[])
    resolve_again(timezone.now() + timedelta(minutes=1))
    notice = Notice.objects.get(role=Role.POLICE)
    assert notice.contact is not None
    assert notice.contact.partner == scene.offices["police"]
    assert notice.state == "owed"


def test_what_an_agreement_leaves_out_is_said_in_the_notice_and_on_the_case(scene: Scene) -> None:
    scene.send()
    whole = keys(Notice.objects.get(role=Role.POLICE))
    Agreement.objects.create(partner=scene.offices["police"], limits_facts=True, facts=[])
    scene.send()
    notice = Notice.objects.filter(role=Role.POLICE).latest("owed_at")
    left_out = whole - keys(notice)
    assert LIMIT_KEY in keys(notice)
    assert left_out
    assert {"case.reference", "case.callback", "case.municipality"} <= keys(notice)
    assert "The notice leaves out" in explained(Case.objects.get(pk=notice.case_id))
    authority = Notice.objects.filter(role=Role.RESPONSIBLE_AUTHORITY).latest("owed_at")
    assert LIMIT_KEY not in keys(authority)
