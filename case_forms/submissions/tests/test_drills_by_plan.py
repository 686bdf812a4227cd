"""Drills by plan and by hand: by every way, once, with a result that is kept, and nothing of them left behind."""

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from access.models import Region, StaffRole
from audit.models import AuditEntry
from case_forms.cases.models import Case, Deadline
from notifications.channels.base import RecipientRefused, Unreached
from notifications.directory.models import Contact, ContactWay, DutyShift, Role
from notifications.directory.ways.models import SentFor
from notifications.drills import running, watch
from notifications.drills.ending import end_due, find_unended
from notifications.drills.models import DrillPlan, DrillResult, DrillRun, DrillState
from notifications.drills.running import CannotAsk, ask_for_drill, begin_drill, begin_waiting, note_missed, plan_due
from notifications.escalation.clock import advance
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Heartbeat, Notice, Purpose
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import postbox
from tests.world.phones import NUMBER, add_way, phones
from tests.world.places import make_user
from tests.world.scene import Scene, make_scene

from .. import drill
from ..case_purge import forget_due_cases
from ..drill_ending import end_drill, end_old_drills
from ..models import Submission

__all__ = ["phones", "postbox"]
pytestmark = pytest.mark.django_db
TUESDAY = datetime(2027, 6, 8, 11, tzinfo=ZoneInfo("Europe/Tirane"))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    script = tmp_path / "drill.json"
    answers = {"result": "potential_victim", "birth_date": "1990-01-01"}
    script.write_text(json.dumps({"form": "small_identification", "text": "Drill", "answers": answers}))
    monkeypatch.setattr(drill, "SCRIPT", script)
    return make_scene()


@pytest.fixture
def coordinator(scene: Scene) -> Any:
    return make_user(StaffRole.COORDINATOR, region=scene.place.region, language="en", email="koord@vatra.example")


def make_plan(scene: Scene, **changes: Any) -> DrillPlan:
    values = {"is_on": True, "on_since": TUESDAY - timedelta(days=20), "day": 8, **changes}
    return DrillPlan.objects.create(region=scene.place.region, **values)


def begin_by_hand(scene: Scene, coordinator: Any) -> DrillRun:
    ask_for_drill(region=scene.place.region, by=coordinator)
    begin_waiting(timezone.now())
    return DrillRun.objects.get()


def send_everything() -> None:
    send_due()
    send_due_ways()


def end(run: DrillRun) -> DrillRun:
    end_due(run.ends_at)
    run.refresh_from_db()
    return run


def officer(scene: Scene) -> Contact:
    return DutyShift.objects.get(partner=scene.offices[Role.POLICE], rank=1).contact


def answer_all() -> None:
    for notice in Notice.objects.filter(is_drill=True, purpose=Purpose.FIRST):
        mark_opened(notice=notice, at=timezone.now())


# ---- by every way ----


def test_a_drill_takes_every_way_of_whoever_is_on_duty_whatever_it_is_for_and_at_once(scene, coordinator, phones):
    contact = officer(scene)
    add_way(contact, sent_for=SentFor.UNANSWERED, hours_from=time(0), hours_until=time(0, 1))
    add_way(contact, channel="push", address="phone", after_minutes=45)
    add_way(contact, channel="voice")
    add_way(contact, channel="sms", address="+355691234568", confirmed_at=None)
    run = begin_by_hand(scene, coordinator)
    assert run.state == DrillState.RUNNING
    send_everything()
    assert sorted(channel for channel, _message in phones.taken) == ["push", "sms", "voice"]
    assert {message.is_drill for _channel, message in phones.taken} == {True}
    assert {message.address for _channel, message in phones.taken} == {NUMBER, "phone"}
    words = {"sms": "STERVITJE.", "push": "Stërvitje.", "voice": "Kjo është një stërvitje"}
    for channel, message in phones.taken:
        assert message.text.startswith(words[channel])
        assert scene.place.region.name not in message.text
    answer_all()
    run = end(run)
    assert run.state == DrillState.PASSED
    rows = DrillResult.objects.filter(run=run, role=Role.POLICE, contact=contact)
    assert sorted(rows.values_list("channel", flat=True)) == ["email", "push", "sms", "voice"]
    assert all(row.taken_at and row.opened_at and not row.error_code for row in rows)


def test_no_real_notice_takes_more_ways_than_it_did(scene, phones):
    add_way(officer(scene), sent_for=SentFor.UNANSWERED)
    scene.send()
    send_everything()
    assert phones.taken == []


