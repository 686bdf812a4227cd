"""The clock of duties: owners are told at the marks, along the duty's ladder, until it is met."""

import random
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit import due
from audit.models import PutAside
from notifications.briefs.choices import get_decline_reasons
from notifications.briefs.replies import AnswerRefused, answer
from notifications.escalation import clock
from notifications.escalation.findings import get_stranded_notices
from notifications.escalation.management.commands.sweeper import Sweeper
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Heartbeat, Notice, Purpose
from tests.world.notices import POSTBOX, postbox
from tests.world.offices import make_office, put_on_duty
from tests.world.places import make_coordinator
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import deadline_clock
from ..adopting import adopt_procedure
from ..deadlines import get_stranded_deadlines, stop_deadlines
from ..models import Case, Deadline

__all__ = ["postbox"]

pytestmark = pytest.mark.django_db

OWNED = {
    "owner": "mobile_unit",
    "ladder": "quick",
    "next_step": {"sq": "Vlerësoni rrezikun.", "en": "Assess the risk."},
}


@pytest.fixture
def scene(postbox: Any) -> Scene:
    scene = make_scene()
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= {"red_minutes": 720, **OWNED}
    enact(procedure, since=timezone.now())
    unit = make_office("mobile_unit", slug="unit-office", region=scene.place.region)
    put_on_duty(unit, rank=1)
    put_on_duty(unit, rank=2)
    return scene


@pytest.fixture
def duty(scene: Scene) -> Deadline:
    scene.send(age_stated=15)
    return Deadline.objects.get(key="assessment")


def at(duty: Deadline, minutes: float) -> datetime:
    return duty.starts_at + timedelta(minutes=minutes)


def turn(now: datetime) -> int:
    """One pass of both clocks, as the sweeper turns them, and of the workers."""
    clock.advance(now)
    told = deadline_clock.advance(now)
    send_due()
    return told


def chases() -> list[tuple[str, str, str]]:
    found = Notice.objects.filter(pk__in=Notice.objects.filter(purpose=Purpose.DUTY).values("chase_id"))
    found |= Notice.objects.filter(chases__purpose=Purpose.DUTY)
    return list(found.order_by("owed_at").values_list("purpose", "role", "state"))


def accept(notice: Notice) -> None:
    mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    answer(notice=notice, kind="accepted", at=timezone.now())


def test_a_missed_risk_assessment_reaches_the_worker_then_the_coordinator(scene: Scene, duty: Deadline) -> None:
    assert duty.next_mark_at == at(duty, 720)
    assert turn(at(duty, 719)) == 0
    assert turn(at(duty, 720)) == 1
    for minutes in (730, 740, 750, 780):
        turn(at(duty, minutes))
    assert [(purpose, role) for purpose, role, _state in chases()] == [
        ("duty", "mobile_unit"),
        ("reminder", "mobile_unit"),
        ("deputy", "mobile_unit"),
        ("call", "coordinator"),
    ]
    call = Notice.objects.get(purpose=Purpose.CALL, chases__purpose=Purpose.DUTY)
    assert call.contact.partner == scene.offices["coordinator"]
    assert call.number == 2


def test_the_notice_says_which_duty_of_which_case_is_due_and_nothing_else(scene: Scene) -> None:
    scene.send(age_stated=15, story="CANARY")
    duty = Deadline.objects.get(key="assessment")
    turn(at(duty, 720))
    notice = Notice.objects.get(purpose=Purpose.DUTY)
    (section,) = notice.brief["sections"]
    said = {row["key"]: row["value"]["en"] for row in section["rows"]}
    due = timezone.localtime(duty.breach_at)
    assert said == {
        "duty": "Assessment",
        "case": Case.objects.get().reference,
        "due": f"{due.day} {due:%B %Y, %H:%M}",
        "next_step": "Assess the risk.",
    }
    assert "CANARY" not in str(notice.brief)
    letter = POSTBOX.letters[-1]
    assert "duty" not in letter.subject
    assert "Një detyrë e një rasti ka arritur afatin" in letter.text
    assert "Assessment" not in letter.text


def test_nothing_grows_while_nobody_answers(duty: Deadline) -> None:
    for minutes in range(720, 6 * 1440, 240):
        turn(at(duty, minutes))
        assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1
        assert Notice.objects.filter(purpose=Purpose.CALL, chases__purpose=Purpose.DUTY).count() <= 1
    duty.refresh_from_db()
    assert duty.chases == 1
    assert duty.next_mark_at is not None


