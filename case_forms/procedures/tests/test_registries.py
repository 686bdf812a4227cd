"""Events and actions: one class each, from which everything else works. A new one is added here and nowhere else."""

import json
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from pydantic import StrictStr

from access.languages import LANGUAGES
from case_forms import expressions
from case_forms.cases.models import Case
from case_forms.expressions import KindInfo
from case_forms.form_builder.definition import parse_form
from case_forms.submissions.seeding.reference import procedure_files
from config.catalogs import ROOT
from tests.world.forms import small_form, texts
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import make_scene

from ..action_rules import PARAMETER_CHECKS
from ..checker import check_procedure
from ..decide import Action, DecisionFailed, Event, decide
from ..definition import parse_procedure
from ..descriptions import Words
from ..events.base import OCCURRED_ON, TODAY, EventKind, ScopeName
from ..events.registry import EVENTS, build_scope, iter_names
from ..labels import get_labels
from ..reference import build_reference
from ..rule_actions import parameters
from ..rule_actions.base import RuleAction, World
from ..rule_actions.parameters import Parameter
from ..rule_actions.registry import ACTIONS
from ..rule_needs import Break, FormSide, get_needs

AT = datetime(2026, 3, 1, 0, 30, tzinfo=ZoneInfo("Europe/Tirane"))


class RequireSecondWorker(RuleAction):
    """An action as somebody would add it: made of what the world can do already."""

    code = "second_worker"
    words = "Require a second worker."
    summary = "Requires a second worker because of %(reason)s"

    status: Annotated[Any, Parameter(parameters.EXPRESSION, "the status", answered_by=("municipalities",))] = None
    child_track: Annotated[Any, Parameter(parameters.CONDITION, "as a child", is_needed=True)] = None
    reason: Annotated[
        StrictStr,
        Parameter(parameters.CHOICE, "why", is_needed=True, choices=(("risk", "the risk"), ("place", "the place"))),
    ] = ""
    note: Annotated[StrictStr, Parameter(parameters.TEXT, "a note", clause="note: %(value)s")] = ""

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.update_case(Action(action.rule, "update_case", {"child_track": action.params["child_track"]}))


