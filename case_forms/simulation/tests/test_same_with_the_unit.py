"""What the unit does in a story, and what rules make of it, is what the real system does, minute by minute.

As `test_same_as_the_system`, with the system's other clocks: duties and tasks with their chases, conversations,
referrals to their end, closing and opening again, corrections, documents, and sessions that were held.
"""

import copy
from collections import Counter
from contextlib import suppress
from datetime import time, timedelta
from typing import Any, get_args
from unittest import mock

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.due import advance_clocks
from case_forms.cases.documents.models import CaseDocument
from case_forms.cases.models import Case, CaseEvent, Deadline
from case_forms.cases.referring.models import ReferralStep
from case_forms.procedures.checker import check_procedure
from case_forms.session_rules.models import SessionEvent, SessionTask
from case_forms.simulation.acts import ActImpossible
from case_forms.simulation.case_acts import Staff, do_case_act
from case_forms.simulation.simulated_system import SimulatedSystem
from case_forms.simulation.story import CaseAct, Corrects, FurtherForm, Story
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.correcting import CorrectionRefused, get_newest_version, start_correction
from case_forms.submissions.models import Submission
from notifications.briefs.further import send_due_alarms
from notifications.briefs.models import TalkMessage
from notifications.briefs.talk import awaiting
from notifications.directory.models import Role
from notifications.escalation.clock import advance
from notifications.escalation.digest import send_digests
from notifications.outbox.delivery import send_due
from notifications.outbox.sweep import resolve_again
from outreach_pages.records.actions import record_session
from outreach_pages.records.models import InformativeSession
from tests.world.forms import choices, publish, question, small_follow_up, texts
from tests.world.offices import make_staffed_office
from tests.world.places import make_coordinator
from tests.world.procedures import deadline, rule
from tests.world.scene import Scene

from . import test_same_as_the_system as base
from .test_same_as_the_system import ROLES, START, THOROUGH, ladders, minutes, moments, postbox, tried_procedure

pytestmark = pytest.mark.django_db
__all__ = ["postbox"]

OWNERS = ("mobile_unit", "coordinator")
LATER = (
    *("notice_opened", "notice_accepted", "notice_declined", "notice_outcome", "notice_question", "notice_unanswered"),
    *("referral_accepted", "referral_declined", "referral_arrived", "referral_not_arrived", "referral_ended"),
    *("task_due", "task_overdue", "task_done", "case_closed", "case_reopened", "status_changed"),
)


@st.composite
def later_rules(draw: Any, key: str) -> dict[str, Any]:
    """A rule about something that comes later, and that can't set itself off without end."""
    done: list[dict[str, Any]] = [
        {"do": "set_flag", "flag": "late"},
        {"do": "produce_document", "document": "summary"},
        {"do": "notify", "role": draw(st.sampled_from(ROLES)), "ladder": "quick", "answer_minutes": draw(minutes)},
        {
            "do": "create_task",
            "task": f"task_{key}",
            "label": texts("A task"),
            "owner": draw(st.sampled_from(OWNERS)),
            "minutes": draw(minutes),
            "ladder": "slow",
        },
        {"do": "meet_deadline", "key": "assessment"},
    ]
    then = draw(st.lists(st.sampled_from(done), min_size=1, max_size=2, unique_by=lambda each: each["do"]))
    return {**rule(key, key, form="x", words="Said.", then=then), "on": draw(st.sampled_from(LATER)), "forms": []}


@st.composite
def procedures(draw: Any) -> dict[str, Any]:
    """The small procedure with duties that somebody owns, and rules about what comes later."""
    procedure = tried_procedure()
    procedure["ladders"] = {"quick": draw(ladders()), "slow": draw(ladders())}
    procedure["flags"] = {"late": {"label": texts("Late")}}
    owned = {"owner": draw(st.sampled_from(OWNERS)), "ladder": "slow", "next_step": texts("Do it.")}
    procedure["deadlines"]["assessment"] = {**deadline("Assessment", breach_minutes=draw(minutes)), **owned}
    if draw(st.booleans()):
        procedure["deadlines"]["referral_arrival"] = {**deadline("Arrival", red_minutes=draw(minutes)), **owned}
    task = {"do": "create_task", "task": "first", "label": texts("First"), "owner": draw(st.sampled_from(OWNERS))}
    procedure["rules"][0]["then"].append({**task, "minutes": draw(minutes), "ladder": "slow"})
    procedure["rules"] += [draw(later_rules(f"later_{number}")) for number in range(draw(st.integers(0, 3)))]
    asked = {**task, "task": "report", "minutes": draw(minutes), "ladder": "quick"}
    told = {"do": "notify", "role": draw(st.sampled_from(OWNERS)), "ladder": "slow", "answer_minutes": draw(minutes)}
    held = {**rule("held", "Held", form="x", words="Held.", then=[asked, told]), "on": "session_held"}
    del held["forms"]
    procedure["rules"].append(held)
    return procedure