def test_the_form_that_meets_the_duty_withdraws_what_was_sent_in_the_same_transaction(
    scene: Scene, duty: Deadline
) -> None:
    turn(at(duty, 720))
    turn(at(duty, 750))
    scene.follow(Case.objects.get().reference, assessed=True)
    duty.refresh_from_db()
    assert duty.met_at is not None
    assert duty.next_mark_at is None
    assert {state for _purpose, _role, state in chases()} == {"cancelled"}
    assert Notice.objects.filter(reason="duty_met").exists()
    assert turn(at(duty, 3000)) == 0


def test_whoever_takes_the_duty_and_does_not_do_it_is_asked_again_at_the_next_mark(duty: Deadline) -> None:
    turn(at(duty, 720))
    accept(Notice.objects.get(purpose=Purpose.DUTY))
    duty.refresh_from_db()
    assert duty.met_at is None  # to say that one is on it isn't to have done it
    assert turn(at(duty, 1439)) == 0
    assert turn(at(duty, 1440)) == 1
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 2
    accept(Notice.objects.filter(purpose=Purpose.DUTY).latest("owed_at"))
    assert turn(at(duty, 1441)) == 0
    assert turn(at(duty, 1440 + 1440)) == 1  # after the last mark, once a day


def test_two_sweepers_tell_the_owner_once(duty: Deadline) -> None:
    now = at(duty, 720)
    assert deadline_clock.DUE_CLOCK._take(duty.pk, now)
    assert not deadline_clock.DUE_CLOCK._take(duty.pk, now), "found before the first had done it"
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1


def test_a_clock_that_stood_still_tells_the_owner_once(duty: Deadline) -> None:
    assert turn(at(duty, 5000)) == 1
    assert turn(at(duty, 5001)) == 0
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1


def test_with_nobody_on_duty_the_coordinators_are_asked_to_call(postbox: Any) -> None:
    scene = make_scene()
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= OWNED
    enact(procedure, since=timezone.now())
    scene.send(age_stated=15)
    duty = Deadline.objects.get(key="assessment")
    turn(at(duty, 1440))
    notice = Notice.objects.get(purpose=Purpose.DUTY)
    assert (notice.state, notice.reason) == ("failed", "no_contact")
    assert notice.chasers.get(purpose=Purpose.FALLBACK).role == "coordinator"


def test_a_duty_that_cannot_be_read_is_put_aside_and_stops_no_other(scene: Scene) -> None:
    scene.send(age_stated=15)
    scene.send(age_stated=16)
    bad, good = Deadline.objects.filter(key="assessment").order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_deadline SET ladder = %s WHERE id = %s", ["[7]", bad.pk])
    assert turn(at(good, 720) + timedelta(seconds=5)) == 1
    assert PutAside.objects.get(kind="deadline.clock").row == str(bad.pk)
    asked = Notice.objects.get(purpose=Purpose.DUTY, case_id=bad.case_id)
    assert (asked.role, asked.ladder[-1]["do"]) == ("coordinator", "call")
    assert Notice.objects.get(purpose=Purpose.DUTY, case_id=good.case_id).role == "mobile_unit"


def test_a_duty_of_a_closed_case_or_a_drill_that_is_over_wakes_nobody(duty: Deadline) -> None:
    Case.objects.update(closed_at=timezone.now())
    assert turn(at(duty, 720)) == 0
    Case.objects.update(closed_at=None)
    stop_deadlines(duty.case, "drill_over")
    assert turn(at(duty, 720)) == 0
    assert not get_stranded_deadlines().exists()


def test_the_sweeper_turns_the_clock_and_cries_out_what_has_no_next_step(
    duty: Deadline, caplog: pytest.LogCaptureFixture
) -> None:
    Deadline.objects.filter(pk=duty.pk).update(next_mark_at=timezone.now() - timedelta(seconds=1))
    Sweeper(1.0).run_once()
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1
    assert Heartbeat.objects.get(part="audit").facts == {"stranded": 0}
    Deadline.objects.filter(pk=duty.pk).update(next_mark_at=None)
    with pytest.raises(CommandError, match="1 other row"):
        call_command("audit_ladders", stdout=StringIO())
    Sweeper(1.0).run_once()
    assert Heartbeat.objects.get(part="audit").facts == {"stranded": 1}
    assert "clock_stranded" in caplog.text


