"""Events that come later: what becomes of notices, referrals, duties and dates is something rules respond to, once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from case_forms.procedures.clocks import ZONE
from case_forms.procedures.decide import MAX_CHAIN
from case_forms.procedures.definition import parse_procedure
from notifications.briefs.choices import get_decline_reasons
from notifications.briefs.replies import answer
from notifications.escalation import clock
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose, Reply
from tests.world.forms import form, publish, question, section, texts
from tests.world.notices import postbox
from tests.world.offices import make_office, put_on_duty
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import date_clock, deadline_clock, rule_events
from ..date_clock import compute_moment
from ..models import AwaitedDate, Case, CaseEvent, Deadline

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]

ABOUT_POLICE = {"==": [{"var": "_role"}, "police"]}
TELL_CPU = {"do": "notify", "role": "cpu", "ladder": "quick"}
FLAG = {"do": "set_flag", "flag": "seen"}


def rule(key: str, on: str, *then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": texts(key), "on": on, "words": texts(f"Words of {key}."), "then": list(then), **more}


def scene_with(*rules: dict[str, Any], **deadline: Any) -> Scene:
    scene = make_scene()
    procedure = small_procedure()
    procedure["flags"] = {"seen": {"label": texts("seen")}}
    procedure["deadlines"]["assessment"] |= deadline
    enact({**procedure, "rules": [*procedure["rules"], *rules]}, since=timezone.now())
    return scene


def police() -> Notice:
    send_due()
    return Notice.objects.get(role="police", purpose=Purpose.FIRST)


def reply(notice: Notice, kind: str, **more: Any) -> Reply:
    mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    return answer(notice=notice, kind=kind, **more)


def decline(notice: Notice) -> Reply:
    return reply(notice, "declined", reason=next(iter(get_decline_reasons(notice))))


def events(code: str) -> list[CaseEvent]:
    return list(CaseEvent.objects.filter(kind=f"rules_{code}").order_by("at"))


def spoken(event: CaseEvent) -> list[str]:
    # How a recipient was found is explained under the rule's name too.
    return list(dict.fromkeys(entry["rule"] for entry in event.explanation or []))


def test_whoever_declines_sets_the_rule_in_motion_on_the_answers_of_the_form() -> None:
    scene = scene_with(rule("cpu_instead", "notice_declined", TELL_CPU, when=ABOUT_POLICE))
    scene.send(story="Seen at the market.")
    decline(police())
    told = Notice.objects.get(role="cpu")
    (event,) = events("notice_declined")
    assert told.event_id == event.pk
    assert spoken(event) == ["cpu_instead"]
    assert event.detail["chain"] == 1
    assert event.submission_id == scene_submission()


def scene_submission() -> Any:
    return CaseEvent.objects.get(kind="submission_received").submission_id


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("notice_accepted", "accepted", ""),
        ("notice_accepted", "on_the_way", ""),
        ("notice_outcome", "outcome", "met_safe"),
    ],
)
def test_an_answer_is_an_event_with_its_role_and_reason(code: str, kind: str, reason: str) -> None:
    condition = {"and": [ABOUT_POLICE, {"==": [{"var": "_reply"}, reason or None]}]}
    scene = scene_with(rule("heard", code, FLAG, when=condition))
    scene.send()
    notice = police()
    if kind == "outcome":
        reply(notice, "accepted")
    reply(notice, kind, reason=reason)
    assert spoken(events(code)[0]) == ["heard"]
    assert Case.objects.get().flags.keys() == {"seen"}


def test_opening_is_an_event_once_and_an_answer_repeated_is_none() -> None:
    scene = scene_with(rule("opened", "notice_opened", FLAG), rule("accepted", "notice_accepted", TELL_CPU))
    scene.send()
    notice = police()
    reply(notice, "accepted")
    reply(notice, "accepted")
    reply(notice, "on_the_way")
    assert len(events("notice_opened")) == len(events("notice_accepted")) == 1
    assert Notice.objects.filter(role="cpu").count() == 1


def test_a_ladder_that_comes_to_its_call_is_an_event_once() -> None:
    scene = scene_with(rule("silence", "notice_unanswered", TELL_CPU, when=ABOUT_POLICE))
    scene.send()
    notice = police()
    for minutes in (10, 20, 30, 60, 90):
        clock.advance(notice.owed_at + timedelta(minutes=minutes))
        send_due()
    assert sorted(spoken(event) for event in events("notice_unanswered")) == [[], ["silence"]]  # authority, police
    assert Notice.objects.filter(role="cpu", purpose=Purpose.FIRST).count() == 1


@pytest.mark.parametrize(("kind", "code"), [("accepted", "referral_accepted"), ("declined", "referral_declined")])
def test_a_service_that_answers_a_referral_is_an_event(kind: str, code: str) -> None:
    scene = scene_with(rule("answered", code, FLAG))
    service = scene.offices["protection_service"]
    scene.follow(scene.send().receipt["case"], to_org=service.slug, service=["shelter"])
    send_due()
    notice = Notice.objects.get(role="protection_service")
    decline(notice) if kind == "declined" else reply(notice, kind)
    assert spoken(events(code)[0]) == ["answered"]


def test_a_duty_is_due_then_overdue_then_done_late() -> None:
    owned = {"owner": "mobile_unit", "ladder": "quick", "red_minutes": 720}
    about = {"==": [{"var": "_task"}, "assessment"]}
    scene = scene_with(
        rule("due", "task_due", FLAG, when=about),
        rule("overdue", "task_overdue", TELL_CPU, when=about),
        rule("late", "task_done", {"do": "clear_flag", "flag": "seen"}, when={"and": [about, {"var": "_is_late"}]}),
        **owned,
    )
    put_on_duty(make_office("mobile_unit", region=scene.place.region))
    reference = scene.send(age_stated=15).receipt["case"]
    duty = Deadline.objects.get(key="assessment")
    before = Notice.objects.filter(role="cpu").count()
    deadline_clock.advance(duty.red_at)
    assert (len(events("task_due")), len(events("task_overdue"))) == (1, 0)
    assert Case.objects.get().flags.keys() == {"seen"}
    for days in range(2):  # the clock's next look at it is no other occurrence
        deadline_clock.advance(duty.breach_at + timedelta(days=days))
    assert (len(events("task_due")), len(events("task_overdue"))) == (1, 1)
    assert Notice.objects.filter(role="cpu").count() == before + 1
    with mock.patch.object(timezone, "now", return_value=duty.breach_at + timedelta(days=2)):
        scene.follow(reference, assessed=True)
    assert [spoken(each) for each in events("task_done")] == [["late"]]
    assert Case.objects.get().flags == {}


def test_a_rule_that_fails_undoes_no_answer_and_stands_on_the_case(caplog: pytest.LogCaptureFixture) -> None:
    broken = {"do": "update_case", "status": "no_such_status"}
    scene = scene_with(rule("broken", "notice_accepted", TELL_CPU, broken))
    scene.send(story="CANARY")
    notice = police()
    reply(notice, "accepted")
    notice.refresh_from_db()
    assert notice.state == "accepted"
    assert Deadline.objects.get(key="police_report").met_at is not None
    assert not Notice.objects.filter(role="cpu").exists()  # what it had done before is undone with it
    (event,) = events("notice_accepted")
    assert event.detail["failed"] == "unknown_status"
    assert "could not be carried out" in event.explanation[0]["words"]["en"]
    assert "rules_failed" in caplog.text
    assert "CANARY" not in caplog.text


def test_a_submission_that_cannot_be_read_undoes_no_answer() -> None:
    scene = scene_with(rule("heard", "notice_accepted", FLAG))
    scene.send()
    with mock.patch.object(rule_events, "_loaders", [mock.Mock(side_effect=ValueError)]):
        reply(police(), "accepted")
    assert events("notice_accepted")[0].detail["failed"] == "ValueError"
    assert police().state == "accepted"


def test_no_submission_is_opened_where_no_rule_listens() -> None:
    scene = scene_with(rule("heard", "notice_outcome", FLAG))
    scene.send()
    loader = mock.Mock()
    with mock.patch.object(rule_events, "_loaders", [loader]):
        reply(police(), "accepted")
    loader.assert_not_called()
    assert not events("notice_accepted")


def test_rules_that_set_each_other_off_through_people_stop_after_so_many() -> None:
    again = {"do": "notify", "role": "police", "ladder": "quick"}
    scene = scene_with(rule("again", "notice_accepted", again, when=ABOUT_POLICE))
    scene.send()
    for number in range(1, MAX_CHAIN + 3):
        send_due()
        waiting = Notice.objects.filter(role="police", purpose=Purpose.FIRST, accepted_at=None)
        assert waiting.count() == (1 if number <= MAX_CHAIN + 1 else 0)
        for notice in waiting:
            reply(notice, "accepted")
    assert [event.detail["chain"] for event in events("notice_accepted")] == list(range(1, MAX_CHAIN + 2))
    assert events("notice_accepted")[-1].detail["where"] == "too_many_in_a_row"


def test_two_sweepers_let_a_duty_be_due_once() -> None:
    scene = scene_with(rule("due", "task_due", FLAG), owner="mobile_unit", ladder="quick")
    scene.send(age_stated=15)
    duty = Deadline.objects.get(key="assessment")
    for _each in range(2):  # both have found it
        deadline_clock.DUE_CLOCK._take(duty.pk, duty.breach_at)
    assert len(events("task_due")) == 1


def test_a_case_stays_under_its_own_version_and_a_closed_one_hears_nothing() -> None:
    scene = scene_with(rule("heard", "notice_opened", FLAG))
    scene.send()
    enact(small_procedure(), since=timezone.now())
    Case.objects.update(closed_at=timezone.now())
    mark_opened(notice=police(), at=timezone.now())
    assert not events("notice_opened")
    Case.objects.update(closed_at=None)
    authority = Notice.objects.get(role="responsible_authority")
    mark_opened(notice=authority, at=timezone.now())
    assert spoken(events("notice_opened")[0]) == ["heard"]


# ---- dates ----


def dated(scene_form: str, days: int, **more: Any) -> dict[str, Any]:
    return rule("dated", "date_reached", FLAG, forms=[scene_form], date="interview_on", days=days, **more)


@pytest.fixture
def interviews() -> Scene:
    scene = make_scene()
    scene.follow_up = publish(
        form(
            "interview",
            "report",
            "Interview",
            section(
                "all", "All", question("case_ref", "case_reference", required=True), question("interview_on", "date")
            ),
        )
    )
    procedure = small_procedure()
    procedure["flags"] = {"seen": {"label": texts("seen")}}
    join = rule("join", "submission_received", {"do": "attach_case", "case": {"var": "case_ref"}}, forms=["interview"])
    enact({**procedure, "rules": [*procedure["rules"], join, dated("interview", -1)]}, since=timezone.now())
    return scene


def test_a_rule_responds_the_day_before_a_date_and_the_newest_answer_counts(interviews: Scene) -> None:
    reference = interviews.send().receipt["case"]
    today = timezone.localdate()
    interviews.follow(reference, interview_on=(today + timedelta(days=5)).isoformat())
    interviews.follow(reference, interview_on=(today + timedelta(days=9)).isoformat())
    (awaited,) = AwaitedDate.objects.all()
    assert timezone.localtime(awaited.at) == datetime.combine(
        today + timedelta(days=8), date_clock.MORNING, tzinfo=ZONE
    )
    assert date_clock.advance(awaited.at - timedelta(minutes=1)) == 0
    assert date_clock.advance(awaited.at) == 1
    assert date_clock.advance(awaited.at) == 0
    assert spoken(events("date_reached")[0]) == ["dated"]
    assert Case.objects.get().flags.keys() == {"seen"}


def test_the_date_itself_is_in_no_row_and_no_log(interviews: Scene, caplog: pytest.LogCaptureFixture) -> None:
    reference = interviews.send().receipt["case"]
    day = timezone.localdate() + timedelta(days=5)
    interviews.follow(reference, interview_on=day.isoformat())
    date_clock.advance(timezone.now() + timedelta(days=6))
    assert day.isoformat() not in str(list(CaseEvent.objects.values("kind", "detail")))
    assert day.isoformat() not in caplog.text


@given(
    day=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    days=st.integers(-400, 400),
    ahead=st.integers(-500, 500),
)
def test_a_date_is_reached_in_the_morning_of_its_day_whatever_the_clocks_do(day: Any, days: int, ahead: int) -> None:
    (written,) = parse_procedure({"rules": [dated("interview", days)]}).rules
    now = datetime.combine(day, date_clock.MORNING, tzinfo=ZONE).astimezone(UTC) - timedelta(days=ahead)
    found = compute_moment(written, day.isoformat(), now)
    due = datetime.combine(day + timedelta(days=days), date_clock.MORNING, tzinfo=ZONE)
    if due >= now:
        assert found == due
    elif days < 0 and ahead > 0:
        assert found == now
    else:
        assert found is None


@pytest.mark.parametrize("answered", ["2026-05", "soon", 7, None, "2026-13-40"])
def test_what_is_no_whole_date_is_awaited_by_nobody(answered: Any) -> None:
    (written,) = parse_procedure({"rules": [dated("interview", 1)]}).rules
    assert compute_moment(written, answered, timezone.now()) is None


def test_a_duty_that_a_later_rule_meets_is_withdrawn_when_that_is_committed_or_by_the_clock(
    django_capture_on_commit_callbacks: Any,
) -> None:
    met = {"do": "meet_deadline", "key": "assessment"}
    scene = scene_with(rule("enough", "notice_accepted", met, when=ABOUT_POLICE), owner="coordinator", ladder="quick")
    for age in (15, 16):
        scene.send(age_stated=age)
    first, second = Deadline.objects.filter(key="assessment").order_by("pk")
    deadline_clock.advance(second.breach_at)
    send_due()
    for duty, is_executed in ((first, True), (second, False)):
        with django_capture_on_commit_callbacks(execute=is_executed):
            reply(Notice.objects.get(role="police", case_id=duty.case_id), "accepted")
        duty.refresh_from_db()
        assert duty.met_at is not None
        chase = Notice.objects.get(pk=duty.chase_id)
        assert chase.is_open is not is_executed
        deadline_clock.advance(timezone.now())
        chase.refresh_from_db()
        assert (chase.state, chase.reason) == ("cancelled", "duty_met")
