"""Rules about informative sessions: who is told, what the unit owes, and that the record stands whatever follows."""

import json
import uuid
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.checker import check_procedure
from case_forms.submissions.actions import receive_submission
from notifications.directory.models import Role
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from outreach_pages.records import actions
from outreach_pages.records.calendar_tasks import DueMoment
from outreach_pages.records.labels import SessionState
from outreach_pages.records.models import InformativeSession
from tests.world.forms import texts
from tests.world.offices import make_staffed_office
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from .. import clock
from ..calendar import iter_due_moments
from ..deciding import get_reference
from ..models import SessionEvent, SessionTask
from ..waiting import list_for_day

pytestmark = pytest.mark.django_db

FORM = Path(__file__).parents[2] / "form_builder" / "data" / "forms" / "session_report.json"
REPORT = {"facilitators": 2, "satisfaction_asked": False, "signals_received": 0, "incident": False}
ASK: dict[str, Any] = {
    "do": "create_task",
    "task": "report",
    "label": texts("Report of the session"),
    "owner": "mobile_unit",
    "minutes": 3 * 24 * 60,
    "ladder": "quick",
    "next_step": texts("Write it."),
}
TELL: dict[str, Any] = {"do": "notify", "role": "coordinator", "answer_minutes": 60, "ladder": "quick"}


def about_sessions(*actions: dict[str, Any], on: str = "session_held", **more: Any) -> dict[str, Any]:
    written = {**rule("about", "About", form="x", words="Said.", then=[*actions]), "on": on, **more}
    if "forms" not in more:
        del written["forms"]
    procedure = small_procedure()
    return {**procedure, "rules": [*procedure["rules"], written]}


@pytest.fixture
def scene() -> Scene:
    scene = make_scene()
    make_staffed_office(Role.MOBILE_UNIT, region=scene.place.region)
    make_staffed_office(Role.COORDINATOR, region=scene.place.region)
    return scene


def plan(scene: Scene, **fields: Any) -> InformativeSession:
    values = {
        "unit": scene.unit,
        "municipality": scene.place.municipality,
        "place_type": "high_school",
        "place_name": "Shkolla “Kanarina”",
        "date": timezone.localdate() - timedelta(days=1),
        "starts_at": time(10, 0),
        "ends_at": time(10, 45),
        "audience": "high_school",
        "planned_by": scene.worker,
    }
    return InformativeSession.objects.create(**(values | fields))


def hold(scene: Scene, session: InformativeSession | None = None) -> InformativeSession:
    counts = {("female", "15_17"): 12, ("male", "15_17"): 8}
    return actions.record_session(session=session or plan(scene), by=scene.worker, values={}, counts=counts)


def publish_report() -> FormVersion:
    found = FormVersion.objects.filter(form__key="session_report").first()
    definition = json.loads(FORM.read_text(encoding="utf-8"))
    return found or publish_form(form=save_definition(key="session_report", definition=definition))


def report(scene: Scene, session: InformativeSession, **more: Any) -> None:
    version = publish_report()
    receive_submission(
        uuid=uuid.uuid4(),
        form_key="session_report",
        version=version.number,
        occurred_at=timezone.now(),
        answers={**REPORT, "follow_up": ["none"], "session": str(session.pk), **more},
        user=scene.worker,
    )


def days(number: float) -> datetime:
    return timezone.now() + timedelta(days=number)


def about(session: InformativeSession) -> Any:
    return Notice.objects.filter(case_id=session.pk)


# ---- what may be published ----


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        (about_sessions({"do": "set_flag", "flag": "late"}), "then/0/do", "needs_a_case"),
        (about_sessions({"do": "update_case", "child_track": True}), "then/0/do", "needs_a_case"),
        (about_sessions({"do": "produce_document", "document": "summary"}), "then/0/do", "needs_a_case"),
        (about_sessions({"do": "deadline", "key": "assessment"}), "then/0/do", "needs_a_case"),
        (about_sessions(ASK, on="session_reported"), "then/0/do", "needs_a_case"),
        (about_sessions({**TELL, "role": "police"}), "then/0/role", "role_not_told"),
        (about_sessions({**ASK, "owner": "cpu"}), "then/0/owner", "role_not_told"),
        (about_sessions({**TELL, "partner": {"var": "x"}}), "then/0/partner", "role_not_told"),
        (about_sessions({**TELL, "document": True}), "then/0/document", "no_document"),
        (about_sessions(TELL, forms=["small_follow_up"]), "forms", "no_form"),
    ],
)
def test_what_a_session_cannot_do_is_a_named_problem(definition: dict[str, Any], path: str, code: str) -> None:
    index = len(definition["rules"]) - 1
    found = {(problem.path, problem.code) for problem in check_procedure(definition)}
    assert (f"/rules/{index}/{path}", code) in found


