"""“Not in my area” passes a referral on to the office of that area, past the gate; its clock starts anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from access.models import Municipality
from case_forms.cases.consent.models import SharingDecision
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral, ReferralState
from notifications.briefs.replies import answer
from notifications.directory.models import Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.world.consents import record_consent
from tests.world.notices import postbox
from tests.world.offices import make_staffed_office
from tests.world.places import make_place
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import Step, note_step
from ..at_link import describe
from ..models import ReferralStep, StepKind, Way

__all__ = ["postbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]


def make_office_at(role: str, place: Any) -> Any:
    return make_staffed_office(role, municipality=place.municipality)


def asked(
    role: str = Role.SOCIAL_SERVICE, *, covers_all: bool = True, elsewhere: bool = True
) -> tuple[Scene, Referral, Any]:
    """Return the referral of the first office, and the one in another region."""
    scene = make_scene()
    first = make_office_at(role, scene.place)
    other = make_place("elbasan", "Elbasan")
    second = make_office_at(role, other) if elsewhere else None
    make_staffed_office(Role.COORDINATOR, region=other.region, contacts=1)
    procedure = small_procedure()
    ask = {"do": "notify", "role": role, "answer_minutes": 60, "ladder": "quick", "deadline": "assessment"}
    rules = [*procedure["rules"], rule("ask", "Ask", form="small_follow_up", words="Asked.", then=[ask])]
    enact({**procedure, "rules": rules}, since=timezone.now())
    reference = scene.send().receipt["case"]
    case = Case.objects.get(reference=reference)
    if covers_all:
        record_consent(case, role=role)
    record_consent(case, partner=first)
    scene.follow(reference)
    send_due()
    return scene, Referral.objects.get(partner=first), second


def say_not_ours(referral: Referral, place: str = "elbasan", **more: Any) -> Notice:
    notice = Notice.objects.filter(chase_id=referral.notice_id).latest("owed_at")
    mark_opened(notice=notice, at=timezone.now())
    answer(notice=notice, kind="wrong_area", to_municipality=Municipality.objects.get(slug=place), **more)
    referral.refresh_from_db()
    return notice


def test_the_referral_goes_on_with_the_office_of_that_area() -> None:
    scene, referral, second = asked()
    first = referral.partner
    say_not_ours(referral, note="She lives in Elbasan.")
    assert (referral.partner, referral.state, referral.answered_at) == (second, ReferralState.PENDING, None)
    sent_on = Notice.objects.get(purpose=Purpose.REROUTE)
    assert sent_on.contact.partner == second
    [step] = referral.steps.all()
    assert (step.kind, step.way, step.office) == (StepKind.PASSED_ON, Way.SYSTEM, second)
    assert step.contact is not None
    assert step.contact.partner == first
    # On what it may read the person's data is written down, as for the first.
    event = CaseEvent.objects.get(kind="rerouted")
    assert SharingDecision.objects.filter(event_id=event.pk, partner=second, is_allowed=True).exists()
    mark_opened(notice=sent_on, at=timezone.now())
    answer(notice=sent_on, kind="accepted")
    referral.refresh_from_db()
    assert (referral.partner, referral.state) == (second, ReferralState.ACCEPTED)
    note_step(referral=referral, step=Step(kind=StepKind.ARRIVED, way=Way.UNIT), by=scene.worker)


def test_its_clock_starts_for_the_new_office() -> None:
    _scene, referral, _second = asked()
    first = Notice.objects.get(pk=referral.notice_id)
    duty = Deadline.objects.get(notice_id=first.pk)
    long_ago = timezone.now() - timedelta(days=2)
    Notice.objects.filter(pk=first.pk).update(owed_at=long_ago, answer_by=long_ago + timedelta(hours=1))
    Deadline.objects.filter(pk=duty.pk).update(starts_at=long_ago, red_at=long_ago + timedelta(hours=1))
    say_not_ours(referral)
    now = timezone.now()
    sent_on = Notice.objects.get(purpose=Purpose.REROUTE)
    assert sent_on.answer_by is not None
    assert sent_on.answer_by > now
    duty.refresh_from_db()
    assert duty.starts_at > now - timedelta(minutes=5)
    assert duty.marks[0] > now - timedelta(minutes=5)
    # The new office's yes meets it.
    mark_opened(notice=sent_on, at=now)
    answer(notice=sent_on, kind="accepted")
    duty.refresh_from_db()
    assert duty.met_at is not None


def test_what_no_consent_covers_is_declined_and_the_unit_is_asked_to_ask() -> None:
    scene, referral, second = asked(covers_all=False)
    say_not_ours(referral)
    assert referral.state == ReferralState.DECLINED
    assert not Notice.objects.filter(purpose=Purpose.REROUTE).exists()
    task = Deadline.objects.unmet().get(key="referral_next_service")
    assert second.names["en"] in task.next_step["en"]
    assert "Ask the person" in task.next_step["en"]
    assert second.names["sq"] in task.next_step["sq"]
    client = Client()
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{referral.case.reference}/").content.decode()
    assert "Ask the person" in page
    # Coordinators are asked to call, as before.
    assert Notice.objects.filter(purpose=Purpose.CALL).exists()


def test_where_nobody_answers_there_it_stays_a_no() -> None:
    _scene, referral, _second = asked(elsewhere=False)
    say_not_ours(referral)
    assert referral.state == ReferralState.DECLINED
    assert "Ask the person" not in str([duty.next_step for duty in Deadline.objects.unmet()])


def test_who_has_said_yes_can_still_say_that_it_is_not_theirs() -> None:
    _scene, referral, second = asked()
    notice = Notice.objects.get(pk=referral.notice_id)
    mark_opened(notice=notice, at=timezone.now())
    answer(notice=notice, kind="accepted")
    assert Deadline.objects.unmet().filter(key="referral_accompaniment").exists()
    say_not_ours(referral)
    assert (referral.partner, referral.state) == (second, ReferralState.PENDING)
    assert not Deadline.objects.unmet().filter(key="referral_accompaniment").exists()


def test_the_new_office_reads_nothing_of_what_the_first_one_noted() -> None:
    scene, referral, _second = asked()
    say_not_ours(referral, note="CANARY-of-the-first-office")
    sent_on = Notice.objects.get(purpose=Purpose.REROUTE)
    mark_opened(notice=sent_on, at=timezone.now())
    answer(notice=sent_on, kind="accepted")
    assert "CANARY" not in str(describe(Notice.objects.get(pk=sent_on.pk)))
    assert "CANARY" not in str(sent_on.brief)
    client = Client()
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{referral.case.reference}/").content.decode()
    assert "CANARY-of-the-first-office" in page
    assert "Passed on to" in page


def test_it_can_be_passed_on_again_and_never_back() -> None:
    _scene, referral, second = asked()
    third_place = make_place("kukes", "Kukës")
    third = make_office_at(Role.SOCIAL_SERVICE, third_place)
    say_not_ours(referral)
    say_not_ours(referral, "kukes")
    assert referral.partner == third
    assert [step.office for step in referral.steps.all()] == [second, third]
    say_not_ours(referral, "elbasan")
    assert (referral.partner, referral.state) == (third, ReferralState.DECLINED)


def test_a_step_says_for_good_to_which_office_it_was_passed_on() -> None:
    _scene, referral, second = asked()
    first = referral.partner
    say_not_ours(referral)
    assert ReferralStep.objects.get().office == second
    for change in ({"office": first}, {"kind": StepKind.ACCEPTED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReferralStep.objects.update(**change)
    step = ReferralStep.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferralStep.objects.create(referral=referral, case=step.case, kind=StepKind.PASSED_ON, way=Way.SYSTEM)


def test_the_police_s_notice_is_sent_on_as_before_and_carries_no_referral() -> None:
    scene = make_scene()
    make_place("elbasan", "Elbasan")
    scene.send()
    police = Notice.objects.get(role="police")
    mark_opened(notice=police, at=timezone.now())
    answer(notice=police, kind="wrong_area", to_municipality=Municipality.objects.get(slug="elbasan"))
    assert not ReferralStep.objects.exists()
