"""What rules do to a case is an event itself: in order, bounded, and never in a circle."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from case_forms.cases.models import Case, CaseEvent, CaseStatus
from case_forms.cases.models import Deadline as RunningDeadline
from case_forms.form_builder.definition import parse_form
from tests.world.forms import small_form, texts
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from ..case_state import STATUS_ORDER, CaseState, next_status
from ..checker import check_procedure
from ..deadline_warnings import find_warnings
from ..decide import Decision, DecisionFailed, Event, decide
from ..definition import parse_procedure
from ..event_order import find_circles, get_followers
from ..rule_needs import FormSide, get_needs, may_match_none

AT = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("Europe/Tirane"))
ROLES = ("police", "cpu", "coordinator")
FOLLOW_UP = {"do": "update_case", "status": {"var": "new_status"}}


def rule(key: str, on: str, *then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": texts(key), "on": on, "words": texts(key), "then": list(then), **more}


def with_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    procedure = small_procedure()
    return {**procedure, "rules": [*procedure["rules"], *rules]}


def decided(procedure: dict[str, Any], *, form: str = "small_identification", **event: Any) -> Decision:
    answers = {"result": "potential_victim", "municipality": "vlore", "age_stated": 30, **event.pop("answers", {})}
    return decide(Event("submission_received", form, answers, AT, AT, **event), procedure)


def heard(decision: Decision) -> list[str]:
    return [entry["rule"] for entry in decision.explanation]


CLOCK = {"do": "deadline", "key": "assessment"}
OPENED = rule("opened", "case_opened", CLOCK)
CHANGED = rule("changed", "status_changed", CLOCK)


def test_opening_a_case_is_heard_after_the_rules_that_opened_it() -> None:
    # Written first, and still heard last: an event comes after what caused it.
    procedure = small_procedure()
    procedure["rules"].insert(0, OPENED)
    decision = decided(procedure, answers={"age_stated": 16})
    assert heard(decision) == ["tell", "tell_cpu", "opened"]
    assert [(action.rule, action.do) for action in decision.actions][-1] == ("opened", "deadline")


def test_without_a_case_nothing_is_opened() -> None:
    assert heard(decided(with_rules(OPENED, CHANGED), answers={"result": "not_victim"})) == []


def test_a_case_that_is_named_is_not_opened_again_but_may_change() -> None:
    procedure = with_rules(OPENED, CHANGED)
    same = decided(procedure, case_status="potential_victim", case_child=False)
    assert heard(same) == ["tell"]
    raised = decided(procedure, case_status="at_risk", case_child=False)
    assert heard(raised) == ["tell", "changed"]
    lowered = decided(procedure, case_status="victim", case_child=False)
    assert heard(lowered) == ["tell"], "a status is never lowered, so nothing has changed"


def test_a_rule_reads_the_case_as_it_stands_then_and_as_it_was() -> None:
    up = {
        "and": [{"==": [{"var": "_status_before"}, "at_risk"]}, {"==": [{"var": "_case_status"}, "potential_victim"]}]
    }
    procedure = with_rules(rule("up", "status_changed", when=up), rule("other", "status_changed", when={"!": [up]}))
    assert check_procedure(procedure) == []
    assert heard(decided(procedure, case_status="at_risk", case_child=False)) == ["tell", "up"]
    assert heard(decided(procedure, case_status="suspected", case_child=False)) == ["tell", "other"]


def test_a_rule_about_another_form_does_not_hear_it() -> None:
    procedure = with_rules({**OPENED, "forms": ["small_follow_up"]})
    assert heard(decided(procedure)) == ["tell"]


def test_a_caused_event_may_cause_the_next() -> None:
    raising = rule("raise", "case_opened", {"do": "update_case", "status": "victim"})
    procedure = with_rules(raising, CHANGED)
    assert check_procedure(procedure) == []
    assert heard(decided(procedure)) == ["tell", "raise", "changed"]


def test_facts_of_a_decision_are_those_of_the_event_that_came_in() -> None:
    procedure = with_rules(OPENED)
    procedure["facts"].append({"key": "status_then", "value": {"var": "_case_status"}})
    assert decided(procedure).facts["status_then"] is None


def test_a_chain_of_events_is_bounded() -> None:
    back_and_forth = {"if": [{"==": [{"var": "_case_status"}, "at_risk"]}, "victim", "at_risk"]}
    turning = {"do": "update_case", "status": back_and_forth, "formal_identification": "offered"}
    with pytest.raises(DecisionFailed, match="rules/turn"):
        decided(with_rules(rule("turn", "status_changed", turning)), case_status="at_risk", case_child=False)


# ---- circles ----


def test_a_rule_that_sets_itself_off_is_named() -> None:
    problems = check_procedure(with_rules(rule("turn", "status_changed", FOLLOW_UP)))
    assert [(each.path, each.code) for each in problems] == [("/rules/6/on", "goes_round")]
    assert "turn" in str(problems[0].message)


def test_every_circle_is_named_and_rules_that_never_meet_make_none() -> None:
    opening = {"do": "open_case", "status": "at_risk", "municipality": "vlore"}
    first = rule("first", "status_changed", FOLLOW_UP, forms=["a"])
    second = rule("second", "case_opened", opening, forms=["b"])
    apart = rule("apart", "status_changed", {"do": "update_case", "child_track": True}, forms=["a", "b"])
    rules = parse_procedure({"rules": [first, second, apart]}).rules
    assert get_followers(rules) == {0: [0, 2], 1: [1, 2], 2: []}
    assert sorted(find_circles(rules)) == [[0], [1]]
    back = parse_procedure(
        {
            "rules": [
                rule("opened", "case_opened", FOLLOW_UP),
                rule("changed", "status_changed", opening),
                rule("far", "submission_received", opening),
            ]
        }
    ).rules
    circles = list(find_circles(back))
    assert [0, 1] in circles
    assert [1] in circles
    assert all(2 not in circle for circle in circles)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 2)), max_size=8))
def test_a_procedure_without_circles_always_ends(parts: list[tuple[int, bool, int]]) -> None:
    events = ("submission_received", "case_opened", "status_changed")
    does: tuple[list[dict[str, Any]], ...] = (
        [],
        [{"do": "open_case", "status": "at_risk", "municipality": "vlore"}],
        [{"do": "update_case", "status": {"if": [{"==": [{"var": "_case_status"}, "victim"]}, "at_risk", "victim"]}}],
    )
    rules = [
        rule(f"r{number}", events[on], *does[do], forms=["small_identification"] if named else [])
        for number, (on, named, do) in enumerate(parts)
    ]
    if list(find_circles(parse_procedure({"rules": rules}).rules)):
        return
    assert decide(Event("submission_received", "small_identification", {}, AT, AT), {"rules": rules})


# ---- the case in the database ----


def test_the_statuses_are_those_of_cases() -> None:
    assert set(STATUS_ORDER) == set(CaseStatus.values)


@given(st.sampled_from(STATUS_ORDER), st.sampled_from(STATUS_ORDER), st.booleans())
def test_a_status_is_lowered_only_by_the_formal_identification(before: str, wanted: str, is_formal: bool) -> None:
    after = next_status(before, wanted, is_formal=is_formal)
    assert after == wanted if is_formal else STATUS_ORDER.index(after) >= STATUS_ORDER.index(before)
    assert CaseState(before, True).change(status=wanted).is_child


def test_a_status_that_there_is_not_changes_nothing() -> None:
    for odd in (None, "hero", ["victim"], 3):
        assert next_status("at_risk", odd) == "at_risk"


@pytest.mark.django_db
def test_what_a_caused_event_does_stands_in_the_case_with_its_reason() -> None:
    scene = make_scene()
    raising = rule("raise", "case_opened", {"do": "update_case", "status": "victim"})
    told = rule("told", "status_changed", {"do": "notify", "role": "cpu", "ladder": "quick"}, CLOCK)
    enact(with_rules(raising, told), since=timezone.now())
    scene.send(age_stated=30)
    case = Case.objects.get()
    assert case.status == CaseStatus.VICTIM
    running = RunningDeadline.objects.filter(case=case)
    assert {each.key for each in running} == {"police_report", "assessment"}
    event = CaseEvent.objects.get()
    assert event.detail["rules"] == ["tell", "raise", "told"]
    assert len(event.detail["notices"]) == 3


def test_a_form_with_rules_about_what_was_caused_alone_is_not_covered() -> None:
    side = FormSide(parse_form(small_form()))
    sent, caused = rule("sent", "submission_received"), rule("caused", "case_opened")
    assert may_match_none(get_needs(parse_procedure({"rules": [sent]})), "small_identification", side) is False
    only = {"rules": [{**sent, "when": {"==": [{"var": "result"}, "potential_victim"]}}, caused]}
    assert may_match_none(get_needs(parse_procedure(only)), "small_identification", side) is True


# ---- events that come later ----


NOTIFY_POLICE = {"do": "notify", "role": "police", "ladder": "quick"}
NOTIFY_CPU = {"do": "notify", "role": "cpu", "ladder": "quick"}


def circles(*rules: dict[str, Any]) -> list[tuple[str, str]]:
    """What publishing says of rules that go round: (path, code), of problems and then of warnings."""
    procedure = with_rules(*rules)
    found = check_procedure(procedure) + find_warnings(parse_procedure(procedure))
    return [(each.path, each.code) for each in found if each.code in ("goes_round", "may_go_on")]


def about(role: str) -> dict[str, Any]:
    return {"==": [{"var": "_role"}, role]}


def test_rules_that_go_on_through_what_people_do_are_named_and_may_be_published() -> None:
    assert circles(rule("again", "notice_declined", NOTIFY_POLICE)) == [("/rules/6/on", "may_go_on")]
    assert circles(rule("again", "notice_declined", NOTIFY_POLICE, when=about("police"))) == [
        ("/rules/6/on", "may_go_on")
    ]


def test_a_rule_that_tells_somebody_else_sets_itself_off_no_more() -> None:
    assert circles(rule("instead", "notice_declined", NOTIFY_CPU, when=about("police"))) == []
    there_and_back = [
        rule("to_cpu", "notice_declined", NOTIFY_CPU, when=about("police")),
        rule("to_police", "notice_declined", NOTIFY_POLICE, when=about("cpu")),
    ]
    assert circles(*there_and_back) == [("/rules/6/on", "may_go_on")]


def test_a_task_that_is_asked_for_again_when_it_is_done_is_named() -> None:
    ask = {"do": "ask_for_form", "form": "small_follow_up", "minutes": 5, "ladder": "quick"}
    assert circles(rule("again", "task_done", ask)) == [("/rules/6/on", "may_go_on")]
    own = {"==": [{"var": "_task"}, "form_small_follow_up"]}
    assert circles(rule("again", "task_overdue", ask, when=own)) == [("/rules/6/on", "may_go_on")]
    other = {"==": [{"var": "_task"}, "assessment"]}
    assert circles(rule("again", "task_overdue", ask, when=other)) == []


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(ROLES)), max_size=6))
def test_rules_from_role_to_role_are_named_exactly_when_they_come_back(pairs: list[tuple[str, str]]) -> None:
    def notify(role: str) -> dict[str, Any]:
        return {"do": "notify", "role": role, "ladder": "quick"}

    rules = [
        rule(f"r{number}", "notice_declined", notify(after), when=about(before))
        for number, (before, after) in enumerate(pairs)
    ]
    reached = {role: {after for before, after in pairs if before == role} for role in ROLES}
    for _each in ROLES:
        for role in ROLES:
            reached[role] |= {far for near in reached[role] for far in reached[near]}
    assert bool(circles(*rules)) is any(role in reached[role] for role in ROLES)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"date": "story_of_nobody"}, [("date", "unknown_question")]),
        ({"date": None}, [("date", "unknown_question")]),
        ({"days": "soon"}, [("days", "not_days")]),
        ({"days": 100_000}, [("days", "not_days")]),
        ({"forms": []}, [("forms", "missing")]),
        ({"on": "submission_received"}, [("date", "unknown_name"), ("days", "unknown_name")]),
    ],
)
def test_a_rule_about_a_date_names_the_question_and_its_forms(
    changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    written = {
        **rule("dated", "date_reached", CLOCK, forms=["small_identification"], date="birth_date", days=-3),
        **changes,
    }
    questions = {"small_identification": {"birth_date", "story"}, "small_follow_up": set()}
    problems = check_procedure(with_rules(written), questions=questions)
    at_rule = [each for each in problems if each.path.startswith("/rules/6/")]
    assert sorted((each.path.removeprefix("/rules/6/"), each.code) for each in at_rule) == found


def test_a_form_that_gives_no_date_is_refused_under_a_rule_about_one() -> None:
    (needs,) = get_needs(
        parse_procedure({"rules": [rule("dated", "date_reached", CLOCK, forms=["f"], date="story", days=1)]})
    )
    side = FormSide(parse_form(small_form()))
    assert {each.code for each in needs.breaks(side, deep=False)} == {"kind"}