def at(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in more.items()}
    return st.fixed_dictionaries({"at": moments, **fixed})


REFERRAL = {"to_org": "", "service": ["shelter"], "consent_basis": "vital_interests"}
steps = st.sampled_from(["accepted", "declined", "no_answer", "agreed", "arrived", "finished"])
at_link = st.sampled_from(["accepted", "declined", "agreed", "arrived", "finished"])
of_the_unit = st.one_of(
    at(do="form", form="small_follow_up", fill=False, answers=st.sampled_from([REFERRAL, {"assessed": True}])),
    at(do="referral_step", step=steps, after=minutes),
    at(
        do="service_step",
        step=st.sampled_from(["accepted", "declined", "agreed", "arrived", "finished"]),
        after=minutes,
    ),
    at(do="service_places", free=st.integers(0, 9)),
    at(do="refers_again"),
    at(do="asks", role=st.sampled_from(["police", "responsible_authority"])),
    at(do="unit_answers"),
    at(do="does_task", deadline=st.sampled_from(["first", "referral_next_service"])),
    at(do="corrects", answers=st.sampled_from([{"age_stated": 15}, {"danger": "yes"}])),
    at(do="closes"),
    at(do="reopens"),
)
of_others = st.sampled_from([*base.ACTING, "mobile_unit"]).flatmap(base.answers_of)
acts = st.lists(st.one_of(of_the_unit, of_the_unit, of_others), min_size=1, max_size=8)


class WholeSystem(base.RealSystem):
    """The real system with all its clocks, and with what the unit does."""

    def __init__(self, scene: Scene, story: Story, staff: Staff) -> None:
        super().__init__(scene, story)
        self.staff = staff

    def submit(self) -> None:
        held = self.story.session
        if held is None:
            super().submit()
            return
        begun = timezone.localtime(self.now - timedelta(hours=1))
        session = InformativeSession.objects.create(
            unit=self.scene.unit,
            municipality=self.scene.place.municipality,
            place_type=held.place_type,
            place_name="x",
            date=begun.date(),
            starts_at=time(0, 0),
            ends_at=time(23, 59),
            audience=held.audience,
            planned_by=self.scene.worker,
        )
        counts = {("unknown", "unknown"): held.participants}
        record_session(session=session, by=self.scene.worker, values={}, counts=counts)

    def do(self, act: Any, *, is_back: bool = False) -> None:
        case = Case.objects.first()
        with suppress(ActImpossible, CorrectionRefused):
            if isinstance(act, get_args(CaseAct)):
                do_case_act(act, case, self.staff)
            elif isinstance(act, FurtherForm):
                if case is not None:
                    self.send(act.form, self.scene.follow_up.number, {**act.answers, "case_ref": case.reference})
            elif isinstance(act, Corrects):
                self.correct(act)
            else:
                super().do(act, is_back=is_back)

    def send(self, form: str, version: int, answers: dict[str, Any], **more: Any) -> None:
        given = {"occurred_at": self.now, **more}
        receive_submission(
            uuid=base.uuid.uuid4(),
            form_key=form,
            version=version,
            answers=answers,
            user=self.scene.worker,
            unit=self.scene.unit,
            strict=False,
            **given,
        )

    def correct(self, act: Corrects) -> None:
        first = Submission.objects.filter(case__isnull=False, corrects=None, form_version__form__key=self.story.form)
        sent = first.order_by("received_at", "pk").first()
        if sent is None:
            return
        newest = get_newest_version(sent)
        draft = start_correction(submission=newest, reason="x", by=self.scene.worker)
        answers = {**draft.answers, **act.answers}
        form = newest.form_version.form.key
        self.send(form, draft.form_version.number, answers, occurred_at=newest.occurred_at, draft=draft)

    def run_passes(self) -> None:
        advance(self.now)
        advance_clocks(self.now)
        awaiting.advance(self.now)
        send_due_alarms(self.now)
        resolve_again(self.now)
        send_digests(self.now)
        send_due()


def look(until: int) -> base.Lived:
    """Read the system at hand, with what the unit's own work has left."""
    seen = LOOK(until)
    seen.deadlines += Counter(
        ("duty", row.key, row.owner, row.chases, *map(base.minute_of, (*row.marks, row.ended_at, row.next_mark_at)))
        for row in Deadline.objects.all()
    )
    seen.deadlines += Counter(
        ("session", row.key, row.owner, row.chases, *map(base.minute_of, (*row.marks, row.met_at, row.next_mark_at)))
        for row in SessionTask.objects.all()
    )
    seen.cases += Counter((tuple(sorted(case.flags)), base.minute_of(case.closed_at)) for case in Case.objects.all())
    seen.cases += Counter(("document", row.kind, base.minute_of(row.ordered_at)) for row in CaseDocument.objects.all())
    seen.cases += Counter(
        ("talk", row.kind, base.minute_of(row.at), base.minute_of(row.answered_at)) for row in TalkMessage.objects.all()
    )
    rules = CaseEvent.objects.filter(kind__startswith="rules_")
    seen.cases += Counter((row.kind, base.minute_of(row.at), row.detail.get("failed", "")) for row in rules)
    seen.cases += Counter((row.kind, row.detail.get("failed", "")) for row in SessionEvent.objects.all())
    return seen


