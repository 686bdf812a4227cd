"""However much comes in, everything is kept, the unit is told, and nobody gets a hundred ladders."""

import secrets
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from notifications.briefs.further import send_due_alarms
from notifications.briefs.models import FurtherReport
from notifications.briefs.replies import answer as reply_to
from notifications.directory.models import Contact, DutyShift, Role
from notifications.escalation.clock import advance
from notifications.outbox.models import Notice
from tests.world.places import make_place

from .. import public_actions, staff_actions
from ..models import Tip, TipState
from ..recipients import get_notified_recipients
from .scene import SECRET_WORDS, get_notices, make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


def sent(notice: Notice) -> Notice:
    """As if its mail had gone out."""
    Notice.objects.filter(pk=notice.pk).update(
        state="sent", sent_at=timezone.now(), attempts=1, next_attempt_at=None, reason=""
    )
    return Notice.objects.get(pk=notice.pk)


def all_sent() -> None:
    Notice.objects.filter(state="owed").update(
        state="sent", sent_at=timezone.now(), attempts=F("attempts") + 1, next_attempt_at=None
    )


def mails_to_police() -> int:
    return sum(notice.number for notice in Notice.objects.filter(role=Role.POLICE, chases=None))


def test_what_comes_in_later_about_the_same_place_joins_the_open_notices(scene):
    first = scene.receive(danger_now="yes").tip
    for _number in range(20):
        scene.receive(danger_now="yes")
    assert Tip.objects.count() == 21
    assert set(get_notices(first)) == {Role.MOBILE_UNIT, Role.POLICE}
    assert Notice.objects.filter(chases=None).count() == 2
    assert FurtherReport.objects.count() == 40


def test_each_report_is_read_by_a_role_as_it_would_read_a_notice(scene):
    scene.receive(danger_now="yes")
    scene.receive(danger_now="yes", safe_contact_phone="+355691234567")
    scene.receive()
    police = FurtherReport.objects.get(notice__role=Role.POLICE)
    assert SECRET_WORDS in str(police.brief)
    assert "1234567" not in str(police.brief)
    assert FurtherReport.objects.filter(notice__role=Role.MOBILE_UNIT).count() == 2


def test_another_place_has_a_notice_of_its_own(scene):
    other = make_place()
    scene.receive(danger_now="yes")
    scene.receive(danger_now="yes", municipality=other.municipality.slug)
    assert Notice.objects.filter(role=Role.POLICE, chases=None).count() == 2
    assert not FurtherReport.objects.filter(notice__role=Role.POLICE).exists()


def test_danger_never_joins_a_notice_whose_clock_is_slower(scene):
    calm = get_notices(scene.receive().tip)[Role.MOBILE_UNIT]
    dangerous = get_notices(scene.receive(danger_now="yes").tip)[Role.MOBILE_UNIT]
    assert calm.pk != dangerous.pk
    scene.receive()
    assert FurtherReport.objects.get().notice_id == dangerous.pk


def test_after_a_change_of_shift_the_new_officer_is_told(scene):
    scene.receive(danger_now="yes")
    office = scene.offices[Role.POLICE]
    new = Contact.objects.create(partner=office, name="New", email="new@example.org")
    DutyShift.objects.filter(partner=office).delete()
    DutyShift.objects.create(partner=office, contact=new, rank=1, starts_at=timezone.now() - timedelta(minutes=1))
    second = scene.receive(danger_now="yes").tip
    assert get_notices(second)[Role.POLICE].contact == new


def test_once_it_is_taken_the_next_report_is_told_anew(scene):
    first = scene.receive(danger_now="yes").tip
    reply_to(notice=get_notices(first)[Role.POLICE], kind="accepted")
    second = scene.receive(danger_now="yes").tip
    assert Role.POLICE in get_notices(second)


def test_the_deputy_and_the_call_come_once_for_all_of_them(scene):
    scene.receive(danger_now="yes")
    for _number in range(5):
        scene.receive(danger_now="yes")
    first = Notice.objects.get(role=Role.POLICE, chases=None)
    now = timezone.now()
    for step in range(1, 4):
        Notice.objects.filter(pk=first.pk).update(next_step_at=now)
        advance(now + timedelta(hours=step))
    assert Notice.objects.filter(chase_id=first.pk, role=Role.COORDINATOR).count() == 1


# ---- alarms


def test_danger_is_mailed_anew_but_only_so_often(scene, settings):
    scene.receive(danger_now="yes")
    for _number in range(30):
        all_sent()
        scene.receive(danger_now="yes")
    assert mails_to_police() == 2  # the notice, and one alarm: the same page brought all of them
    waiting = FurtherReport.objects.filter(notice__role=Role.POLICE, alarm_due_at__isnull=False)
    assert waiting.count() == 29