# ---- how it went ----


def test_one_that_went_out_and_was_not_opened_says_so_and_coordinators_are_mailed_without_where(
    scene, coordinator, postbox
):
    run = begin_by_hand(scene, coordinator)
    send_everything()
    run = end(run)
    assert run.state == DrillState.UNANSWERED
    watch.send_alarms(run.ends_at)
    watch.send_alarms(run.ends_at + timedelta(hours=1))
    (letter,) = mail.outbox
    assert letter.to == ["koord@vatra.example"]
    assert "/cms/drills/" in letter.body
    for hidden in (scene.place.region.name, officer(scene).name, "police", "Vlor"):
        assert hidden not in letter.subject + letter.body


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (lambda scene, box, phones: box.failures.update({officer(scene).email: RecipientRefused("550")}), "550"),
        (lambda scene, box, phones: phones.failures.update({"sms": Unreached("timeout")}), "timeout"),
        (
            lambda scene, box, phones: DutyShift.objects.filter(partner=scene.offices[Role.POLICE]).delete(),
            "no_contact",
        ),
    ],
)
def test_a_way_that_fails_or_nobody_on_duty_makes_it_fail_and_the_page_can_say_which(
    scene, coordinator, postbox, phones, broken, code
):
    add_way(officer(scene))
    broken(scene, postbox, phones)
    run = begin_by_hand(scene, coordinator)
    send_everything()
    answer_all()
    run = end(run)
    assert run.state == DrillState.FAILED
    assert code in set(DrillResult.objects.filter(run=run).values_list("error_code", flat=True))


def test_when_no_worker_sends_it_failed(scene, coordinator, postbox):
    assert end(begin_by_hand(scene, coordinator)).state == DrillState.FAILED
    assert set(DrillResult.objects.values_list("error_code", flat=True)) == {"not_sent"}


def test_what_can_not_begin_has_failed_says_why_and_leaves_nothing(scene, coordinator, monkeypatch, postbox):
    scene.unit.assignments.all().delete()
    run = begin_by_hand(scene, coordinator)
    assert (run.state, run.reason) == (DrillState.FAILED, "no_worker")
    with mock.patch.object(drill, "receive_submission", side_effect=ValueError("Kanarina")):
        monkeypatch.setattr(drill, "unit_and_worker", lambda region: (scene.unit, scene.worker))
        second = ask_for_drill(region=scene.place.region, by=coordinator)
        begin_waiting(timezone.now())
    second.refresh_from_db()
    assert (second.state, second.reason) == (DrillState.FAILED, "fault")
    assert not Case.objects.exists()
    assert not Notice.objects.exists()


def test_a_database_that_fails_is_no_failed_drill(scene, coordinator, postbox):
    run = ask_for_drill(region=scene.place.region, by=coordinator)
    with (
        mock.patch.object(drill, "receive_submission", side_effect=OperationalError("locked")),
        pytest.raises(OperationalError),
    ):
        begin_waiting(timezone.now())
    run.refresh_from_db()
    assert run.state == DrillState.WAITING
    assert begin_waiting(timezone.now()) == 1


# ---- nobody is annoyed, nothing is left ----


def test_a_drill_climbs_no_ladder_unless_its_plan_says_so_and_strands_nothing(scene, coordinator, postbox):
    run = begin_by_hand(scene, coordinator)
    send_everything()
    before = Notice.objects.count()
    for minutes in (11, 21, 29):
        advance(timezone.now() + timedelta(minutes=minutes))
    assert Notice.objects.count() == before
    assert get_stranded_notices(timezone.now()) == []
    assert set(Notice.objects.values_list("repeats", flat=True)) == {0}
    end(run)
    DrillPlan.objects.create(region=scene.place.region, climbs=True)
    begin_by_hand_again(scene, coordinator)
    send_everything()
    advance(timezone.now() + timedelta(minutes=21))
    assert Notice.objects.filter(is_drill=True).exclude(purpose=Purpose.FIRST).exists()


def begin_by_hand_again(scene: Scene, coordinator: Any) -> None:
    ask_for_drill(region=scene.place.region, by=coordinator)
    begin_waiting(timezone.now())