LOOK = base.look


@pytest.fixture
def scene(postbox: Any) -> Scene:
    """The scene of the other tests, with a unit on duty and a form that refers in an emergency."""
    scene: Scene = base.scene.__wrapped__(postbox)  # type: ignore[attr-defined]
    make_staffed_office(Role.MOBILE_UNIT, region=scene.place.region)
    base.DutyShift.objects.update(starts_at=START - timedelta(days=400))
    definition = copy.deepcopy(small_follow_up())
    asked = question("consent_basis", "select_one", choices=choices("vital_interests", "consent_form"))
    definition["sections"][0]["items"].append(asked)
    scene.follow_up = publish(definition)
    return scene


def _name_office(scene: Scene, done: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = copy.deepcopy(done)
    for act in named:
        if act.get("answers", {}).get("to_org") == "":
            act["answers"]["to_org"] = scene.offices["protection_service"].slug
    return named


def compare(scene: Scene, done: list[dict[str, Any]], procedure: dict[str, Any], **more: Any) -> base.Lived:
    story = base.build_story(scene, _name_office(scene, done), **more)
    coordinator = make_coordinator(scene.place)
    coordinator.assignments.update(starts_on=START.date() - timedelta(days=400))
    staff = Staff(scene.worker, coordinator)
    with (
        mock.patch.object(base, "RealSystem", lambda scene, story: WholeSystem(scene, story, staff)),
        mock.patch.object(base, "look", look),
    ):
        return base.compare(scene, story, procedure)


@settings(
    max_examples=30 if THOROUGH else 6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(procedure=procedures(), done=acts, child=st.booleans())
def test_a_random_story_of_the_unit_in_a_random_procedure_is_what_the_system_does(scene, procedure, done, child):
    compare(scene, done, procedure, answers={"age_stated": 15 if child else 30})


@settings(
    max_examples=5 if THOROUGH else 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(procedure=procedures(), done=st.lists(of_others, max_size=5))
def test_a_random_session_that_was_held_is_what_the_system_does(scene, procedure, done):
    seen = compare(scene, done, procedure, session={"participants": 12})
    assert any(row[:2] == ("session", "report") for row in seen.deadlines)


@settings(max_examples=20)
@given(procedure=procedures())
def test_what_is_drawn_may_be_published(procedure):
    assert [problem.path for problem in check_procedure(procedure)] == []


def test_a_referral_goes_its_way_and_the_case_is_closed_as_in_the_system(scene):
    done = [
        {"at": 5, "do": "form", "form": "small_follow_up", "fill": False, "answers": dict(REFERRAL)},
        {"at": 10, "do": "accepts", "role": "protection_service"},
        {"at": 15, "do": "referral_step", "step": "agreed", "after": 30},
        {"at": 20, "do": "asks", "role": "police"},
        {"at": 30, "do": "unit_answers"},
        {"at": 90, "do": "referral_step", "step": "arrived"},
        {"at": 100, "do": "referral_step", "step": "finished"},
        {"at": 120, "do": "closes"},
        {"at": 140, "do": "reopens"},
    ]
    procedure = tried_procedure()
    closed = {**rule("closed", "Closed", form="x", words="x", then=[]), "on": "case_closed", "forms": []}
    closed["then"] = [{"do": "produce_document", "document": "summary"}]
    procedure["rules"].append(closed)
    seen = compare(scene, done, procedure)
    assert ("document", "summary", 120) in seen.cases
    assert ("finished", 10) in seen.cases
    assert ("talk", "question", 20, 30) in seen.cases


def test_a_service_does_at_its_link_what_it_does_in_the_system(scene):
    done = [
        {"at": 5, "do": "form", "form": "small_follow_up", "fill": False, "answers": dict(REFERRAL)},
        {"at": 10, "do": "service_step", "step": "accepted"},
        {"at": 15, "do": "service_step", "step": "agreed", "after": 30},
        {"at": 90, "do": "service_step", "step": "arrived"},
        {"at": 100, "do": "service_step", "step": "finished"},
        {"at": 110, "do": "service_step", "step": "arrived"},
    ]
    procedure = tried_procedure()
    compare(scene, done, procedure)
    story = base.build_story(scene, _name_office(scene, done))
    until = START + timedelta(minutes=180)
    with (
        SimulatedSystem([story], procedure=procedure) as system,
        base.running.live(story, system, until=until) as lived,
    ):
        noted = list(ReferralStep.objects.order_by("at").values_list("kind", "way"))
        assert noted == [(kind, "link") for kind in ("accepted", "agreed", "arrived", "finished")]
        # The same again changes nothing; what follows the end is refused.
        assert [act.step for _at, act, _why in lived.missed_acts] == ["arrived"]
