"""The timeline says what became of each notice, when, and what happens next."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications.briefs.models import PinTry
from notifications.briefs.replies import answer
from notifications.escalation.clock import advance
from notifications.outbox.actions import cancel, mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.scene import Scene, make_scene

from ..models import Case, Deadline
from ..timeline import NoticeLine, Timeline, build_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    scene = make_scene()
    scene.send(age_stated=15)
    return scene


def drawn(**minutes: int) -> Timeline:
    return build_timeline(Case.objects.get(), now=timezone.now() + timedelta(**minutes), language="en")


def build_line(timeline: Timeline, role: str) -> NoticeLine:
    return next(line for line in timeline.notices if line.role == role)


def test_a_new_notice_is_owed_and_will_be_sent(scene: Scene) -> None:
    line = build_line(drawn(), "police")
    assert (line.state, line.next_step, line.mark, line.loud) == ("owed", "send", "", False)
    assert [moment.name for moment in line.moments] == ["owed"]
    assert line.recipient.startswith("Office")
    assert line.minutes_left == 29
    assert line.state_label == "queued"


def test_what_happened_stands_in_order_with_its_minutes(scene: Scene) -> None:
    notice = Notice.objects.get(role="police")
    start = notice.owed_at
    mark_opened(notice=notice, at=start + timedelta(minutes=4))
    answer(notice=notice, kind="accepted", at=start + timedelta(minutes=9))
    answer(notice=notice, kind="outcome", reason="met_safe", note="A note.", at=start + timedelta(minutes=70))
    line = build_line(drawn(hours=2), "police")
    assert [(moment.name, moment.minutes) for moment in line.moments] == [
        ("owed", 0),
        ("sent", 4),
        ("opened", 4),
        ("accepted", 9),
        ("closed", 70),
    ]
    assert [(said.kind, said.reason, said.note) for said in line.answers] == [
        ("accepted", "", None),
        ("outcome", "met_safe", "A note."),
    ]
    assert line.is_settled
    assert (line.mark, line.loud, line.minutes_left, line.minutes_open) == ("", False, None, None)


def test_nobody_resolved_is_loud() -> None:
    scene = make_scene(police=False)
    scene.send()
    line = build_line(drawn(), "police")
    assert line.is_unresolved
    assert line.loud
    assert (line.next_step, line.contact, line.reason) == ("resolve", None, "no_contact")
    assert drawn().loud


@pytest.mark.parametrize(
    ("minutes", "mark", "left"), [(29, "", 0), (31, "amber", -2), (61, "red", -32), (1441, "breach", None)]
)
def test_the_marks_pass_one_after_the_other(scene: Scene, minutes: int, mark: str, left: int | None) -> None:
    line = build_line(drawn(minutes=minutes), "police")
    assert line.mark == mark
    assert line.loud is bool(mark)
    if left is not None:
        assert line.minutes_left == left


def test_a_notice_without_marks_is_loud_when_its_time_is_over(scene: Scene) -> None:
    assert not build_line(drawn(minutes=59), "cpu").loud
    assert build_line(drawn(minutes=61), "cpu").loud


def test_the_next_step_is_the_earlier_of_sending_and_chasing(scene: Scene) -> None:
    notice = Notice.objects.get(role="police")
    mark_opened(notice=notice, at=timezone.now())
    line = build_line(drawn(), "police")
    assert (line.next_step, line.next_step_at) == ("remind", notice.next_step_at)


def test_after_the_last_step_the_call_is_next_again(scene: Scene) -> None:
    mark_opened(notice=Notice.objects.get(role="police"), at=timezone.now())
    for minutes in (11, 22, 33):
        advance(timezone.now() + timedelta(minutes=minutes))
    line = next(line for line in drawn(minutes=34).notices if line.role == "police" and line.purpose == "first")
    assert line.next_step == "call"


def test_a_cancelled_notice_is_quiet(scene: Scene) -> None:
    cancel(notice=Notice.objects.get(role="police"), reason="entered_in_error")
    line = build_line(drawn(hours=30), "police")
    assert (line.state, line.loud, line.next_step) == ("cancelled", False, None)


def test_deadlines_count_to_their_next_mark(scene: Scene) -> None:
    def police_report(**minutes: int) -> tuple[str, str | None, int | None]:
        line = next(line for line in drawn(**minutes).deadlines if line.key == "police_report")
        return line.mark, line.next_mark, line.minutes_left

    assert police_report() == ("", "amber", 29)
    assert police_report(minutes=40) == ("amber", "red", 19)
    assert police_report(minutes=70) == ("red", "breach", 1369)
    assert police_report(minutes=1500) == ("breach", None, None)


def test_a_met_deadline_says_how_long_it_took(scene: Scene) -> None:
    deadline = Deadline.objects.get(key="police_report")
    deadline.met_at = deadline.starts_at + timedelta(minutes=45)
    deadline.save()
    line = next(line for line in drawn(hours=40).deadlines if line.key == "police_report")
    assert (line.mark, line.minutes_taken, line.next_mark, line.minutes_left) == ("amber", 45, None, None)


def test_referrals_and_events_are_on_it(scene: Scene) -> None:
    scene.follow(Case.objects.get().reference, to_org=scene.offices["protection_service"].slug, service=["legal"])
    timeline = drawn()
    assert [(line.services, line.state) for line in timeline.referrals] == [(["legal"], "pending")]
    assert [event.kind for event in timeline.events] == ["submission_received", "submission_received"]
    assert not timeline.is_settled


def test_its_queries_do_not_grow_with_its_length(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = Case.objects.select_related("unit").get()
    with django_assert_num_queries(8):
        short = build_timeline(case)
    for _i in range(3):
        scene.follow(case.reference, to_org=scene.offices["protection_service"].slug)
    for notice in Notice.objects.all():
        mark_opened(notice=notice, at=timezone.now())
        answer(notice=notice, kind="accepted", note="x")
    with django_assert_num_queries(7):  # nothing is open, so nobody can be locked out
        long = build_timeline(case)
    assert len(long.notices) > len(short.notices)
    assert sum(len(line.answers) for line in long.notices) == len(long.notices)


def test_it_is_written_in_the_language_asked_for(scene: Scene) -> None:
    case = Case.objects.get()
    assert build_timeline(case, language="sq").notices[0].recipient.startswith("Zyra")
    assert build_timeline(case, language="en").notices[0].recipient.startswith("Office")
    assert isinstance(build_timeline(case).notices[0].owed_at, datetime)


def test_the_unit_sees_that_a_contact_is_locked_out_while_the_clock_runs(scene: Scene) -> None:
    notice = Notice.objects.get(role="police")
    for number in range(5):
        PinTry.objects.create(notice=notice, address_hash=f"{number}", succeeded=False)
    line = build_line(drawn(), "police")
    assert (line.wrong_pins, line.loud, line.locked_until is not None) == (5, True, True)
    assert build_line(drawn(minutes=16), "police").locked_until is None
    client = Client()
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{notice.case_reference}/", headers={"accept-language": "en"}).content.decode()
    assert "5 wrong PINs were entered" in page or "5 PIN-e të gabuara" in page
    assert notice.contact.phone in page
    answer(notice=notice, kind="accepted")
    assert build_line(drawn(), "police").wrong_pins == 0


def test_a_call_that_was_repeated_says_so_and_after_a_day_the_list_comes_next(scene: Scene) -> None:
    notice = Notice.objects.get(role="police")
    for minutes in range(0, 60 * 26, 10):
        with mock.patch("django.utils.timezone.now", return_value=notice.owed_at + timedelta(minutes=minutes)):
            advance(timezone.now())
            send_due()
    line = build_line(drawn(hours=26), "police")
    assert line.next_step == "list"
    assert max(each.repeats for each in drawn(hours=26).notices if each.purpose == "call") > 1


def test_what_was_accepted_by_telephone_is_unread_until_it_is_opened(scene: Scene) -> None:
    notice = Notice.objects.get(role="police")
    answer(notice=notice, kind="accepted", by="sms")
    line = build_line(drawn(), "police")
    assert (line.is_unread, line.answers[0].by_label) == (True, "by SMS")
    client = Client()
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{Case.objects.get().reference}/").content.decode()
    assert "Accepted by telephone; the notice has not been opened yet." in page
    assert "accepted</strong> by SMS" in page

    mark_opened(notice=notice, at=timezone.now())
    line = build_line(drawn(), "police")
    assert not line.is_unread
    assert [moment.name for moment in line.moments] == ["owed", "sent", "accepted", "opened"]
