from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from case_forms.expressions import KindInfo
from notifications.directory.links import DEFAULT_CHAIN, LINKS
from tests.world.forms import small_follow_up, small_form, texts
from tests.world.procedures import small_procedure

from ..chains import chain_for
from ..checker import check_procedure


def get_keys(form: dict[str, Any]) -> list[str]:
    return [item["key"] for section in form["sections"] for item in section["items"]]


QUESTIONS = {form["key"]: get_keys(form) for form in (small_form(), small_follow_up())}

Change = Callable[[dict[str, Any]], object]


def _rule(change: Change) -> Change:
    return lambda procedure: change(procedure["rules"][0])


def _action(index: int, **more: Any) -> Change:
    return lambda procedure: procedure["rules"][0]["then"][index].update(more)


def _step(index: int, **more: Any) -> Change:
    return lambda procedure: procedure["ladders"]["quick"][index].update(more)


def _deadline(**more: Any) -> Change:
    return lambda procedure: procedure["deadlines"]["police_report"].update(more)


BROKEN: list[tuple[Change, str, str]] = [
    (lambda p: p.update(format=2), "/format", "unknown_format"),
    (lambda p: p.update(key="Not A Key"), "/key", "bad_key"),
    (lambda p: p.update(title={"en": "only"}), "/title", "missing_text"),
    (lambda p: p.update(more=1), "/more", "unknown_name"),
    (lambda p: p.update(facts={}), "/facts", "wrong_type"),
    (lambda p: p.update(rules=[]), "/rules", "no_rules"),
    (lambda p: p.update(ladders=[]), "/ladders", "wrong_type"),
    (lambda p: p["facts"].append(3), "/facts/2", "wrong_type"),
    (lambda p: p["facts"].append(dict(p["facts"][0])), "/facts/2/key", "doubled_key"),
    (lambda p: p["facts"].append({"key": "x", "value": {"no_op": []}}), "/facts/2/value", "bad_expression"),
    (lambda p: p["facts"].append({"key": "x", "value": {"var": "nobody_asks"}}), "/facts/2/value", "bad_expression"),
    (lambda p: p["facts"].append({"key": "x", "value": 1, "label": {}}), "/facts/2/label", "missing_text"),
    (lambda p: p["facts"].append({"key": None, "value": 1}), "/facts/2/key", "bad_key"),
    (lambda p: p["facts"].insert(0, {"key": "early", "value": {"var": "child"}}), "/facts/0/value", "bad_expression"),
    (lambda p: p["deadlines"].update(odd=[]), "/deadlines/odd", "wrong_type"),
    (_deadline(red_minutes=30), "/deadlines/police_report/red_minutes", "not_increasing"),
    (_deadline(amber_minutes=True), "/deadlines/police_report/amber_minutes", "not_minutes"),
    (_deadline(basis=""), "/deadlines/police_report/basis", "missing"),
    (_deadline(confidence="certain"), "/deadlines/police_report/confidence", "not_a_choice"),
    (_deadline(label=None), "/deadlines/police_report/label", "missing_text"),
    (lambda p: p.update(chains=[]), "/chains", "wrong_type"),
    (lambda p: p.update(chains={"mayor": list(LINKS)}), "/chains/mayor", "unknown_role"),
    (lambda p: p.update(chains={"default": []}), "/chains/default", "empty_chain"),
    (lambda p: p.update(chains={"default": "municipality"}), "/chains/default", "empty_chain"),
    (lambda p: p.update(chains={"cpu": ["municipality", 3, *LINKS[3:]]}), "/chains/cpu/1", "unknown_link"),
    (lambda p: p.update(chains={"cpu": ["municipality", "village", *LINKS[3:]]}), "/chains/cpu/1", "unknown_link"),
    (lambda p: p.update(chains={"cpu": ["municipality", *LINKS]}), "/chains/cpu/1", "not_widening"),
    (lambda p: p.update(chains={"cpu": list(LINKS[1:])}), "/chains/cpu/0", "starts_elsewhere"),
    (lambda p: p.update(chains={"cpu": ["municipality", "operator"]}), "/chains/cpu", "no_coordinator"),
    (lambda p: p.update(chains={"cpu": list(LINKS[:-1])}), "/chains/cpu", "ends_in_silence"),
    (lambda p: p["ladders"].update(empty=[]), "/ladders/empty", "empty_ladder"),
    (lambda p: p["ladders"].update(odd=[3]), "/ladders/odd/0", "wrong_type"),
    (_step(0, do="shout"), "/ladders/quick/0/do", "unknown_step"),
    (_step(1, after_minutes=10), "/ladders/quick/1/after_minutes", "not_increasing"),
    (_step(1, after_minutes="20"), "/ladders/quick/1/after_minutes", "not_minutes"),
    (_step(0, repeat_minutes=5), "/ladders/quick/0/repeat_minutes", "repeats_too_early"),
    (lambda p: p["ladders"]["quick"].pop(), "/ladders/quick/1/repeat_minutes", "does_not_repeat"),
    (lambda p: p["ladders"]["quick"][-1].update(do="remind"), "/ladders/quick/2/do", "does_not_call"),
    (lambda p: p["rules"].append("rule"), "/rules/6", "wrong_type"),
    (lambda p: p["rules"].append(dict(p["rules"][0])), "/rules/6/key", "doubled_key"),
    (_rule(lambda r: r.update(on="full_moon")), "/rules/0/on", "unknown_kind"),
    (_rule(lambda r: r.update(forms="all")), "/rules/0/forms", "wrong_type"),
    (_rule(lambda r: r.update(forms=["no_such_form"])), "/rules/0/forms/0", "unknown_form"),
    (_rule(lambda r: r.update(when={"var": "case_ref"})), "/rules/0/when", "bad_expression"),
    (_rule(lambda r: r.update(when={"log": [1]})), "/rules/0/when", "bad_expression"),
    (_rule(lambda r: r.update(words={"sq": "x"})), "/rules/0/words", "missing_text"),
    (_rule(lambda r: r.update(then="x")), "/rules/0/then", "wrong_type"),
    (_rule(lambda r: r["then"].append("x")), "/rules/0/then/3/do", "unknown_action"),
    (_rule(lambda r: r["then"].append({"do": ["notify"]})), "/rules/0/then/3/do", "unknown_action"),
    (_rule(lambda r: r["then"].append({"do": "delete_all"})), "/rules/0/then/3/do", "unknown_action"),
    (_action(0, extra=1), "/rules/0/then/0/extra", "unknown_name"),
    (lambda p: p["rules"][0]["then"][0].pop("municipality"), "/rules/0/then/0/municipality", "missing"),
    (_action(0, status={"var": "nobody_asks"}), "/rules/0/then/0/status", "bad_expression"),
    (_action(1, role="mayor"), "/rules/0/then/1/role", "unknown_role"),
    (_action(1, role=["police"]), "/rules/0/then/1/role", "unknown_role"),
    (_action(1, role="protection_service"), "/rules/0/then/1/role", "needs_refer"),
    (_action(1, ladder="no_such"), "/rules/0/then/1/ladder", "unknown_ladder"),
    (_action(1, ladder=[]), "/rules/0/then/1/ladder", "unknown_ladder"),
    (_action(1, deadline="no_such"), "/rules/0/then/1/deadline", "unknown_deadline"),
    (_action(1, answer_minutes=0), "/rules/0/then/1/answer_minutes", "not_minutes"),
    (_action(2, document="yes"), "/rules/0/then/2/document", "wrong_type"),
    (
        lambda p: p["rules"][0]["then"].insert(0, {"do": "deadline", "key": "police_report", "once": "yes"}),
        "/rules/0/then/0/once",
        "wrong_type",
    ),
    (_rule(lambda r: r["then"].append({"do": "deadline", "key": "no"})), "/rules/0/then/3/key", "unknown_deadline"),
    (_rule(lambda r: r.update(on="signal_received")), "/rules/0/then/0/do", "needs_a_case"),
    (
        _rule(lambda r: r.update(on="signal_added", then=[{"do": "deadline", "key": "police_report"}])),
        "/rules/0/then/0/do",
        "needs_a_case",
    ),
]