class CaseClosed(EventKind):
    """An event as somebody would add it."""

    code = "case_closed"
    words = "A case is closed."
    names = (TODAY, OCCURRED_ON, ScopeName("_open_days", KindInfo("number"), "for how many days", lambda event: 12))


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two new classes in their registries, as if they stood in a module of the packages."""
    monkeypatch.setitem(ACTIONS, RequireSecondWorker.code, RequireSecondWorker)
    monkeypatch.setitem(EVENTS, CaseClosed.code, CaseClosed)


def with_action(**more: Any) -> dict[str, Any]:
    procedure = small_procedure()
    written = {"do": "second_worker", "child_track": {"var": "child"}, "reason": "risk", **more}
    procedure["rules"][0]["then"].append(written)
    return procedure


def codes(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in check_procedure(definition)]


def test_stored_codes_stay() -> None:
    assert set(EVENTS) == {
        "submission_received",
        "signal_received",
        "signal_added",
        "case_opened",
        "status_changed",
        "notice_opened",
        "notice_accepted",
        "notice_declined",
        "notice_outcome",
        "notice_question",
        "notice_unanswered",
        "referral_accepted",
        "referral_declined",
        "referral_arrived",
        "referral_not_arrived",
        "referral_ended",
        "consent_given",
        "consent_withdrawn",
        "task_due",
        "task_overdue",
        "task_done",
        "date_reached",
        "case_closed",
        "case_reopened",
        "session_held",
        "session_reported",
        "phone_alarm",
    }
    assert set(ACTIONS) == {
        "hold_back",
        "open_case",
        "attach_case",
        "update_case",
        "notify",
        "refer",
        "deadline",
        "meet_deadline",
        "create_task",
        "ask_for_form",
        "require_second_worker",
        "set_flag",
        "clear_flag",
        "produce_document",
    }


def test_an_action_that_nobody_wrote_is_refused() -> None:
    assert codes(with_action()) == [("/rules/0/then/3/do", "unknown_action")]


@pytest.mark.usefixtures("added")
def test_a_new_action_is_checked_by_its_schema() -> None:
    assert codes(with_action(note="Two go.")) == []
    at = "/rules/0/then/3"
    assert codes(with_action(reason="weather")) == [(f"{at}/reason", "not_a_choice")]
    assert codes(with_action(note="")) == [(f"{at}/note", "missing")]
    assert codes(with_action(child_track={"no_op": []})) == [(f"{at}/child_track", "bad_expression")]
    assert codes(with_action(more=1)) == [(f"{at}/more", "unknown_name")]
    lacking = with_action()
    del lacking["rules"][0]["then"][3]["reason"]
    assert codes(lacking) == [(f"{at}/reason", "missing")]
    on_tip = with_action()
    on_tip["rules"][0] |= {"on": "signal_received", "then": on_tip["rules"][0]["then"][3:]}
    assert codes(on_tip) == [("/rules/0/then/0/do", "needs_a_case")]


@pytest.mark.usefixtures("added")
def test_a_new_action_is_decided_by_its_schema() -> None:
    answers = {"result": "potential_victim", "age_stated": 30}
    decided = decide(Event("submission_received", "small_identification", answers, AT, AT), with_action())
    assert decided.actions[-1] == Action("tell", "second_worker", {"child_track": False, "reason": "risk"})


@pytest.mark.usefixtures("added")
def test_a_new_action_says_what_it_needs_of_a_form() -> None:
    needs = get_needs(parse_procedure(with_action(status={"var": "result"})))[0]
    assert Break("source", "result") in needs.breaks(FormSide(parse_form(small_form())))


@pytest.mark.usefixtures("added")
def test_a_new_action_is_described_by_its_schema() -> None:
    procedure = parse_procedure(with_action(note="Two go."))
    described = procedure.rules[0].then[3].describe(Words(procedure, "en"))
    assert described == "Requires a second worker because of the risk; note: Two go."


@pytest.mark.usefixtures("added")
def test_a_new_action_and_a_new_event_stand_in_the_reference() -> None:
    reference = build_reference()
    assert "| `second_worker` | Require a second worker." in reference
    assert "| `case_closed` | A case is closed." in reference


@pytest.mark.usefixtures("added")
@pytest.mark.django_db
def test_a_new_action_is_carried_out() -> None:
    scene = make_scene()
    enact(with_action(child_track=True), since=timezone.now())
    scene.send(age_stated=30)
    assert Case.objects.get().child_track is True


@pytest.mark.usefixtures("added")
def test_a_new_event_is_heard_and_offers_its_names() -> None:
    procedure = small_procedure()
    heard = {"on": "case_closed", "when": {">": [{"var": "_open_days"}, 10]}}
    procedure["rules"].append(rule("closed", "Closed", form="x", words="Closed.", then=[], **heard))
    del procedure["rules"][-1]["forms"]
    assert codes(procedure) == []
    decided = decide(Event("case_closed", "", {}, AT, AT), procedure)
    assert [entry["rule"] for entry in decided.explanation] == ["closed"]
    # What only another event offers is null, for facts that are worked out for every event.
    assert build_scope(Event("submission_received", "x", {}, AT, AT))["_open_days"] is None


def test_what_an_event_does_not_offer_is_null() -> None:
    tip = Event("signal_received", "tip", {}, AT, AT, case_status="victim")
    assert build_scope(tip)["_case_status"] is None
    assert {scope.name for scope in iter_names()} == set(build_scope(tip))


def test_an_action_that_cannot_be_read_ends_the_decision() -> None:
    procedure = with_action()
    with pytest.raises(DecisionFailed, match="rules/tell"):
        decide(Event("submission_received", "small_identification", {"result": "potential_victim"}, AT, AT), procedure)


def test_every_kind_of_parameter_is_checked_and_every_parameter_has_a_kind() -> None:
    assert set(PARAMETER_CHECKS) == parameters.KINDS
    for kind in ACTIONS.values():
        assert {*kind.parameters()} == {*kind.model_fields} - {"do"}
        assert all(parameter.kind in parameters.KINDS for parameter in kind.parameters().values())


def test_everything_that_is_said_is_said_in_albanian_too() -> None:
    said = [kind.words for kind in EVENTS.values()] + [scope.words for scope in iter_names()]
    for kind in ACTIONS.values():
        said += [kind.words, kind.summary]
        said += [text for each in kind.parameters().values() for text in (each.words, each.clause) if text]
    with translation.override("sq"):
        assert not [text for text in said if translation.gettext(text) == text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_that_is_shipped_can_be_described(language: str) -> None:
    with translation.override(language):
        for definition in procedure_files():
            procedure = parse_procedure(definition)
            words = Words(procedure, language)
            for written in procedure.rules:
                for action in written.then:
                    described = action.describe(words)
                    assert described.endswith(".")
                    assert "%(" not in described
                    assert "{" not in described, json.dumps(action.stored)


def test_a_notice_is_described_with_all_that_follows_from_it() -> None:
    procedure = parse_procedure({**small_procedure(), "title": texts("Small")})
    with translation.override("en"):
        opening, police, authority = (each.describe(Words(procedure, "en")) for each in procedure.rules[0].then)
    assert opening == "Opens a case; status: “result”; municipality: “municipality”; as a child's: “child”."
    assert police == (
        "Notifies: anti-trafficking police officer; urgent: “danger” is “yes”; while nobody answers: a reminder after"
        " 10 minutes, the deputy after 20 minutes, a call after 30 minutes, and again every 30 minutes; starts the"
        " deadline: Police told; answer within 30 minutes."
    )
    assert authority.endswith("with a document.")


def test_the_docs_have_the_reference_as_the_registries_write_it() -> None:
    page = (ROOT / "docs" / "procedures.md").read_text(encoding="utf-8")
    written = page.partition("<!-- reference -->\n")[2].partition("\n<!-- /reference -->")[0]
    assert written == build_reference(), "write what `build_reference` returns between the two marks of the page"


def test_a_world_that_cannot_do_something_cannot_be_made() -> None:
    class Half(World):
        def notify(self, action: Action) -> None:
            return None

    with pytest.raises(TypeError, match="open_case"):
        Half()  # type: ignore[abstract]


@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_sentence_about_what_an_event_offers_names_it_in_words(language: str) -> None:
    for scope in iter_names():
        sentence = expressions.explain({"answered": [scope.name]}, labels={}, values={}, language=language)
        assert scope.name not in sentence


@pytest.mark.parametrize(("language", "role"), [("sq", "Oficeri"), ("en", "anti-trafficking police officer")])
def test_the_role_of_an_event_is_quoted_in_words(language: str, role: str) -> None:
    labels = get_labels(parse_form(small_form()), language)
    condition = {"==": [{"var": "_role"}, "police"]}
    quoted = expressions.explain(condition, labels=labels.questions, values=labels.choices, language=language)
    assert role.lower() in quoted.lower()