def test_when_it_is_over_everything_is_withdrawn_and_the_case_closed_and_forgotten_in_time(
    scene, coordinator, postbox, settings
):
    run = begin_by_hand(scene, coordinator)
    send_everything()
    end(run)
    case = Case.objects.get()
    assert case.is_drill
    assert case.closed_at == run.ends_at
    assert not Notice.objects.open().exists()
    assert not Deadline.objects.running().exists()
    assert not Notice.objects.filter(link_revoked_at__isnull=True).exists()
    assert Submission.objects.get().is_drill
    today = timezone.localdate(run.ends_at)
    assert forget_due_cases(today + timedelta(days=settings.DRILL_KEEP_DAYS - 1)) == 0
    assert forget_due_cases(today + timedelta(days=settings.DRILL_KEEP_DAYS)) == 1
    case.refresh_from_db()
    assert case.forgotten_at is not None
    assert DrillResult.objects.filter(run=run, contact=officer(scene)).exists()


def test_whoever_accepted_a_drill_from_a_telephone_is_not_asked_to_read_it_when_it_is_over(scene, coordinator, postbox):
    run = begin_by_hand(scene, coordinator)
    send_everything()
    first = Notice.objects.filter(role=Role.POLICE).get()
    Notice.objects.filter(pk=first.pk).update(
        state="accepted", accepted_at=timezone.now(), answered_by="sms", next_step_at=None, next_attempt_at=None
    )
    end(run)
    first.refresh_from_db()
    assert first.link_revoked_at is not None


def test_a_drill_that_somebody_left_open_ends_after_a_week_and_no_real_case_does(scene, postbox):
    real = scene.send().submission.case
    drill.run_drill(region_slug=scene.place.region.slug, limit_seconds=0.01, keep_open=True)
    week = timezone.now() + timedelta(days=7, minutes=1)
    assert end_old_drills(timezone.now()) == 0
    assert end_old_drills(week) == 1
    assert not end_drill(real.pk, week)
    real.refresh_from_db()
    assert real.closed_at is None
    assert Notice.objects.open().filter(case_id=real.pk).exists()


# ---- once ----


def test_by_plan_there_is_one_in_a_month_however_many_workers_look(scene, postbox):
    make_plan(scene)
    for _worker in range(3):
        plan_due(TUESDAY)
        begin_waiting(TUESDAY)
    run = DrillRun.objects.get()
    assert (run.month, run.state) == ("2027-06", DrillState.RUNNING)
    end(run)
    for days in (1, 2, 20):
        plan_due(TUESDAY + timedelta(days=days))
    assert DrillRun.objects.count() == 1
    plan_due(TUESDAY + timedelta(days=31))
    assert DrillRun.objects.count() == 2


def test_a_worker_that_reads_before_another_writes_plans_none_twice(scene, postbox):
    plan = make_plan(scene)
    assert running._plan_one(plan, "2027-06", TUESDAY)
    assert not running._plan_one(plan, "2027-06", TUESDAY)
    run = DrillRun.objects.get()
    assert begin_drill(run.pk, TUESDAY)
    assert not begin_drill(run.pk, TUESDAY)
    assert Case.objects.count() == 1


def test_after_a_standstill_it_is_late_and_in_its_hours(scene, postbox):
    make_plan(scene)
    plan_due(TUESDAY)
    begin_waiting(TUESDAY.replace(hour=16))  # its worker came after the hours
    assert DrillRun.objects.get().state == DrillState.WAITING
    begin_waiting(TUESDAY.replace(hour=10) + timedelta(days=1))
    assert DrillRun.objects.get().state == DrillState.RUNNING


def test_a_month_that_passed_without_one_is_missed_once_and_alarms(scene, coordinator, postbox):
    make_plan(scene)
    july = TUESDAY + timedelta(days=24)
    assert note_missed(TUESDAY) == 0
    assert note_missed(july) == 1
    assert note_missed(july) == 0
    run = DrillRun.objects.get()
    assert (run.state, run.month, run.reason) == (DrillState.MISSED, "2027-06", "month_over")
    assert watch.send_alarms(july) == 1
    assert watch.get_newest_bad(Region.objects.all()) == [run]


def test_one_that_waited_until_the_month_was_over_is_missed_too(scene, postbox):
    make_plan(scene)
    plan_due(TUESDAY)
    begin_waiting(TUESDAY + timedelta(days=30))
    assert DrillRun.objects.get().state == DrillState.MISSED


def test_switched_off_before_it_began_it_isnt_held_and_isnt_missed(scene, postbox):
    plan = make_plan(scene)
    plan_due(TUESDAY)
    DrillPlan.objects.filter(pk=plan.pk).update(is_on=False)
    begin_waiting(TUESDAY)
    note_missed(TUESDAY + timedelta(days=60))
    assert not DrillRun.objects.exists()