def test_a_clock_that_fails_keeps_no_other_from_moving(duty: Deadline) -> None:
    broken = due.Clock(name="broken", advance=mock.Mock(side_effect=RuntimeError))
    clocks = {"broken": broken, **due._clocks}
    Deadline.objects.filter(pk=duty.pk).update(next_mark_at=timezone.now() - timedelta(seconds=1))
    with mock.patch.object(due, "_clocks", clocks):
        due.advance_clocks(timezone.now())
    assert Notice.objects.filter(purpose=Purpose.DUTY).count() == 1


def test_the_pages_of_the_case_name_owner_next_step_and_chase(scene: Scene, duty: Deadline, client: Any) -> None:
    scene.worker.language = "en"
    scene.worker.save()
    client.force_login(scene.worker)
    case = Case.objects.get()
    page = client.get(f"/field/cases/{case.reference}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Whose duty: mobile unit on duty." in page
    assert "Assess the risk." in page
    turn(at(duty, 720))
    assert "A duty is due: Assessment" in client.get(f"/field/cases/{case.reference}/").content.decode()


def test_a_duty_that_ran_before_there_were_owners_gets_one_with_the_newer_procedure(postbox: Any) -> None:
    scene = make_scene()
    scene.send(age_stated=15)
    duty = Deadline.objects.get(key="assessment")
    assert (duty.owner, duty.next_mark_at) == ("", None)
    Deadline.objects.filter(pk=duty.pk).update(breach_at=timezone.now() - timedelta(hours=1))
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= OWNED
    version = enact(procedure, since=timezone.now())
    coordinator = make_coordinator(scene.place)
    adopt_procedure(case=Case.objects.get(), version=version, duties=[], by=coordinator)
    duty.refresh_from_db()
    assert (duty.owner, len(duty.ladder)) == ("mobile_unit", 3)
    assert deadline_clock.advance(timezone.now()) == 0  # the press itself notifies nobody
    assert deadline_clock.advance(timezone.now() + timedelta(days=1)) == 1


def test_a_duty_that_the_owner_declines_goes_on_to_the_deputy_and_leaves_no_gap(duty: Deadline) -> None:
    turn(at(duty, 720))
    notice = Notice.objects.get(purpose=Purpose.DUTY)
    mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    reason = next(iter(get_decline_reasons(notice)))
    answer(notice=notice, kind="declined", reason=reason, at=at(duty, 725))
    assert Notice.objects.filter(purpose=Purpose.DEPUTY, chases=notice).count() == 1
    with pytest.raises(AnswerRefused):  # what is done is said by the form
        answer(notice=Notice.objects.get(purpose=Purpose.DEPUTY), kind="outcome", reason="met_safe")


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_there_is_one_chase_and_no_duty_without_a_next_moment(scene: Scene, seed: int) -> None:
    dice = random.Random(seed)
    scene.send(age_stated=15)
    duty = Deadline.objects.get(key="assessment")
    reference, now = Case.objects.get().reference, duty.starts_at
    for _step in range(25):
        now += timedelta(minutes=dice.choice([1, 30, 400, 1440, 4000]))
        turn(now)
        open_ones = Notice.objects.open().filter(purpose=Purpose.DUTY)
        assert open_ones.count() <= 1
        duty.refresh_from_db()
        assert (duty.next_mark_at is None) == (duty.met_at is not None)
        assert duty.next_mark_at is None or duty.next_mark_at > now
        assert not get_stranded_deadlines().exists()
        assert not get_stranded_notices(now)
        if duty.met_at is not None:
            assert not Notice.objects.open().filter(chase_id=duty.chase_id).exists()
            break
        # Before the first mark nobody is asked; afterwards somebody is, or has said that they are on it.
        taken = Notice.objects.filter(chase_id=duty.chase_id, state="accepted").exists()
        is_asked = Notice.objects.open().filter(chase_id=duty.chase_id).exists()
        assert is_asked or taken or now < duty.red_at
        told = dice.choice([None, *Notice.objects.open().filter(chase_id=duty.chase_id, sent_at__isnull=False)])
        act = dice.choice(["accepted", "declined", "nothing", "nothing", "form"])
        if act == "form" and dice.random() < 0.3:
            scene.follow(reference, assessed=True)
        elif told is not None and act in ("accepted", "declined"):
            mark_opened(notice=told, at=now)
            told.refresh_from_db()
            reason = next(iter(get_decline_reasons(told))) if act == "declined" else ""
            answer(notice=told, kind=act, reason=reason, at=now)
