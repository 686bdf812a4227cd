"""What an organisation chooses: checked, held against the forms both ways, read in conditions, careful when missing."""

import copy
from typing import Any

import pytest
from django.utils import timezone, translation

from case_forms.cases.models import Case, CaseEvent
from case_forms.form_builder.actions import DefinitionRefused, publish_form, save_definition
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.dependents import in_motion
from notifications.outbox.models import Notice
from tests.world.forms import publish, small_form, texts
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import ProcedureRefused
from ..checker import check_procedure
from ..definition import parse_procedure
from ..rule_needs import FormSide, get_needs

NAME = "_setting_who_reads"
SETTING: dict[str, Any] = {
    "label": {"sq": "kush e lexon emrin", "en": "who reads the name"},
    "choices": [
        {"value": "police", "label": {"sq": "policia", "en": "the police"}},
        {"value": "nobody", "label": {"sq": "askush", "en": "nobody"}},
    ],
    "default": "police",
    "basis": "test",
    "confidence": "proposal",
    "for_lawyer": True,
}
BY_SETTING = {"==": [{"var": NAME}, "police"]}


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def procedure(**change: Any) -> dict[str, Any]:
    return {**small_procedure(), "settings": {"who_reads": {**copy.deepcopy(SETTING), **change}}}


def form(rule: Any = BY_SETTING) -> dict[str, Any]:
    changed = small_form()
    asked = next(item for item in changed["sections"][1]["items"] if item["key"] == "first_name")
    asked["shared_with"] = {"police": rule}
    return changed


def codes(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in check_procedure(definition)]


# ---- checking ----


def test_a_setting_in_order_is_no_problem_and_no_procedure_needs_any() -> None:
    assert codes(procedure()) == codes(procedure(value="nobody")) == codes(small_procedure()) == []


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"default": "somebody"}, "default", "not_a_choice"),
        ({"value": "somebody"}, "value", "not_a_choice"),
        ({"choices": SETTING["choices"][:1]}, "choices", "no_choices"),
        ({"choices": [*SETTING["choices"], SETTING["choices"][0]]}, "choices/2/value", "doubled_key"),
        ({"choices": [*SETTING["choices"], {"value": "X y", "label": texts("x")}]}, "choices/2/value", "bad_key"),
        ({"choices": [*SETTING["choices"], 7]}, "choices/2", "wrong_type"),
        ({"label": {"sq": "x"}}, "label", "missing_text"),
        ({"basis": ""}, "basis", "missing"),
        ({"confidence": "sure"}, "confidence", "not_a_choice"),
        ({"for_lawyer": "yes"}, "for_lawyer", "wrong_type"),
        ({"law": "x"}, "law", "unknown_name"),
    ],
)
def test_a_setting_says_its_choices_and_what_it_rests_on(change: dict[str, Any], path: str, code: str) -> None:
    assert (f"/settings/who_reads/{path}", code) in codes(procedure(**change))


def test_a_setting_of_another_shape_is_a_problem_and_no_error() -> None:
    for wrong in ([], 7, {"who_reads": 7}, {"Who reads": SETTING}):
        assert codes({**small_procedure(), "settings": wrong})


def test_a_rule_reads_only_the_settings_there_are_and_the_choices_they_offer() -> None:
    for rule, code in (
        ({"==": [{"var": "_setting_other"}, "x"]}, "unknown_setting"),
        ({"==": [{"var": NAME}, "somebody"]}, "bad_expression"),
    ):
        wrong = procedure()
        wrong["rules"][0]["when"] = rule
        assert codes(wrong) == [("/rules/0/when", code)]


def test_a_form_reads_settings_where_it_shares_and_nowhere_else() -> None:
    assert check_definition(form()) == []
    hidden = small_form()
    hidden["sections"][1]["items"][2]["relevant"] = BY_SETTING
    assert [problem.code for problem in check_definition(hidden)] == ["unknown_reference"]
    for name in ("_setting_", "_setting_X", "_settings"):
        assert [each.code for each in check_definition(form({"==": [{"var": name}, "x"]}))] == ["unknown_reference"]


