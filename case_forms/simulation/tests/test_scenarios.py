"""Scenarios: the shipped ones hold, a red one names what is to blame, and what is unchanged is reused."""

import copy
import pickle
from unittest import mock

import pytest

from access.models import Region
from case_forms.form_builder.models import ChoiceList
from case_forms.procedures.models import ProcedureVersion
from case_forms.simulation import scenarios as running
from case_forms.simulation import told
from case_forms.simulation.expectations import ExpectationsRefused, get_registry, read_expectations
from case_forms.simulation.models import Scenario
from case_forms.simulation.scenarios import find_uncovered, forget_results, run_scenarios
from case_forms.simulation.seeding import get_rules_of_shipped, read_shipped, seed_scenarios
from case_forms.simulation.simulate import simulate
from tests.seeds import lay_down_demo
from tests.world.scene import make_scene

from .stories import tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget_results()
    yield
    forget_results()


@pytest.fixture
def scene():
    return make_scene()


def scenario(scene, key="one", *, expects=(), acts=(), **more):
    story = tell(scene, *acts, directory="invented", at="2026-03-06T23:40", **more)
    return Scenario(
        procedure="small_procedure",
        key=key,
        title={"sq": key, "en": key},
        story=story.to_json(),
        expectations=list(expects),
    )


def run(scene, *scenarios, **changes):
    return run_scenarios({**scene.procedure.definition, **changes}, scenarios)


def outcome(scene, expectation, **more):
    (result,) = run(scene, scenario(scene, expects=[expectation], **more))
    (checked,) = result.checked
    assert checked.words["sq"]
    assert checked.words["en"]
    assert checked.outcome.why["sq"]
    return checked.outcome


def test_the_shipped_scenarios_hold_for_the_shipped_procedure():
    lay_down_demo()
    definition = ProcedureVersion.objects.in_force().definition
    results = run_scenarios(definition, read_shipped())
    assert len(results) >= 20
    assert [(result.key, result.problem.get("en")) for result in results if not result.holds] == []
    assert not [entry for result in results for entry in result.timeline.of_kind("act.impossible", "put_aside")]
    # Which rules apply in each is written beside it: a scenario comes to a changed procedure only with its rules.
    assert {result.key: result.rules for result in results} == get_rules_of_shipped()
    # Those that are reached; the others are listed for whoever writes the next scenario.
    uncovered = find_uncovered(definition, results)
    # These apply when the organisation chooses otherwise in the procedure's settings: a story can't.
    assert uncovered.rules == (
        "adult_refuses_alert",
        "adult_refuses_none",
        "adult_not_asked_ask",
        "session_report_asked",
    )
    assert uncovered.steps == ()
    words = [checked.words["en"] for result in results for checked in result.checked]
    assert "A clock is started: 72-hour emergency shelter" in words or any("shelter" in each for each in words)
    assert not [each for each in words if any(key in each for key in definition["deadlines"])]


def test_a_shipped_procedure_that_forgets_the_police_turns_scenarios_red_and_names_the_rule():
    lay_down_demo()
    definition = copy.deepcopy(ProcedureVersion.objects.in_force().definition)
    rule = next(rule for rule in definition["rules"] if rule["key"] == "tell_police")
    rule["when"] = False
    shipped = [each for each in read_shipped() if each.key in ("adult", "refused_consent")]
    adult, refused = run_scenarios(definition, shipped)
    assert refused.holds
    told = adult.checked[0].outcome
    assert (told.holds, told.rule) == (False, "tell_police")


@pytest.mark.parametrize(
    ("expectation", "holds"),
    [
        ({"expect": "told", "role": "police"}, True),
        ({"expect": "told", "role": "cpu"}, False),
        ({"expect": "told", "role": "school"}, False),
        ({"expect": "not_told", "role": "cpu"}, True),
        ({"expect": "not_told", "role": "police"}, False),
        ({"expect": "nobody_told"}, False),
        ({"expect": "accepted_or_call_within", "role": "police", "within": 30}, True),
        ({"expect": "accepted_or_call_within", "role": "police", "within": 29}, False),
        ({"expect": "accepted_or_call_within", "role": "cpu", "within": 30}, False),
        ({"expect": "call_to_coordinator", "within": 30}, True),
        ({"expect": "call_to_coordinator", "within": 29}, False),
        ({"expect": "status_is", "status": "potential_victim"}, True),
        ({"expect": "status_is", "status": ""}, False),
        ({"expect": "deadline_started", "deadline": "police_report"}, True),
        ({"expect": "deadline_started", "deadline": "assessment"}, False),
        ({"expect": "deadline_met", "deadline": "police_report", "within": 30}, False),
        ({"expect": "task_open", "deadline": "police_report", "within": 525_600}, True),
        ({"expect": "task_open", "deadline": "police_report", "within": 1}, False),
        ({"expect": "task_open", "deadline": "assessment", "within": 525_600}, False),
        ({"expect": "brief_contains_no", "question": "story"}, True),
        ({"expect": "brief_contains", "question": "story", "role": "police"}, False),
        ({"expect": "document_made", "document": "summary", "within": 525_600}, False),
    ],
)
def test_an_expectation_holds_or_does_not(scene, expectation, holds):
    assert outcome(scene, expectation).holds is holds


