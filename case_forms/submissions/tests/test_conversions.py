"""Session -> tip -> case: counted for the session's own people, from what is there already."""

import copy
import csv
import datetime
import io
import secrets
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from access.models import User
from case_forms.cases.models import Case, CaseStatus
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.models import FormVersion
from case_forms.tips import staff_actions
from case_forms.tips.models import Outcome, Tip
from case_forms.tips.public_actions import Origin, receive_tip, take_back
from case_forms.tips.tests.scene import PUBLIC_FORM
from outreach_pages.models import InformativeSession
from outreach_pages.records.conversions import Conversions, get_conversions
from outreach_pages.records.statistics import build_statistics
from tests.world.consents import record_consent
from tests.world.forms import choices, publish, question, small_form, texts
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ..actions import receive_submission
from ..prefill.from_tip import answers_from

REPORT: dict[str, Any] = {
    "format": 1,
    "key": "short_report",
    "kind": "session",
    "title": texts("Report"),
    "languages": ["sq", "en"],
    "sections": [
        {
            "key": "all",
            "title": texts("All"),
            "items": [question("session", "session", required=True), question("signals_received", "integer")],
        }
    ],
}


class World:
    """A scene whose identification asks for a session in both ways, a public form, and sessions that were held."""

    def __init__(self) -> None:
        self.scene: Scene = make_scene()
        self.public = publish(copy.deepcopy(PUBLIC_FORM))
        self.report = publish(copy.deepcopy(REPORT))
        self.identification = publish(self.asking_for_sessions())

    @staticmethod
    def asking_for_sessions() -> dict[str, Any]:
        form = small_form()
        form["sections"][0]["items"] += [
            question("source", "select_one", choices=choices("session", "other")),
            question("session_id", "text"),
            question("which_session", "session"),
        ]
        return form

    def held(self, *, days_ago: int = 20, **fields: Any) -> InformativeSession:
        values: dict[str, Any] = {
            "unit": self.scene.unit,
            "municipality": self.scene.place.municipality,
            "place_type": "high_school",
            "place_name": "Shkolla demo",
            "date": timezone.localdate() - datetime.timedelta(days=days_ago),
            "starts_at": datetime.time(10),
            "ends_at": datetime.time(11),
            "audience": "high_school",
            "planned_by": self.scene.worker,
            "state": "held",
            "held_at": timezone.now(),
            "held_by": self.scene.worker,
        }
        return InformativeSession.objects.create(**(values | fields))

    def tip(self, session: InformativeSession | None, *, days_ago: int = 0) -> Tip:
        return receive_tip(
            secret=secrets.token_bytes(32),
            form_version=self.public,
            answers={"what": "x"},
            origin=Origin(self.scene.place.region, self.scene.unit, session.pk if session else None),
            language="sq",
            at=timezone.now() - datetime.timedelta(days=days_ago),
        ).tip

    def identify(self, tip: Tip | None = None, *, is_drill: bool = False, **answers: Any) -> Case:
        pk = uuid4()
        if tip is not None:
            staff_actions.note_identification_begun(tip=tip, draft_id=pk, by=self.scene.worker)
        return self.send(self.identification, self.scene.answers(**answers), pk, is_drill=is_drill)

    def send(
        self, form: FormVersion, answers: dict[str, Any], pk: UUID | None = None, *, is_drill: bool = False
    ) -> Any:
        received = receive_submission(
            uuid=pk or uuid4(),
            form_key=form.form.key,
            version=form.number,
            occurred_at=timezone.now(),
            answers=answers,
            user=self.scene.worker,
            is_drill=is_drill,
        )
        return received.submission.case


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_tips_by_the_card_count_and_those_within_ninety_days_beside_them(world: World) -> None:
    session, other = world.held(days_ago=100), world.held()
    world.tip(session, days_ago=100)
    world.tip(session, days_ago=10)  # the ninetieth day
    world.tip(session, days_ago=9)
    world.tip(None)
    assert get_conversions(session) == Conversions(by_card=3, soon=2)
    assert get_conversions(other) == Conversions()


def test_a_case_counts_when_its_identification_was_begun_from_such_a_tip(world: World) -> None:
    session = world.held()
    world.identify(world.tip(session))
    world.identify(world.tip(None))
    assert get_conversions(session) == Conversions(by_card=1, soon=1, cases=1)


def test_an_identification_that_was_only_begun_is_no_case(world: World) -> None:
    session = world.held()
    staff_actions.note_identification_begun(tip=world.tip(session), draft_id=uuid4(), by=world.scene.worker)
    assert get_conversions(session).cases == 0


def test_a_case_counts_when_its_identification_names_the_session_however_the_code_is_typed(world: World) -> None:
    session = world.held()
    code = session.card_code
    world.identify(session_id=f"{code[:4]}-{code[4:].lower()}")
    world.identify(which_session=str(session.pk))
    world.identify(session_id="DEMO-1")
    assert get_conversions(session) == Conversions(cases=2)


def test_a_case_that_is_named_in_two_ways_counts_once(world: World) -> None:
    session = world.held()
    world.identify(world.tip(session), session_id=session.card_code, which_session=str(session.pk))
    assert get_conversions(session).cases == 1