def test_the_small_procedure_has_no_problems() -> None:
    assert check_procedure(small_procedure(), questions=QUESTIONS) == []


@pytest.mark.parametrize(("change", "path", "code"), BROKEN, ids=[f"{path} {code}" for _change, path, code in BROKEN])
def test_a_broken_procedure_is_refused_at_the_place_that_is_broken(change: Change, path: str, code: str) -> None:
    procedure = small_procedure()
    change(procedure)
    assert (path, code) in {(found.path, found.code) for found in check_procedure(procedure, questions=QUESTIONS)}


def test_every_problem_says_what_to_do() -> None:
    for change, _path, _code in BROKEN:
        procedure = small_procedure()
        change(procedure)
        assert all(str(found.message) for found in check_procedure(procedure, questions=QUESTIONS))


def test_without_the_forms_only_the_language_of_expressions_is_checked() -> None:
    procedure = small_procedure()
    procedure["rules"][0]["forms"] = ["not_published_yet"]
    procedure["rules"][0]["when"] = {"var": "nobody_asks"}
    assert check_procedure(procedure) == []
    procedure["rules"][0]["when"] = {"log": []}
    assert [found.path for found in check_procedure(procedure)] == ["/rules/0/when"]


def test_a_rule_may_only_explain() -> None:
    procedure = small_procedure()
    procedure["rules"].append(
        {"key": "kept", "title": texts("a"), "on": "submission_received", "words": texts("b"), "then": []}
    )
    assert check_procedure(procedure, questions=QUESTIONS) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(part=st.sampled_from(sorted(small_procedure())), odd=JSON)