def test_every_kind_of_expectation_is_tried_here():
    tried = {
        mark.args[1][number][0]["expect"]
        for mark in test_an_expectation_holds_or_does_not.pytestmark
        if mark.name == "parametrize"
        for number in range(len(mark.args[1]))
    }
    assert tried == set(get_registry())


def test_that_there_is_no_case_is_said_in_words(scene):
    (expectation,) = read_expectations([{"expect": "status_is", "status": ""}])
    assert expectation.describe() == {"sq": "Statusi i rastit: asnjë rast", "en": "The case's status: no case"}


def test_an_answer_in_time_counts_as_well_as_a_call(scene):
    acts = [{"do": "accepts", "role": "police", "at": 7}]
    found = outcome(scene, {"expect": "accepted_or_call_within", "role": "police", "within": 10}, acts=acts)
    assert found.holds
    assert found.entry is not None
    met = outcome(scene, {"expect": "deadline_met", "deadline": "police_report", "within": 7}, acts=acts)
    assert met.holds


def test_expectations_that_cannot_be_read_are_refused_where_they_are_wrong():
    with pytest.raises(ExpectationsRefused) as refused:
        read_expectations([{"expect": "told"}, {"expect": "miracles"}, {"expect": "told", "role": "pope"}, 5])
    assert [problem.path for problem in refused.value.problems] == ["/0/role", "/1/expect", "/2/role", "/3/expect"]
    for came in (None, {}, [{}] * 41):
        with pytest.raises(ExpectationsRefused):
            read_expectations(came)


def test_a_scenario_that_cannot_be_read_or_begun_is_red_and_stops_no_other(scene):
    damaged = scenario(scene, "damaged")
    damaged.story = {"form": 5}
    impossible = scenario(scene, "impossible")
    impossible.story = {**impossible.story, "form": "nothing"}
    results = run(scene, damaged, impossible, scenario(scene, "sound", expects=[{"expect": "told", "role": "police"}]))
    assert [(result.key, result.holds, bool(result.problem)) for result in results] == [
        ("damaged", False, True),
        ("impossible", False, True),
        ("sound", True, False),
    ]


def test_a_fault_in_one_scenario_is_said_at_it_and_stops_no_other(scene, monkeypatch):
    def tell_or_break(story, **more):
        if story.answers.get("story") == "breaks":
            raise LookupError(story.answers["story"])
        return simulate(story, **more)

    monkeypatch.setattr(running, "simulate", tell_or_break)
    told_well = scenario(scene, "sound", expects=[{"expect": "told", "role": "police"}])
    broken, sound = run(scene, scenario(scene, "broken", answers={"story": "breaks"}), told_well)
    assert (broken.holds, sound.holds) == (False, True)
    assert broken.problem["sq"] != broken.problem["en"] != ""


def test_rules_and_steps_that_no_scenario_reaches_are_listed(scene):
    answered = [{"do": "accepts", "role": role, "at": 15} for role in ("police", "responsible_authority")]
    definition = scene.procedure.definition
    uncovered = find_uncovered(definition, run(scene, scenario(scene, acts=answered)))
    assert "tell" not in uncovered.rules
    assert {"tell_cpu", "refer"} <= set(uncovered.rules)
    assert uncovered.steps == (("quick", 1), ("quick", 2))
    assert find_uncovered(definition, run(scene, scenario(scene))).steps == ()


def lived_through(scene, scenarios, **changes):
    """Run them, and count the stories that were lived through anew."""
    with mock.patch.object(running, "simulate", wraps=running.simulate) as simulate:
        results = run(scene, *scenarios, **changes)
    return simulate.call_count, results


def test_a_result_is_reused_until_something_that_it_depends_on_changes(scene):
    one = scenario(scene, expects=[{"expect": "told", "role": "police"}])
    assert lived_through(scene, [one])[0] == 1
    again, (result,) = lived_through(scene, [one])
    assert (again, result.reused, result.holds) == (0, True, True)
    other = scenario(scene, answers={"danger": "yes"})
    assert lived_through(scene, [one, other])[0] == 1
    slower = {"quick": [{"after_minutes": 45, "do": "call", "repeat_minutes": 60}]}
    assert lived_through(scene, [one], ladders=slower)[0] == 1


def forget_in_this_process():
    """As after a restart, or in another process."""
    told.memory._by_key.clear()


def test_what_a_shipped_scenario_came_to_is_still_known_after_a_restart(scene):
    shipped = scenario(scene, expects=[{"expect": "told", "role": "police"}])
    shipped.is_seeded = True
    assert lived_through(scene, [shipped])[0] == 1
    forget_in_this_process()
    again, (result,) = lived_through(scene, [shipped])
    assert (again, result.reused, result.holds) == (0, True, True)
    # Under a procedure that leads it elsewhere it is told anew.
    forget_in_this_process()
    slower = {"quick": [{"after_minutes": 45, "do": "call", "repeat_minutes": 60}]}
    assert lived_through(scene, [shipped], ladders=slower)[0] == 1