def test_one_at_a_time_and_three_in_a_day_by_hand(scene, coordinator, postbox):
    for _number in range(running.MAX_BY_HAND):
        run = ask_for_drill(region=scene.place.region, by=coordinator)
        with pytest.raises(CannotAsk) as refused:
            ask_for_drill(region=scene.place.region, by=coordinator)
        assert refused.value.code in ("running", "too_many")
        begin_waiting(timezone.now())
        end(DrillRun.objects.get(pk=run.pk))
    with pytest.raises(CannotAsk, match="too_many"):
        ask_for_drill(region=scene.place.region, by=coordinator)


def test_the_sweeper_ends_it_when_bulk_workers_are_down_and_says_what_it_cant_end(scene, coordinator, postbox):
    run = begin_by_hand(scene, coordinator)
    with mock.patch.object(running, "_roads", [running.Road(mock.Mock(), mock.Mock(side_effect=ValueError))]):
        end_due(run.ends_at)
    run.refresh_from_db()
    assert run.state == DrillState.RUNNING
    assert not DrillResult.objects.exists()
    assert find_unended(run.ends_at + timedelta(minutes=20)) == [str(run.pk)]
    end_due(run.ends_at + timedelta(minutes=20))
    assert find_unended(run.ends_at + timedelta(hours=2)) == []


# ---- heard of ----


def test_readyz_is_ill_after_a_failed_or_missed_one_and_well_again_after_a_good_one(scene, coordinator, postbox):
    def look(at: datetime) -> dict[str, Any]:
        watch.report(at)
        return watch.describe_health(Heartbeat.objects.in_bulk(), at)

    now = timezone.now()
    assert look(now) == {
        "ok": True, "age_s": 0.0, "failed": 0, "missed": 0, "unanswered": 0, "planned": 0, "without_plan": 1,
    }  # fmt: skip
    run = end(begin_by_hand(scene, coordinator))
    found = look(now)
    assert (found["ok"], found["failed"]) == (False, 1)
    begin_by_hand_again(scene, coordinator)
    send_everything()
    answer_all()
    end(DrillRun.objects.exclude(pk=run.pk).get())
    assert look(now)["ok"]
    assert not watch.describe_health(Heartbeat.objects.in_bulk(), now + timedelta(minutes=20))["ok"]


def test_where_no_mail_goes_out_it_is_tried_again_and_without_a_coordinator_the_operators_get_it(scene, postbox):
    make_user(StaffRole.OPERATOR, email="op@vatra.example")
    make_plan(scene)
    july = TUESDAY + timedelta(days=24)
    note_missed(july)
    with mock.patch("access.staff_mail.EmailMessage.send", side_effect=OSError):
        assert watch.send_alarms(july) == 0
    assert watch.send_alarms(july + timedelta(minutes=1)) == 0
    assert watch.send_alarms(july + timedelta(minutes=6)) == 1
    assert mail.outbox[0].to == ["op@vatra.example"]


def test_the_record_names_who_asked_and_how_it_ended_and_nothing_of_people(scene, coordinator, postbox):
    run = end(begin_by_hand(scene, coordinator))
    entries = AuditEntry.objects.filter(target_kind="drill", target_id=str(run.pk)).order_by("number")
    assert [entry.action for entry in entries] == ["drill.asked", "drill.begun", "drill.ended"]
    assert entries[0].actor_id == str(coordinator.pk)
    assert entries[2].detail == {"region": scene.place.region.slug, "state": "failed", "reason": ""}


def test_results_of_long_ago_go_and_a_regions_last_one_stays(scene, postbox):
    old = timezone.now() - watch.KEPT - timedelta(days=1)
    for days in (0, 31):
        DrillRun.objects.create(
            region=scene.place.region, month=f"2020-0{1 + days // 31}", state=DrillState.PASSED,
            ended_at=old - timedelta(days=days),
        )  # fmt: skip
    assert watch.tidy() == 1
    assert DrillRun.objects.get().month == "2020-01"


def test_ways_are_not_marked_as_used_by_a_contact_whose_own_test_is_outstanding(scene, coordinator, phones):
    contact = officer(scene)
    add_way(contact)
    Contact.objects.filter(pk=contact.pk).update(reachable_at=None)
    begin_by_hand(scene, coordinator)
    send_everything()
    assert phones.taken == []
    assert ContactWay.objects.count() == 1
