import subprocess
import sys
import traceback
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from access.languages import LANGUAGES
from case_forms import expressions
from case_forms.expressions.explain import LANGUAGES as EXPLAINED
from tests.world.procedures import small_procedure

from ..decide import Decision, DecisionFailed, Event, Labels, decide

TIRANA = ZoneInfo("Europe/Tirane")


def event(form: str = "small_identification", **answers: Any) -> Event:
    at = datetime(2026, 3, 1, 0, 30, tzinfo=TIRANA)
    return Event("submission_received", form, answers, occurred_at=at, received_at=at)


def deeds(decision: Decision) -> list[tuple[str, str]]:
    return [(action.do, action.params.get("role", "")) for action in decision.actions]


def test_a_potential_victim_opens_a_case_and_tells_the_police_and_the_authority() -> None:
    decision = decide(event(result="potential_victim", municipality="vlore", age_stated=30), small_procedure())
    assert deeds(decision) == [("open_case", ""), ("notify", "police"), ("notify", "responsible_authority")]
    opening = decision.actions[0].params
    assert opening == {"status": "potential_victim", "municipality": "vlore", "child_track": False}


def test_an_unknown_age_counts_as_a_child() -> None:
    decision = decide(event(result="potential_victim", municipality="vlore"), small_procedure())
    assert ("notify", "cpu") in deeds(decision)
    assert decision.facts == {"age": None, "child": True}


@pytest.mark.parametrize(("born", "child"), [("2008-03-02", True), ("2008-03-01", False)])
def test_the_age_is_counted_on_the_day_it_happened(born: str, child: bool) -> None:
    decision = decide(event(result="potential_victim", birth_date=born), small_procedure())
    assert decision.facts["child"] is child


def test_nothing_happens_without_a_rule_that_speaks() -> None:
    decision = decide(event(result="not_victim"), small_procedure())
    assert (decision.actions, decision.explanation) == ((), ())


def test_a_rule_listens_to_its_own_forms_and_kind_of_event_only() -> None:
    assert decide(event(form="another_form", result="potential_victim"), small_procedure()).actions == ()
    at = datetime(2026, 3, 1, 12, tzinfo=TIRANA)
    other = Event("something_else", "small_identification", {"result": "potential_victim"}, at, at)
    assert decide(other, small_procedure()).actions == ()


def test_a_rule_without_forms_listens_to_all_of_them() -> None:
    procedure = small_procedure()
    del procedure["rules"][0]["forms"]
    assert deeds(decide(event(form="another_form", result="potential_victim"), procedure))


def test_what_is_meant_for_one_rule_sets_no_other_in_motion() -> None:
    # Two dates of one form, each with a rule of its own: the hearing's day is not the day of the doctor.
    procedure = small_procedure()
    dated = {"on": "date_reached", "forms": ["small_identification"], "days": 0}
    for key, role in (("doctor", "health"), ("hearing", "legal_aid")):
        notify = {"do": "notify", "role": role, "ladder": "quick"}
        procedure["rules"].append({**dated, "key": key, "date": f"{key}_on", "then": [notify]})
    at = datetime(2026, 3, 1, 8, tzinfo=TIRANA)
    reached = Event("date_reached", "small_identification", {}, at, at, case_status="at_risk", rule="hearing")
    decision = decide(reached, procedure)
    assert [entry["rule"] for entry in decision.explanation] == ["hearing"]
    assert deeds(decision) == [("notify", "legal_aid")]


def test_the_explanation_says_it_in_both_languages() -> None:
    decision = decide(
        event(result="potential_victim", age_stated=30),
        small_procedure(),
        labels={
            "sq": Labels({"result": "Rezultati"}, {"result": {"potential_victim": "VMT"}}),
            "en": Labels({"result": "Result"}, {}),
        },
    )
    (entry,) = decision.explanation
    assert entry["rule"] == "tell"
    assert entry["words"]["en"].startswith("A potential victim")
    assert set(entry["words"]) == {"sq", "en"}
    assert "Rezultati" in entry["because"]["sq"]
    assert "VMT" in entry["because"]["sq"]
    assert "Result" in entry["because"]["en"]