def test_what_is_shared_of_a_story_says_the_procedure_once_and_all_that_its_reader_sees(scene):
    shipped = scenario(scene)
    shipped.is_seeded = True
    lived_through(scene, [shipped])
    (whole,) = told.memory._by_key.values()
    laid_down = pickle.dumps(whole)
    shared = pickle.loads(laid_down)  # noqa: S301  # what was just written
    assert laid_down.count(b'"key":"tell_cpu"') == 1
    assert laid_down.count(b"tell_cpu") == 1
    assert shared.timeline.entries == whole.timeline.entries
    before, after = whole.timeline.rules, shared.as_told_by(whole.procedure).rules
    assert before == after
    assert [(rule.condition, rule.values) for rule in before] == [(rule.condition, rule.values) for rule in after]


def test_what_somebody_wrote_into_a_scenario_is_in_no_cache(scene):
    own = scenario(scene, answers={"story": "A car with a red door"})
    with mock.patch.object(told.caches["default"], "set") as kept:
        assert lived_through(scene, [own])[0] == 1
    kept.assert_not_called()
    forget_in_this_process()
    assert lived_through(scene, [own])[0] == 1


@pytest.mark.parametrize("what", ["release", "list", "place"])
def test_after_a_restart_a_story_is_told_anew_when_what_it_reads_is_not_as_it_was(scene, what, monkeypatch):
    shipped = scenario(scene)
    shipped.is_seeded = True
    lived_through(scene, [shipped])
    forget_in_this_process()
    if what == "release":
        monkeypatch.setattr(told, "hash_sources", lambda: "another")
    elif what == "list":
        ChoiceList.objects.create(key="colours", choices=[{"value": "red", "label": {"en": "Red"}}])
    else:
        Region.objects.update(name="Elsewhere")
    assert lived_through(scene, [shipped])[0] == 1


def test_another_release_is_another_one_also_in_a_folder_called_tests(tmp_path, settings):
    settings.ROOT = tmp_path / "tests" / "system"
    (settings.ROOT / "site/tests").mkdir(parents=True)
    code, test = settings.ROOT / "site/decide.py", settings.ROOT / "site/tests/test_decide.py"
    for path in (settings.ROOT / "requirements.txt", code, test):
        path.touch()
    before = told.hash_sources.__wrapped__()
    test.write_text("assert True")
    assert told.hash_sources.__wrapped__() == before
    code.write_text("HOURS = 2")
    assert told.hash_sources.__wrapped__() != before


def test_a_rule_that_decides_nothing_new_about_a_story_leaves_its_result(scene):
    told = scenario(scene, expects=[{"expect": "told", "role": "police"}])
    run(scene, told)
    rules = copy.deepcopy(scene.procedure.definition["rules"])
    cpu = next(rule for rule in rules if rule["key"] == "tell_cpu")
    cpu["when"] = {"==": [{"var": "result"}, "nothing of the kind"]}
    lived, (result,) = lived_through(scene, [told], rules=rules)
    assert (lived, result.holds) == (0, True)
    # What it says of the rule is nevertheless what the rule says now.
    assert (
        "nothing of the kind" in next(rule for rule in result.timeline.rules if rule.key == "tell_cpu").condition["en"]
    )


def test_a_new_rule_about_what_comes_later_is_tried_and_applies_in_its_own_minute(scene):
    answered = [{"do": "accepts", "role": "police", "at": 7}]
    told = scenario(scene, expects=[{"expect": "told", "role": "cpu", "within": 10}], acts=answered)
    (before,) = run(scene, told)
    assert not before.holds
    then = {"do": "notify", "role": "cpu", "ladder": "quick"}
    words = {"sq": "Policia pranoi.", "en": "The police accepted."}
    later = {
        "key": "after_police",
        "title": words,
        "on": "notice_accepted",
        "when": {"==": [{"var": "_role"}, "police"]},
        "words": words,
        "then": [then],
    }
    rules = [*scene.procedure.definition["rules"], later]
    lived, (result,) = lived_through(scene, [told], rules=rules)
    assert (lived, result.holds) == (1, True)
    assert "after_police" in result.rules
    owed = next(entry for entry in result.timeline.of_kind("notice.owed") if entry.role == "cpu")
    assert (owed.minute, owed.rule) == (7, "after_police")


def test_what_must_hold_is_looked_at_anew_without_telling_the_story_again(scene):
    run(scene, scenario(scene, expects=[{"expect": "told", "role": "police"}]))
    lived, (result,) = lived_through(scene, [scenario(scene, expects=[{"expect": "told", "role": "cpu"}])])
    assert (lived, result.holds) == (0, False)


def test_shipped_scenarios_are_refreshed_and_changed_ones_stay():
    assert seed_scenarios() >= 20
    assert seed_scenarios() == 0
    Scenario.objects.filter(key="adult").update(expectations=[], is_seeded=False)
    Scenario.objects.filter(key="child").update(expectations=[])
    assert seed_scenarios() == 1
    assert Scenario.objects.get(key="adult").expectations == []
    assert Scenario.objects.get(key="child").expectations