def test_what_nobody_meant_drills_and_cases_without_indicators_are_left_out(world: World) -> None:
    session = world.held()
    staff_actions.close_tip(tip=world.tip(session), by=world.scene.worker, outcome=Outcome.SPAM)
    world.identify(session_id=session.card_code, is_drill=True)
    case = world.identify(session_id=session.card_code)
    assert get_conversions(session) == Conversions(cases=1)
    Case.objects.filter(pk=case.pk).update(status=CaseStatus.NOT_VICTIM)
    assert get_conversions(session) == Conversions()


def test_a_case_whose_person_said_no_to_statistics_or_that_is_void_is_left_out(world: World) -> None:
    session = world.held()
    no, void = world.identify(session_id=session.card_code), world.identify(session_id=session.card_code, age_stated=41)
    world.identify(session_id=session.card_code, age_stated=42)
    assert get_conversions(session).cases == 3
    record_consent(no, purpose="statistics", answer="refused")
    Case.objects.filter(pk=void.pk).update(voided_at=timezone.now(), closed_at=timezone.now())
    assert get_conversions(session).cases == 1


def test_a_tip_that_was_taken_back_still_was_one(world: World) -> None:
    session = world.held()
    take_back(tip_id=world.tip(session).pk)
    assert get_conversions(session).by_card == 1


def test_what_was_told_at_the_session_stands_in_its_report(world: World) -> None:
    session, other = world.held(), world.held()
    world.send(world.report, {"session": str(session.pk), "signals_received": 3})
    world.send(world.report, {"session": str(other.pk)})
    assert get_conversions(session) == Conversions(at_session=3)
    assert get_conversions(other) == Conversions()


def test_the_numbers_hold_them_by_month_region_and_audience(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach_pages.records.statistics.find_hidden", lambda numbers, sums: frozenset())
    young, grown = world.held(), world.held(audience="women")
    for session in (young, young, grown):
        world.identify(world.tip(session))
    numbers = build_statistics(InformativeSession.objects.all())
    assert {line.audience: line.steps for line in numbers.lines} == {"high_school": [0, 2, 2, 2], "women": [0, 1, 1, 1]}
    assert numbers.total.steps == [0, 3, 3, 3]


def test_the_page_of_numbers_and_its_file_hide_small_ones(world: World, client: Client) -> None:
    session = world.held()
    world.identify(world.tip(session))
    client.force_login(world.scene.worker)
    months = {"since": f"{session.date:%Y-%m}", "until": f"{session.date:%Y-%m}"}
    html = client.get(reverse("sessions:numbers"), months).content.decode()
    assert "From session to tip to case" in html
    assert "can identify people" in html
    rows = list(
        csv.reader(io.StringIO(client.get(reverse("sessions:numbers_file"), months).content.decode("utf-8-sig")))
    )
    line = dict(zip(rows[0], rows[1], strict=True))
    names = ("tips at the session", "tips through its card", "of these within 90 days", "cases that followed")
    assert [line[name] for name in names] == ["0", "not shown", "not shown", "not shown"]


def test_late_tips_do_not_follow_from_two_numbers_that_are_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = world.held()
    counted = {session.pk: Conversions(by_card=25, soon=22)}
    monkeypatch.setattr("outreach_pages.records.statistics.count_conversions", lambda held: counted)
    (line,) = build_statistics(InformativeSession.objects.all()).lines
    assert line.steps[2] is None


def test_the_sessions_page_tells_its_unit_and_coordinator_numbers_and_nothing_of_the_case(
    world: World, client: Client
) -> None:
    session = world.held()
    tip = world.tip(session)
    case = world.identify(tip)
    for person in (world.scene.worker, make_coordinator(world.scene.place)):
        client.force_login(person)
        html = client.get(reverse("sessions:session", args=[session.pk])).content.decode()
        assert "Results" in html
        assert "<dt>Cases that followed</dt><dd>1</dd>" in html
        assert case.reference not in html
        assert tip.reference not in html


def test_another_unit_gets_no_numbers_of_it(world: World, client: Client) -> None:
    session = world.held()
    world.identify(world.tip(session))
    stranger: User = make_unit_with_worker(make_place("Elsewhere"))[1]
    client.force_login(stranger)
    assert client.get(reverse("sessions:session", args=[session.pk])).status_code == 404
    months = {"since": f"{session.date:%Y-%m}", "until": f"{session.date:%Y-%m}"}
    assert len(client.get(reverse("sessions:numbers_file"), months).content.decode().splitlines()) == 1


def test_many_sessions_take_no_more_queries_than_one(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            build_statistics(InformativeSession.objects.all())
        return len(taken)

    world.identify(world.tip(world.held()), session_id=world.held().card_code)
    few = queries()
    for _i in range(5):
        session = world.held()
        world.identify(world.tip(session), session_id=session.card_code)
    assert queries() == few <= 10


def test_an_identification_begun_from_a_message_names_the_session_of_its_card(world: World) -> None:
    session = world.held()
    form = small_form()
    form["sections"][0]["items"].append(question("session", "session"))
    assert answers_from(world.tip(session), parse_form(form))["session"] == str(session.pk)
    assert "session" not in answers_from(world.tip(None), parse_form(form))
