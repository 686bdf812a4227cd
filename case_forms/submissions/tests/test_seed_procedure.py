"""What the shipped procedure decides about the shipped forms. No database: file in, decision out."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from case_forms import expressions
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.definition import parse_form
from case_forms.procedures.checker import check_procedure
from case_forms.procedures.decide import Decision, Event, decide
from tests.world.forms import stored_questions

from ..seeding.reference import form_files, procedure_files

NOON = datetime(2025, 11, 24, 12, tzinfo=ZoneInfo("Europe/Tirane"))
PROCEDURE = procedure_files()[0]
FORMS = {definition["key"]: definition for definition in form_files()}

ADULT = {"age_basis": "document", "birth_date": "1990-05-05"}
CHILD = {"age_basis": "document", "birth_date": "2012-05-05"}


def decided(form: str, **answers: Any) -> Decision:
    return decide(Event("submission_received", form, answers, NOON, NOON), PROCEDURE)


def told(decision: Decision) -> list[str]:
    return [action.params["role"] for action in decision.actions if action.do == "notify"]


def done(decision: Decision) -> list[str]:
    return [action.do for action in decision.actions]


def clocks(decision: Decision, do: str = "deadline") -> list[str]:
    return [action.params["key"] for action in decision.actions if action.do == do]


def identification(result: str, **answers: Any) -> Decision:
    return decided("initial_identification", municipality="kruje", worker_decision=result, **answers)


def test_the_procedure_has_no_problems_and_refers_only_to_questions_that_exist() -> None:
    known = {key: [asked["key"] for asked in stored_questions(definition)] for key, definition in FORMS.items()}
    assert check_procedure(PROCEDURE, questions=known) == []
    for rule in PROCEDURE["rules"]:
        assert set(rule.get("forms", ())) <= set(FORMS)


def test_every_form_that_staff_fill_is_spoken_for() -> None:
    filled_by_staff = {key for key, definition in FORMS.items() if not is_public(parse_form(definition))}
    assert {form for rule in PROCEDURE["rules"] for form in rule.get("forms", ())} == filled_by_staff


def test_every_deadline_says_what_it_rests_on() -> None:
    for key, deadline in PROCEDURE["deadlines"].items():
        assert deadline["basis"], key
        assert deadline["confidence"] in ("source", "background", "proposal"), key


AGES: list[tuple[dict[str, Any], bool]] = [
    (ADULT, False),
    ({"age_basis": "document", "birth_date": "2007-11-24"}, False),  # 18 on the day
    ({"age_basis": "document", "birth_date": "2007-11-25"}, True),  # 18 tomorrow
    ({**ADULT, "age_in_doubt": "yes"}, True),
    ({**ADULT, "age_in_doubt": "no"}, False),
    ({**ADULT, "age_stated": 16}, True),
    ({"age_basis": "document"}, True),
    ({"age_basis": "stated", "age_stated": 17}, True),
    ({"age_basis": "stated", "age_stated": 18, "age_in_doubt": "no"}, False),
    ({"age_basis": "stated", "age_stated": 18, "age_in_doubt": "unknown"}, True),
    ({"age_basis": "estimated", "age_stated": 30, "age_in_doubt": "yes"}, True),
    ({"age_basis": "estimated", "age_stated": 30}, True),
    ({"age_basis": "unknown", "age_in_doubt": "no"}, True),
    ({"age_basis": "stated", "age_stated": 0}, True),
    ({"age_basis": "unknown"}, True),
]


@pytest.mark.parametrize(("answers", "child"), AGES)
def test_under_eighteen_unknown_or_in_doubt_is_a_child_in_the_procedure_and_in_the_form(
    answers: dict[str, Any], child: bool
) -> None:
    assert expressions.truthy(identification("potential_victim", **answers).facts["child"]) is child
    form = FORMS["initial_identification"]
    worked_out = next(each for each in stored_questions(form) if each["key"] == "treated_as_child")
    scope = {**answers, "_today": "2025-11-24", "_occurred_on": "2025-11-24"}
    scope["treated_as_child"] = expressions.evaluate(worked_out["calculation"], scope)
    section = next(each for each in form["sections"] if each["key"] == "child")
    assert expressions.truthy(expressions.evaluate(section["relevant"], scope)) is child


@pytest.mark.parametrize("result", ["potential_victim", "victim"])
def test_grounds_open_a_case_and_tell_the_police_and_the_responsible_authority(result: str) -> None:
    decision = identification(result, **ADULT)
    assert decision.actions[0].do == "open_case"
    assert decision.actions[0].params == {"status": result, "municipality": "kruje", "child_track": False}
    assert told(decision) == ["police", "responsible_authority"]
    assert decision.actions[2].params["document"] is True


def test_a_child_is_also_told_to_the_child_protection_unit_on_paper() -> None:
    decision = identification("potential_victim", **CHILD)
    assert told(decision) == ["police", "responsible_authority", "cpu"]
    assert decision.actions[0].params["child_track"] is True
    assert next(action for action in decision.actions if action.params.get("role") == "cpu").params["document"] is True


def test_danger_now_is_urgent_and_starts_the_childs_assessment() -> None:
    decision = identification("potential_victim", immediate_danger="yes", **CHILD)
    notices = [action.params for action in decision.actions if action.do == "notify"]
    assert {params["role"]: params.get("urgent", False) for params in notices} == {
        "police": True,
        "responsible_authority": True,
        "cpu": True,
    }
    assert "child_risk_assessment" in clocks(decision)
    assert "child_risk_assessment" not in clocks(identification("potential_victim", **CHILD))


@pytest.mark.parametrize("danger", ["yes", "no", "unknown"])
def test_the_papers_of_one_case_agree_on_urgency(danger: str) -> None:
    for result in ("potential_victim", "victim", "at_risk"):
        notices = identification(result, immediate_danger=danger, **CHILD).actions
        assert {each.params["urgent"] for each in notices if each.do == "notify"} == {danger == "yes"}


@pytest.mark.parametrize("result", ["no_indicators", "insufficient_information"])
@pytest.mark.parametrize(("age", "roles"), [(ADULT, ["coordinator"]), (CHILD, ["coordinator", "cpu"])])
def test_danger_is_never_left_alone_whatever_the_result(result: str, age: dict[str, Any], roles: list[str]) -> None:
    decision = identification(result, immediate_danger="yes", **age)
    assert decision.actions[0].params["status"] == "suspected"
    assert told(decision) == roles
    assert all(action.params["urgent"] for action in decision.actions if action.do == "notify")


@pytest.mark.parametrize(
    ("consent", "roles"),
    [
        ("yes", ["coordinator", "police"]),
        ("without_name", ["coordinator", "police"]),
        ("no", ["coordinator"]),
        ("unknown", ["coordinator"]),
    ],
)
def test_an_adult_at_risk_in_danger_the_coordinator_and_by_consent_the_police(consent: str, roles: list[str]) -> None:
    decision = identification("at_risk", immediate_danger="yes", police_contact_consent=consent, **ADULT)
    assert told(decision) == roles


def test_a_child_at_risk_in_danger_the_police_whatever_was_said() -> None:
    decision = identification("at_risk", immediate_danger="yes", police_contact_consent="no", **CHILD)
    assert told(decision) == ["cpu", "coordinator", "police"]


# ---- what an organisation chooses ----

EXPLAINED = {"explained": "yes"}


def with_setting(key: str, value: str) -> dict[str, Any]:
    settings = {**PROCEDURE["settings"], key: {**PROCEDURE["settings"][key], "value": value}}
    return {**PROCEDURE, "settings": settings}


@pytest.mark.parametrize(
    ("chosen", "roles"),
    [
        (None, ["coordinator", "responsible_authority"]),  # the proposal: ask the supervisor
        ("ask_supervisor", ["coordinator", "responsible_authority"]),
        ("anonymous_alert", ["police", "responsible_authority"]),
        ("none", ["responsible_authority"]),
    ],
)
@pytest.mark.parametrize("danger", ["yes", "no"])
def test_when_an_adult_refuses_the_organisations_rule_holds(chosen: str | None, roles: list[str], danger: str) -> None:
    procedure = with_setting("adult_refusal", chosen) if chosen else PROCEDURE
    answers = {"worker_decision": "potential_victim", "police_contact_consent": "no", "immediate_danger": danger}
    event = Event("submission_received", "initial_identification", {**answers, **EXPLAINED, **ADULT}, NOON, NOON)
    assert told(decide(event, procedure)) == roles


NO_DANGER, DANGER, UNSURE = ({"immediate_danger": value} for value in ("no", "yes", "unknown"))
ASKED_FIRST = ["coordinator", "responsible_authority"]
POLICE_TOLD = ["police", "responsible_authority"]


@pytest.mark.parametrize(
    ("chosen", "answers", "roles"),
    [
        (None, NO_DANGER | ADULT, POLICE_TOLD),  # the proposal: nothing that the law may demand waits
        ("anonymous_alert", NO_DANGER | ADULT, POLICE_TOLD),
        ("ask_supervisor", NO_DANGER | ADULT, ASKED_FIRST),
        # whatever is chosen, these never wait
        ("ask_supervisor", DANGER | ADULT, POLICE_TOLD),
        ("ask_supervisor", UNSURE | ADULT, POLICE_TOLD),
        (
            "ask_supervisor",
            {"urgent_notice": "potential_victim", "worker_decision": None} | DANGER | ADULT,
            POLICE_TOLD,
        ),
        ("ask_supervisor", NO_DANGER | CHILD, [*POLICE_TOLD, "cpu"]),
        ("ask_supervisor", NO_DANGER | {"age_in_doubt": "unknown"}, [*POLICE_TOLD, "cpu"]),
        # an answer was given
        ("ask_supervisor", NO_DANGER | ADULT | {"police_contact_consent": "without_name"}, POLICE_TOLD),
    ],
)
def test_when_nobody_asked_an_adult_the_organisations_rule_holds_and_danger_never_waits(
    chosen: str | None, answers: dict[str, Any], roles: list[str]
) -> None:
    procedure = with_setting("adult_not_asked", chosen) if chosen else PROCEDURE
    given = {"worker_decision": "potential_victim", "police_contact_consent": "unknown", **EXPLAINED, **answers}
    event = Event("submission_received", "initial_identification", given, NOON, NOON)
    assert told(decide(event, procedure)) == roles


def test_a_procedure_without_that_setting_tells_the_police() -> None:
    answers = {"worker_decision": "victim", "police_contact_consent": "unknown", **NO_DANGER, **EXPLAINED, **ADULT}
    event = Event("submission_received", "initial_identification", answers, NOON, NOON)
    assert told(decide(event, {**PROCEDURE, "settings": {}})) == POLICE_TOLD


def test_a_no_to_the_name_on_the_form_of_before_still_tells_the_police() -> None:
    """It asked only whether they may know the name and make contact."""
    decision = identification("potential_victim", police_contact_consent="no", **ADULT)
    assert told(decision) == ["police", "responsible_authority"]


def test_a_rule_that_the_procedure_does_not_name_asks_the_supervisor() -> None:
    procedure = {**PROCEDURE, "settings": {}}
    answers = {"worker_decision": "victim", "police_contact_consent": "no", **EXPLAINED, **ADULT}
    event = Event("submission_received", "initial_identification", answers, NOON, NOON)
    assert told(decide(event, procedure)) == ["coordinator", "responsible_authority"]


def test_a_childs_refusal_keeps_the_police_from_nothing() -> None:
    for consent in ("yes", "without_name", "no", "unknown"):
        assert "police" in told(identification("potential_victim", police_contact_consent=consent, **CHILD))


def test_every_setting_is_a_proposal_marked_for_the_lawyer() -> None:
    for key, setting in PROCEDURE["settings"].items():
        assert (setting["confidence"], setting["for_lawyer"]) == ("proposal", True), key
        assert setting["basis"], key
        assert "value" not in setting, key


# ---- urgent first, the rest in the same case ----


@pytest.mark.parametrize(
    ("urgent", "age", "roles"),
    [
        ("potential_victim", ADULT, ["police", "responsible_authority"]),
        ("potential_victim", CHILD, ["police", "responsible_authority", "cpu"]),
        ("potential_victim", {"age_in_doubt": "unknown"}, ["police", "responsible_authority", "cpu"]),
        ("at_risk", ADULT, ["coordinator"]),
        ("at_risk", CHILD, ["cpu", "coordinator", "police"]),
    ],
)
def test_an_urgent_notice_opens_the_case_tells_everybody_and_waits_for_the_rest(
    urgent: str, age: dict[str, Any], roles: list[str]
) -> None:
    answers = {"municipality": "kruje", "immediate_danger": "yes", "urgent_notice": urgent, **age}
    decision = decided("initial_identification", **answers)
    assert decision.actions[0].params["status"] == urgent
    assert told(decision) == roles
    started = [action.params["key"] for action in decision.actions if action.do == "deadline"]
    assert "identification_rest" in started
    assert ("child_risk_assessment" in started) is decision.facts["child"]


def test_the_rest_joins_the_same_case_and_meets_what_waited_for_it() -> None:
    answers = {"case_ref": "7K2M9Q", "worker_decision": "no_indicators", "immediate_danger": "no", **ADULT}
    decision = decided("initial_identification", **answers)
    assert [(action.do, action.params) for action in decision.actions] == [
        ("attach_case", {"case": "7K2M9Q"}),
        ("meet_deadline", {"key": "identification_rest"}),
    ]
    assert [entry["rule"] for entry in decision.explanation] == ["continue_case", "no_indicators"]


@pytest.mark.parametrize(
    ("held", "result", "stays"),
    [
        ("victim", "potential_victim", "victim"),
        ("victim", "at_risk", "victim"),
        ("potential_victim", "at_risk", "potential_victim"),
        ("potential_victim", "victim", "victim"),
        ("at_risk", "potential_victim", "potential_victim"),
        ("potential_victim", "insufficient_information", "potential_victim"),
        ("suspected", "insufficient_information", "suspected"),
    ],
)
def test_another_identification_of_the_same_person_never_lowers_a_status(held: str, result: str, stays: str) -> None:
    answers = {"case_ref": "7K2M9Q", "worker_decision": result, "immediate_danger": "yes", **ADULT}
    event = Event("submission_received", "initial_identification", answers, NOON, NOON, case_status=held)
    opened = next(action for action in decide(event, PROCEDURE).actions if action.do == "open_case")
    assert opened.params["status"] == stays


def of_case(status: str | None, *, child: bool = False, form: str = "initial_identification", **answers: Any) -> Event:
    return Event("submission_received", form, answers, NOON, NOON, case_status=status, case_child=child)


@pytest.mark.parametrize("result", ["no_indicators", "insufficient_information"])
@pytest.mark.parametrize(
    ("status", "consent", "setting", "roles", "says"),
    [
        ("victim", "yes", None, ["police", "coordinator"], "tell_police"),
        ("potential_victim", "unknown", None, ["police", "coordinator"], "tell_police"),
        ("victim", "no", None, ["coordinator"], "known_victim_refuses_ask"),
        ("victim", "no", "none", ["coordinator"], "adult_refuses_none"),
        ("victim", "no", "anonymous_alert", ["police", "coordinator"], "adult_refuses_alert"),
        ("at_risk", "yes", None, ["coordinator"], "danger_without_indicators_police"),
        (None, "yes", None, ["coordinator"], "danger_without_indicators_police"),
    ],
)
def test_a_victims_danger_is_the_polices_whatever_the_second_form_found(
    result: str, status: str | None, consent: str, setting: str | None, roles: list[str], says: str
) -> None:
    answers = {"worker_decision": result, "immediate_danger": "yes", "police_contact_consent": consent}
    procedure = with_setting("adult_refusal", setting) if setting else PROCEDURE
    decision = decide(of_case(status, **answers, **EXPLAINED, **ADULT), procedure)
    assert told(decision) == roles
    about_police = {"tell_police", "known_victim_refuses_ask", "danger_without_indicators_police"}
    about_police |= {"adult_refuses_none", "adult_refuses_alert", "adult_refuses_ask"}
    assert {entry["rule"] for entry in decision.explanation} & about_police == {says}


@pytest.mark.parametrize("status", [None, "suspected", "at_risk", "potential_victim", "victim"])
@pytest.mark.parametrize("answer", [{"worker_decision": "potential_victim"}, {"urgent_notice": "potential_victim"}])
def test_the_clocks_of_a_case_start_with_its_first_grounds(status: str | None, answer: dict[str, Any]) -> None:
    started = clocks(decide(of_case(status, child=True, **answer, **CHILD), PROCEDURE))
    for key in ("first_referral", "follow_up_12_months", "child_individual_plan"):
        assert started.count(key) == (1 if status in (None, "suspected") else 0)


@pytest.mark.parametrize("status", ["at_risk", "potential_victim", "victim"])
def test_who_turns_out_to_be_a_child_gets_a_childs_clocks_and_the_others_run_on(status: str) -> None:
    started = clocks(decide(of_case(status, worker_decision="potential_victim", **CHILD), PROCEDURE))
    assert {"child_individual_plan", "best_interest"} <= set(started)
    assert not {"first_referral", "follow_up_12_months"} & set(started)


@pytest.mark.parametrize(
    ("reason", "child", "rule", "ends"),
    [
        ("finished", False, "follow_ups_end", True),
        ("withdrew", False, "follow_ups_end", True),
        ("withdrew", True, "closing_proposed", False),
        ("died", True, "follow_ups_end", True),
        ("lost", False, "closing_proposed", False),
    ],
)
def test_a_proposal_to_close_notifies_the_coordinator(reason: str, child: bool, rule: str, ends: bool) -> None:
    closing = {"reached": False, "close_proposed": True, "close_reason": reason}
    decision = decide(of_case("victim", child=child, form="follow_up", **closing), PROCEDURE)
    assert [entry["rule"] for entry in decision.explanation] == ["attach_to_case", rule]
    assert told(decision) == ["coordinator"]
    assert ("follow_up_12_months" in clocks(decision, "meet_deadline")) is ends
    only = decide(of_case("victim", form="follow_up", reached=False), PROCEDURE)
    assert [entry["rule"] for entry in only.explanation] == ["attach_to_case", "not_reached"]


def test_a_right_is_no_breached_duty() -> None:
    marks = {name for name in PROCEDURE["deadlines"]["reflection_period"] if name.endswith("_minutes")}
    assert marks == {"amber_minutes"}


def test_who_declines_formal_identification_is_not_waited_for() -> None:
    decision = decided("formal_identification", answer="declined", interview_at="2025-12-01T10:00:00+01:00")
    assert clocks(decision, "meet_deadline") == ["formal_interview"]
    assert clocks(decision) == []


def test_the_reflection_time_begins_when_it_was_offered() -> None:
    decision = identification("potential_victim", reflection_offered="yes", **ADULT)
    assert "reflection_period" in clocks(decision)
    assert "reflection_period" not in clocks(identification("potential_victim", reflection_offered="no", **ADULT))


def test_an_adult_at_risk_has_a_case_and_nobody_is_told() -> None:
    decision = identification("at_risk", **ADULT)
    assert set(done(decision)) == {"open_case", "deadline"}
    assert decision.actions[0].params["status"] == "at_risk"


def test_a_child_at_risk_is_told_to_the_child_protection_unit_alone() -> None:
    assert told(identification("at_risk", **CHILD)) == ["cpu"]


@pytest.mark.parametrize("result", ["no_indicators", "insufficient_information"])
def test_no_grounds_open_no_case_and_say_why(result: str) -> None:
    decision = identification(result, **CHILD)
    assert decision.actions == ()
    assert [entry["rule"] for entry in decision.explanation] == [result, "nobody_notified"]
    assert all(value for entry in decision.explanation for value in entry["words"].values())


@pytest.mark.parametrize("form", ["consent", "best_interest", "indicator_review"])
def test_a_follow_up_form_joins_its_case(form: str) -> None:
    decision = decided(form, case_ref="7K2M9Q")
    assert [(action.do, action.params) for action in decision.actions] == [("attach_case", {"case": "7K2M9Q"})]


@pytest.mark.parametrize(
    ("form", "role"),
    [("police_report", "police"), ("responsible_authority_notice", "responsible_authority"), ("cpu_referral", "cpu")],
)
def test_a_report_joins_its_case_first_and_then_goes_to_its_recipient(form: str, role: str) -> None:
    decision = decided(form, case_ref="7K2M9Q")
    assert decision.actions[0].do == "attach_case"
    assert told(decision) == [role]


def test_a_referral_to_the_child_protection_unit_makes_the_case_a_childs() -> None:
    decision = decided("cpu_referral", case_ref="7K2M9Q", risk_level="high")
    assert done(decision) == ["attach_case", "update_case", "notify", "deadline"]
    assert decision.actions[1].params == {"child_track": True}
    assert "deadline" not in done(decided("cpu_referral", case_ref="7K2M9Q", risk_level="low"))


def test_a_risk_assessment_meets_what_waited_for_it() -> None:
    met = [action.params["key"] for action in decided("risk_assessment").actions if action.do == "meet_deadline"]
    assert met == ["child_risk_assessment", "emergency_shelter"]


@pytest.mark.parametrize(
    ("answers", "changes"),
    [
        ({}, None),
        ({"offered_at": "2025-11-20"}, {"formal_identification": "offered"}),
        ({"answer": "later"}, {"formal_identification": "offered"}),
        ({"answer": "accepted", "interview_at": "2025-12-01T10:00:00+01:00"}, {"formal_identification": "scheduled"}),
        ({"answer": "accepted", "outcome": "pending"}, {"formal_identification": "offered"}),
        ({"answer": "declined", "offered_at": "2025-11-20"}, {"formal_identification": "declined"}),
        ({"outcome": "confirmed"}, {"status": "victim", "formal_identification": "done_confirmed"}),
        ({"outcome": "not_confirmed"}, {"formal_identification": "done_not_confirmed"}),
    ],
)
def test_formal_identification_never_lowers_a_status(answers: dict[str, Any], changes: dict[str, str] | None) -> None:
    actions = decided("formal_identification", **answers).actions
    updates = [action.params for action in actions if action.do == "update_case"]
    assert updates == ([changes] if changes else [])


def test_a_referral_goes_to_the_chosen_service_and_its_answer_is_awaited() -> None:
    decision = decided("referral", case_ref="7K2M9Q", to_org="tjeter-vizion", service=["shelter", "legal"])
    refer = next(action for action in decision.actions if action.do == "refer")
    assert (refer.params["partner"], refer.params["services"]) == ("tjeter-vizion", ["shelter", "legal"])
    assert refer.params["deadline"] == "receiver_acknowledgement"
    assert clocks(decision, "meet_deadline") == ["emergency_shelter", "first_referral"]


def test_emergency_shelter_is_reviewed_after_seventy_two_hours() -> None:
    decision = decided("referral", case_ref="7K2M9Q", to_org="nisma-arsis", service=["emergency_72h"])
    assert clocks(decision) == ["emergency_shelter"]
    assert clocks(decision, "meet_deadline") == ["first_referral"]
    assert PROCEDURE["deadlines"]["emergency_shelter"]["breach_minutes"] == 72 * 60


def test_a_log_opens_no_case() -> None:
    decision = decided("outreach_visit")
    assert decision.actions == ()
    assert len(decision.explanation) == 1


# ---- tips from the public ----


def signalled(kind: str = "signal_received", **answers: Any) -> Decision:
    return decide(Event(kind, "public_tip", {"what": "x", **answers}, NOON, NOON), PROCEDURE)


@pytest.mark.parametrize(
    ("answers", "roles"),
    [
        ({}, ["mobile_unit"]),
        ({"danger_now": "no", "child_involved": "unknown"}, ["mobile_unit"]),
        ({"danger_now": "yes"}, ["mobile_unit", "police"]),
        ({"child_involved": "yes"}, ["mobile_unit", "cpu"]),
        ({"danger_now": "yes", "child_involved": "yes"}, ["mobile_unit", "police", "cpu"]),
    ],
)
def test_a_tip_always_tells_the_unit_and_by_its_answers_the_police_and_child_protection(
    answers: dict[str, Any], roles: list[str]
) -> None:
    decision = signalled(**answers)
    assert told(decision) == roles
    assert set(done(decision)) == {"notify"}


def test_a_tip_of_danger_is_urgent_for_everybody_and_chased_sooner() -> None:
    urgent = signalled(danger_now="yes", child_involved="yes")
    assert all(action.params["urgent"] is True for action in urgent.actions)
    ladders = PROCEDURE["ladders"]
    assert ladders[urgent.actions[0].params["ladder"]][-1]["after_minutes"] < ladders["mobile_unit"][0]["after_minutes"]


def test_whoever_writes_again_is_read_by_the_unit_and_nobody_else() -> None:
    assert told(signalled("signal_added", danger_now="yes", child_involved="yes")) == ["mobile_unit"]


@pytest.mark.parametrize(("what", "key"), [("breach", "data_breach"), ("request", "data_subject_request")])
def test_what_concerns_a_persons_data_has_its_clock_until_it_is_settled(what: str, key: str) -> None:
    begun = decide(of_case("victim", form="data_protection", what=what, state="open"), PROCEDURE)
    settled = decide(of_case("victim", form="data_protection", what=what, state="settled"), PROCEDURE)
    assert (clocks(begun), clocks(begun, "meet_deadline")) == ([key], [])
    assert (clocks(settled), clocks(settled, "meet_deadline")) == ([], [key])
    assert told(begun) == told(settled) == []


@pytest.mark.parametrize("kind", ["month_1", "month_3", "month_6", "month_12"])
def test_a_follow_up_at_its_end_meets_the_reflection_period(kind: str) -> None:
    decision = decide(of_case("victim", form="follow_up", follow_kind=kind, reached=True), PROCEDURE)
    assert ("reflection_period" in clocks(decision, "meet_deadline")) is (kind != "month_1")