@pytest.mark.parametrize("actions", [[TELL], [ASK], [TELL, ASK]])
def test_what_makes_sense_without_a_case_may_be_published(actions: list[dict[str, Any]]) -> None:
    when = {
        "and": [{"==": [{"var": "_session_audience"}, "high_school"]}, {">": [{"var": "_session_participants"}, 5]}]
    }
    assert check_procedure(about_sessions(*actions, when=when)) == []
    assert check_procedure(about_sessions(TELL, on="session_reported")) == []


def test_a_condition_on_an_answer_is_refused_where_no_form_comes() -> None:
    questions = {"small_identification": ["danger"], "small_follow_up": []}
    held = about_sessions(TELL, when={"==": [{"var": "danger"}, "yes"]})
    index = len(held["rules"]) - 1
    assert f"/rules/{index}/when" in {each.path for each in check_procedure(held, questions=questions)}
    wrong = about_sessions(TELL, when={"==": [{"var": "_session_audience"}, "astronauts"]})
    assert f"/rules/{index}/when" in {each.path for each in check_procedure(wrong)}


# ---- a session that was held ----


def test_a_session_that_was_held_tells_the_coordinator_once_and_without_a_name(scene: Scene) -> None:
    enact(about_sessions(TELL, when={"==": [{"var": "_session_participants"}, 20]}))
    session = hold(scene)
    (notice,) = about(session)
    assert (notice.role, notice.purpose, notice.case_reference) == ("coordinator", Purpose.DUTY, get_reference(session))
    read = json.dumps(notice.brief, ensure_ascii=False)
    assert "Said." in read
    assert "20" in read
    assert "Kanarina" not in read
    assert session.card_code not in read + notice.case_reference
    # Its numbers are corrected: that is no second event.
    actions.record_session(session=session, by=scene.worker, values={}, counts={("female", "15_17"): 20})
    assert about(session).count() == 1
    (event,) = SessionEvent.objects.all()
    assert event.detail == {"rules": ["about"], "by_rule": {str(notice.pk): "about"}}


def test_nothing_happens_where_no_rule_listens_or_none_applies(scene: Scene) -> None:
    enact(small_procedure())
    hold(scene)
    assert not SessionEvent.objects.exists()
    enact(about_sessions(TELL, ASK, when={"==": [{"var": "_session_audience"}, "parents"]}))
    session = hold(scene)
    assert not about(session).exists()
    assert not SessionTask.objects.exists()


def test_the_demos_sessions_notify_nobody(scene: Scene) -> None:
    enact(about_sessions(TELL, ASK))
    session = hold(scene, plan(scene, is_demo=True))
    assert not about(session).exists()
    assert not SessionTask.objects.exists()


def test_a_report_that_does_not_come_reaches_the_unit_and_then_a_coordinator(scene: Scene) -> None:
    enact(about_sessions(ASK))
    session = hold(scene)
    (task,) = SessionTask.objects.all()
    assert task.due_at is not None
    assert clock.advance(days(2)) == 0
    assert clock.advance(days(3.01)) == 1
    (notice,) = about(session)
    assert (notice.role, notice.contact is not None) == ("mobile_unit", True)
    assert notice.ladder[-1]["do"] == "call"
    assert "Report of the session" in json.dumps(notice.brief)
    # Nobody answers: nothing is added while the notice is open.
    assert clock.advance(days(4.1)) == 0
    assert about(session).count() == 1
    # Somebody has it and writes no report: told again the next day.
    cancel(notice=notice, reason="test")
    assert clock.advance(days(5.2)) == 1
    assert about(session).count() == 2
    assert clock.find_stranded(days(5)) == []


def test_the_report_meets_the_task_and_withdraws_the_notice(scene: Scene) -> None:
    enact(about_sessions(ASK))
    session = hold(scene)
    clock.advance(days(3.01))
    report(scene, session)
    (task,) = SessionTask.objects.all()
    assert (task.met_at is not None, task.next_mark_at) == (True, None)
    clock.advance(days(3.02))
    assert not about(session).filter(state__in=OPEN).exists()
    assert AuditEntry.objects.filter(action="session.task_met", target_id=str(session.pk)).count() == 1
    assert clock.advance(days(9)) == 0