def test_a_rule_without_condition_explains_itself_by_its_words_alone() -> None:
    decision = decide(event(form="small_follow_up", case_ref="7K2M9Q"), small_procedure())
    assert decision.explanation[0]["because"] == {"sq": "", "en": ""}


def test_a_fact_may_use_the_facts_before_it_and_the_case_status() -> None:
    procedure = small_procedure()
    procedure["facts"].append({"key": "open_child", "value": {"and": [{"var": "child"}, {"var": "_case_status"}]}})
    at = datetime(2026, 3, 1, 12, tzinfo=TIRANA)
    decided = decide(Event("submission_received", "x", {}, at, at, case_status="at_risk"), procedure)
    assert decided.facts["open_child"] == "at_risk"


def test_no_answer_takes_the_place_of_what_the_organisation_chose_or_of_what_the_case_is() -> None:
    procedure = small_procedure()
    police = {"value": "police", "label": {"en": "the police"}}
    procedure["settings"] = {"who_reads": {"label": {"en": "who reads"}, "choices": [police], "default": "police"}}
    names = ("_setting_who_reads", "_case_status", "_today")
    procedure["facts"] += [{"key": f"read{name}", "value": {"var": name}} for name in names]
    at = datetime(2026, 3, 1, 12, tzinfo=TIRANA)
    made_up = dict.fromkeys(names, "made up")
    decided = decide(Event("submission_received", "x", made_up, at, at, case_status="at_risk"), procedure)
    assert [decided.facts[f"read{name}"] for name in names] == ["police", "at_risk", "2026-03-01"]
    assert decided.settings == {"_setting_who_reads": "police"}


def test_a_rule_that_cannot_be_worked_out_ends_the_decision_and_quotes_nothing() -> None:
    procedure = small_procedure()
    procedure["rules"][0]["when"] = {"no_such_operator": [{"var": "story"}]}
    with pytest.raises(DecisionFailed) as failure:
        decide(event(result="potential_victim", story="CANARY"), procedure)
    assert failure.value.where == "rules/tell"
    assert failure.value.__cause__ is None


def test_no_traceback_of_a_failed_decision_carries_what_an_operator_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def quote(expression: Any, scope: Any) -> Any:
        raise expressions.LogicError("bad_arguments", f"no number: {scope['story']}")

    monkeypatch.setattr(expressions, "evaluate", quote)
    told = event(story="CANARY")
    with pytest.raises(DecisionFailed) as failure:
        decide(told, small_procedure())
    assert "CANARY" not in "".join(traceback.format_exception(failure.value))


def test_a_fact_that_cannot_be_worked_out_is_named() -> None:
    procedure = small_procedure()
    procedure["facts"][0]["value"] = {"no_such_operator": []}
    with pytest.raises(DecisionFailed, match="facts/age"):
        decide(event(), procedure)


def test_a_condition_that_cannot_be_read_back_still_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> str:
        raise expressions.LogicError("too_deep", "too deep")

    monkeypatch.setattr(expressions, "explain", refuse)
    decision = decide(event(result="potential_victim", age_stated=30), small_procedure())
    assert decision.actions
    assert decision.explanation[0]["because"] == {"sq": "", "en": ""}


def test_flags_are_always_yes_or_no() -> None:
    procedure = small_procedure()
    procedure["rules"][0]["then"][0]["child_track"] = {"var": "nothing_like_it"}
    decision = decide(event(result="potential_victim", danger="yes", age_stated=30), procedure)
    assert decision.actions[0].params["child_track"] is False
    assert decision.actions[1].params["urgent"] is True


def test_what_was_answered_is_not_in_the_repr() -> None:
    decided = decide(event(result="potential_victim", municipality="CANARY"), small_procedure())
    assert "CANARY" not in repr(decided)
    assert "CANARY" not in repr(event(story="CANARY"))


def test_reasons_are_told_in_every_language_of_the_service():
    assert set(EXPLAINED) == set(LANGUAGES)


def test_deciding_needs_no_django() -> None:
    check = "import sys, case_forms.procedures.decide; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