def test_an_odd_part_is_a_problem_and_never_an_exception(part: str, odd: Any) -> None:
    procedure = small_procedure()
    procedure[part] = odd
    check_procedure(procedure, questions=QUESTIONS)
    check_procedure(odd, questions=QUESTIONS)
    procedure = small_procedure()
    procedure["rules"][0][{"facts": "when", "ladders": "then"}.get(part, "on")] = odd
    procedure["rules"][1]["then"] = [{"do": "notify", "role": odd, "ladder": odd, "deadline": odd}]
    check_procedure(procedure, questions=QUESTIONS)


@pytest.mark.parametrize("depth", [100, 300, 900, 3000])
def test_an_expression_that_is_nested_without_end_is_a_problem_and_never_an_exception(depth: int) -> None:
    nested: Any = True
    for _level in range(depth):
        nested = {"!": [nested]}
    procedure = small_procedure()
    procedure["rules"][0]["when"] = procedure["rules"][0]["then"][0]["status"] = nested
    found = {(each.path, each.code) for each in check_procedure(procedure, questions=QUESTIONS)}
    assert found == {("/rules/0/when", "bad_expression"), ("/rules/0/then/0/status", "bad_expression")}


@pytest.mark.parametrize("kind", ["signal_received", "signal_added"])
def test_a_rule_about_a_tip_may_owe_a_notice_with_its_clock(kind: str) -> None:
    procedure = small_procedure()
    procedure["rules"].append(
        {
            "key": "signal",
            "title": texts("signal"),
            "on": kind,
            "words": texts("signal"),
            "then": [{"do": "notify", "role": "mobile_unit", "ladder": "quick", "deadline": "police_report"}],
        }
    )
    assert check_procedure(procedure, questions=QUESTIONS) == []


def test_a_role_may_have_a_chain_of_its_own() -> None:
    procedure = small_procedure()
    shorter = ["municipality", "unit_coordinators", "operator"]
    procedure["chains"] = {"default": list(LINKS), "cpu": shorter}
    assert not check_procedure(procedure, questions=QUESTIONS)
    assert chain_for(procedure, "cpu") == shorter
    assert chain_for(procedure, "police") == list(LINKS)


def test_a_procedure_from_before_there_were_chains_has_the_usual_one() -> None:
    assert chain_for(small_procedure(), "police") == list(DEFAULT_CHAIN)
    assert chain_for({}, "cpu") == list(DEFAULT_CHAIN)


@pytest.mark.parametrize(
    ("condition", "is_right"),
    [
        ({"==": [{"var": "_role"}, "police"]}, True),
        ({"==": [{"var": "_role"}, "polise"]}, False),
        ({"==": [{"var": "_case_status"}, None]}, True),
        ({"in": [{"var": "_case_status"}, ["victim", "nobody"]]}, False),
        ({"<": [{"var": "_today"}, 5]}, False),
        ({"in": ["urgent", {"var": "_case_flags"}]}, True),
        ({"in": ["yes", {"var": "_case_consent.health"}]}, True),
    ],
)
def test_what_an_event_offers_is_compared_with_its_own_kind_only(condition: dict[str, Any], is_right: bool) -> None:
    procedure = small_procedure()
    procedure["rules"][0]["when"] = condition
    assert ([each.code for each in check_procedure(procedure)] == []) is is_right


def test_what_rules_read_of_the_person_stands_in_the_catalogue_and_is_compared_with_its_values() -> None:
    known = {"risk": KindInfo("choice", frozenset({"high", "low"}))}

    def found(read: str, value: str) -> list[str]:
        procedure = small_procedure()
        procedure["rules"][0]["when"] = {"==": [{"var": read}, value]}
        return [problem.code for problem in check_procedure(procedure, questions=QUESTIONS, known=known)]

    assert found("_known.risk", "high") == []
    assert found("_known.rsk", "high") == ["unknown_fact"]
    assert found("_known.risk", "hihg") == ["bad_expression"]