def test_a_session_that_was_not_held_after_all_waits_for_nothing(scene: Scene) -> None:
    enact(about_sessions(ASK))
    session = hold(scene)
    clock.advance(days(3.01))
    actions.plan_again(session=session, by=scene.worker)
    (task,) = SessionTask.objects.all()
    assert (task.met_at, task.ended_at is not None) == (None, True)
    clock.advance(days(3.02))
    assert not about(session).filter(state__in=OPEN).exists()
    # Held on another day: another event, with a task of its own.
    hold(scene, session)
    assert SessionTask.objects.waiting().count() == 1


def test_a_rule_that_fails_leaves_the_record_and_is_logged_by_ids(scene: Scene, monkeypatch: Any) -> None:
    enact(about_sessions(TELL))

    def fail(*_args: Any, **_more: Any) -> None:
        raise ValueError("Kanarina")

    monkeypatch.setattr("notifications.outbox.subjects.create_notice", fail)
    with capture_logs() as logs:
        session = hold(scene)
    session.refresh_from_db()
    assert session.state == SessionState.HELD
    assert sum(row.number for row in session.counts.all()) == 20
    (event,) = SessionEvent.objects.all()
    assert event.detail["failed"] == "ValueError"
    (line,) = [each for each in logs if each["event"] == "session_rules_failed"]
    assert "Kanarina" not in str(line)


def test_one_bad_task_stops_no_other(scene: Scene, monkeypatch: Any) -> None:
    enact(about_sessions(ASK))
    first, second = hold(scene), hold(scene)
    bad = SessionTask.objects.get(session=first)
    build = clock.build_task_brief
    monkeypatch.setattr(clock, "build_task_brief", lambda task: 1 / 0 if task.pk == bad.pk else build(task))
    assert clock.advance(days(3.01)) == 1
    assert about(second).count() == 1
    assert not about(first).exists()


# ---- a session that is reported ----


def test_the_report_is_decided_on_its_answers(scene: Scene) -> None:
    publish_report()
    enact(about_sessions(TELL, on="session_reported", when={"==": [{"var": "signals_received"}, 3]}))
    quiet, loud = hold(scene), hold(scene)
    report(scene, quiet)
    report(scene, loud, signals_received=3, signals_taken_up="yes")
    assert not about(quiet).exists()
    (notice,) = about(loud)
    assert notice.role == "coordinator"


# ---- what people see ----


def test_what_waits_stands_on_the_sessions_page_and_in_the_units_day(scene: Scene) -> None:
    enact(about_sessions(ASK))
    session = hold(scene)
    browser = Client()
    browser.force_login(scene.worker)
    assert "Report of the session" in browser.get(f"/field/sessions/{session.pk}/").content.decode()
    day = browser.get("/field/day/").content.decode()
    assert "To do about sessions that were held" in day
    assert f"/field/sessions/{session.pk}/" in day
    assert [type(each) for each in iter_due_moments(scene.worker)] == [DueMoment]
    elsewhere = make_place()
    for stranger in (make_unit_with_worker(elsewhere)[1], make_coordinator(elsewhere)):
        assert list(iter_due_moments(stranger)) == []
        browser.force_login(stranger)
        assert "Report of the session" not in browser.get("/field/day/").content.decode()


def test_of_many_tasks_the_day_shows_the_first_due_and_counts_the_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    enact(about_sessions(ASK))
    later, first = hold(scene), hold(scene)
    SessionTask.objects.filter(session=later).update(breach_at=timezone.now() + timedelta(days=40))
    found = list_for_day(scene.worker, most=1)
    assert ([line.session for line in found], found.total) == ([first], 2)
    monkeypatch.setattr("case_forms.submissions.views.day.MAX_PLANNED", 1)
    browser = Client()
    browser.force_login(scene.worker)
    assert "1 of 2 are listed here." in browser.get("/field/day/").content.decode()


def test_a_reference_is_the_same_each_time_and_says_nothing_of_the_card(scene: Scene) -> None:
    session = plan(scene)
    assert get_reference(session) == get_reference(InformativeSession.objects.get(pk=session.pk))
    assert len(get_reference(session)) == 8
    assert get_reference(session)[2:] not in session.card_code