def test_what_had_to_wait_is_mailed_as_soon_as_it_may_be_and_at_most_so_often_in_an_hour(scene, settings):
    now = timezone.now()
    scene.receive(danger_now="yes")
    for minute in range(60):
        all_sent()
        scene.receive(danger_now="yes")
        send_due_alarms(now + timedelta(minutes=minute))
    assert mails_to_police() <= 1 + settings.NOTICE_ALARMS_PER_HOUR
    assert mails_to_police() >= 5
    later = now + timedelta(hours=2)
    all_sent()
    send_due_alarms(later)
    assert not FurtherReport.objects.filter(alarm_due_at__isnull=False).exists()


def test_a_flood_from_one_page_does_not_hold_up_danger_from_a_card(scene):
    from dataclasses import replace
    from uuid import uuid4

    scene.receive(danger_now="yes")
    for _number in range(10):
        all_sent()
        scene.receive(danger_now="yes")
    before = mails_to_police()
    public_actions.receive_tip(
        secret=secrets.token_bytes(32),
        form_version=scene.form,
        answers={"what": "Help.", "danger_now": "yes"},
        origin=replace(scene.origin, session_id=uuid4()),
        language="sq",
    )
    assert mails_to_police() == before + 1


def test_calm_reports_send_no_further_mail(scene):
    scene.receive()
    for _number in range(10):
        all_sent()
        scene.receive()
    assert Notice.objects.get(chases=None).number == 1


# ---- above the budget


def test_above_the_budget_it_is_kept_and_only_the_unit_is_told(scene):
    held = scene.receive_above(danger_now="yes").tip
    assert held.held_back
    assert set(get_notices(held)) == {Role.MOBILE_UNIT}
    told = get_notified_recipients(held)
    assert told.held_back
    assert told.reached == (scene.unit.name,)


def test_above_the_budget_danger_still_joins_what_the_police_have_open_and_then_nobody_is_left_out(scene):
    scene.receive(danger_now="yes")
    joined = scene.receive_above(danger_now="yes").tip
    assert FurtherReport.objects.filter(source_id=joined.pk, notice__role=Role.POLICE).exists()
    assert not joined.held_back


def test_only_those_who_were_left_out_are_told_when_the_unit_has_looked(scene):
    scene.receive(danger_now="yes")
    held = scene.receive_above(danger_now="yes", child_involved="yes").tip
    assert held.held_back
    staff_actions.let_others_know(tip=held, by=scene.worker)
    assert FurtherReport.objects.filter(source_id=held.pk, notice__role=Role.POLICE).count() == 1
    assert Notice.objects.filter(case_id=held.pk, role=Role.CPU, chases=None).count() == 1


def test_what_only_the_unit_would_read_anyway_is_not_held_back(scene):
    assert not scene.receive_above().tip.held_back


def test_the_unit_looks_and_has_the_others_told_once(scene):
    held = scene.receive_above(danger_now="yes").tip
    all_sent()
    for _time in range(2):
        staff_actions.let_others_know(tip=held, by=scene.worker)
    held.refresh_from_db()
    assert not held.held_back
    assert held.state == TipState.READ
    assert Notice.objects.filter(case_id=held.pk, role=Role.POLICE, chases=None).count() == 1
    assert set(get_notified_recipients(held).reached) == {scene.unit.name, str(Role.POLICE.label)}


# ---- the unit's notice ends when nobody waits in it any more


def test_taking_one_leaves_the_notice_open_for_the_other(scene):
    first, second = (scene.receive().tip for _number in range(2))
    notice = get_notices(first)[Role.MOBILE_UNIT]
    staff_actions.take_tip(tip=first, by=scene.worker)
    notice.refresh_from_db()
    assert notice.is_open
    staff_actions.take_tip(tip=second, by=scene.worker)
    notice.refresh_from_db()
    assert not notice.is_open


def test_accepting_the_notice_takes_all_that_stand_in_it(scene):
    tips = [scene.receive().tip for _number in range(3)]
    reply_to(notice=get_notices(tips[0])[Role.MOBILE_UNIT], kind="accepted")
    assert set(Tip.objects.values_list("state", flat=True)) == {TipState.READ}


# ---- what the receipt says


def test_the_receipt_of_one_that_joined_says_so(scene):
    scene.receive(danger_now="yes")
    scene.receive(danger_now="yes")
    third = get_notified_recipients(scene.receive(danger_now="yes").tip)
    assert third.reached == ()
    assert set(third.added) == {scene.unit.name, str(Role.POLICE.label)}
    assert not third.nobody


def test_what_joined_a_notice_that_has_nobody_says_that_nobody_was_found():
    scene = make_tip_scene(on_duty=False)
    scene.receive()
    told = get_notified_recipients(scene.receive().tip)
    assert told.unreached == (scene.unit.name,)
    assert told.instead