# ---- forms and procedures hold each other ----


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def test_a_form_that_shares_on_a_setting_waits_for_a_procedure_that_has_it(scene: Scene) -> None:
    draft = save_definition(key="small_identification", definition=form())
    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=draft)
    assert [(each.path, each.code) for each in refused.value.problems] == [("/sections/1/items/2", "no_setting")]
    enact(procedure(), since=timezone.now())
    assert publish_form(form=draft).number == 2


def test_a_form_is_not_published_on_a_choice_that_is_not_offered(scene: Scene) -> None:
    enact(procedure(), since=timezone.now())
    draft = save_definition(key="small_identification", definition=form({"==": [{"var": NAME}, "everybody"]}))
    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=draft)
    assert [each.code for each in refused.value.problems] == ["setting_value"]


def test_a_procedure_keeps_the_settings_that_forms_read(scene: Scene) -> None:
    enact(procedure(), since=timezone.now())
    publish(form())
    with pytest.raises(ProcedureRefused) as refused:
        enact(small_procedure(), since=timezone.now())
    assert [(each.path, each.code) for each in refused.value.problems] == [("/settings", "no_setting")]
    enact(procedure(value="nobody"), since=timezone.now())


def test_a_rule_for_a_choice_that_nobody_made_is_no_dead_rule() -> None:
    changed = procedure()
    changed["rules"][0]["when"] = {
        "and": [{"==": [{"var": "result"}, "potential_victim"]}, {"==": [{"var": NAME}, "nobody"]}]
    }
    assert get_needs(parse_procedure(changed))[0].breaks(FormSide(parse_form(small_form()))) == frozenset()


def test_conditions_on_a_setting_are_read_back_in_its_own_words(scene: Scene) -> None:
    changed = procedure()
    changed["rules"][0]["when"] = {"and": [{"==": [{"var": "result"}, "potential_victim"]}, BY_SETTING]}
    enact(changed, since=timezone.now())
    told = in_motion("small_identification", parse_form(small_form()), parse_form(small_form()), "en").effects
    assert any("who reads the name" in effect.after and "the police" in effect.after for effect in told)
    scene.send(age_stated=30)
    event = CaseEvent.objects.get()
    because = next(entry["because"] for entry in event.explanation if entry["rule"] == "tell")  # type: ignore[attr-defined]
    assert "kush e lexon emrin" in because["sq"]


# ---- sharing ----


def read_by_the_police() -> set[str]:
    brief = Notice.objects.filter(role="police").latest("owed_at").brief
    return {row["key"] for section in brief["sections"] for row in section["rows"]}


@pytest.mark.parametrize(("value", "reads"), [(None, True), ("police", True), ("nobody", False)])
def test_an_answer_is_shared_as_the_organisation_chose(scene: Scene, value: str | None, reads: bool) -> None:
    enact(procedure(**({"value": value} if value else {})), since=timezone.now())
    scene.form = publish(form())
    scene.send(age_stated=30, first_name="Ana")
    assert ("first_name" in read_by_the_police()) is reads
    assert "settings" not in {entry["rule"] for entry in CaseEvent.objects.get().explanation}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", [BY_SETTING, {"!=": [{"var": NAME}, "nobody"]}])
def test_a_setting_that_is_missing_shares_nothing_and_the_case_says_so(
    scene: Scene, rule: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case of before, under a procedure without it, whatever way the condition is written."""
    monkeypatch.setattr("case_forms.procedures.in_motion.setting_problems", lambda *_args: iter(()))
    scene.form = publish(form(rule))
    scene.send(age_stated=30, first_name="Ana")
    assert "first_name" not in read_by_the_police()
    said = [entry["words"]["en"] for entry in CaseEvent.objects.get().explanation if entry["rule"] == "settings"]  # type: ignore[attr-defined]
    assert len(said) == 1
    assert "Phone the recipients" in said[0]
    assert Case.objects.count() == 1
