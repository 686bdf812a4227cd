"""No edit of a form silently ends what a procedure does with it: each door a form comes through is tried."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.query import QuerySet
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from case_forms.cases.models import Case
from case_forms.form_builder.actions import (
    DefinitionRefused,
    archive_form,
    publish_form,
    replace_draft,
    restore_version,
    save_definition,
)
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.lists import resolved
from case_forms.form_builder.models import ChoiceList, FormDefinition, FormVersion
from case_forms.form_builder.tests.coordinators import Person, lay_ground, person
from case_forms.submissions.seeding import reference
from case_forms.submissions.seeding.reference import form_files, procedure_files, seed_definitions
from tests.world.forms import question, small_follow_up, small_form, texts
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import ProcedureRefused, publish_procedure, save_procedure
from ..definition import parse_procedure
from ..form_guard import standing_versions
from ..models import ProcedureVersion
from ..rule_needs import FormSide, get_needs, may_match_none

Form = dict[str, Any]
Change = Callable[[Form], None]


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def item(form: Form, key: str) -> dict[str, Any]:
    return next(each for section in form["sections"] for each in section["items"] if each["key"] == key)


def without(form: Form, key: str) -> None:
    for section in form["sections"]:
        section["items"] = [each for each in section["items"] if each["key"] != key]


def rename_value(form: Form, key: str, old: str, new: str) -> None:
    for choice in item(form, key)["choices"]:
        if choice["value"] == old:
            choice.update(value=new, label=texts("Quite another label"))


def into_a_group(form: Form, key: str) -> None:
    moved = item(form, key)
    without(form, key)
    form["sections"][1]["items"].append(
        {"item": "repeat", "key": "group", "label": texts("Group"), "items": [moved | {"required": False}]}
    )


def drop_what_reads_the_result(form: Form) -> None:
    del form["sections"][2]["relevant"]
    item(form, "story").pop("required")


def on_result(change: Change) -> Change:
    def changed(form: Form) -> None:
        drop_what_reads_the_result(form)
        change(form)

    return changed


BREAKING: dict[str, tuple[Change, str]] = {
    "question deleted": (on_result(lambda form: without(form, "result")), "does not ask “Result”"),
    "question renamed": (on_result(lambda form: item(form, "result").update(key="outcome")), "does not ask “Result”"),
    "value renamed": (
        on_result(lambda form: rename_value(form, "result", "potential_victim", "vmt")),
        "“Result” does not offer a choice with the value “potential_victim”",
    ),
    "choice deleted": (
        on_result(lambda form: item(form, "result")["choices"].pop(0)),
        "“Result” does not offer a choice with the value “potential_victim”",
    ),
    "moved into a repeat group": (
        on_result(lambda form: into_a_group(form, "result")),
        "“Result” is in a repeat group",
    ),
    "made to take several": (
        on_result(lambda form: item(form, "result").update(type="select_many")),
        "“Result” is of a different type",
    ),
    "made a number": (
        on_result(lambda form: (item(form, "result").update(type="integer"), item(form, "result").pop("choices"))),
        "“Result” is of a different type",
    ),
    "hidden": (
        on_result(
            lambda form: (
                item(form, "result").update(type="hidden", required=False) or item(form, "result").pop("choices")
            )
        ),
        "nobody can answer “Result”",
    ),
    "read only with another default": (
        on_result(lambda form: item(form, "result").update(read_only=True, default="not_victim")),
        "no answers to this form can make it apply",
    ),
    "filtered out": (
        on_result(
            lambda form: item(form, "result").update(
                choice_filter={"!=": [{"var": "choice.value"}, "potential_victim"]}
            )
        ),
        "does not offer a choice with the value “potential_victim”",
    ),
    "forbidden by its own check": (
        on_result(
            lambda form: item(form, "result").update(
                constraint={"expr": {"!=": [{"var": "result"}, "potential_victim"]}, "message": texts("No.")}
            )
        ),
        "no answers to this form can make it apply",
    ),
    "place made a free choice": (
        lambda form: item(form, "municipality").update(
            type="select_one", choices=[{"value": "vlore", "label": texts("Vlora")}]
        ),
        "“Municipality” is not the type of question",
    ),
    "place no longer needed": (
        lambda form: item(form, "municipality").update(required=False),
        "“Municipality” may be left out",
    ),
    "a fact's question deleted": (
        lambda form: without(form, "age_stated"),
        "The rule “Child” of",
    ),
    "made a form for the public": (
        lambda form: form.update(
            audience="public", sections=[form["sections"][0] | {"items": [question("what", "text")]}]
        ),
        "the form is filled in by people other",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_an_edit_that_ends_a_rule_is_refused_with_the_rule_named(scene: Scene, name: str) -> None:
    change, words = BREAKING[name]
    definition = small_form()
    change(definition)
    form = save_definition(key=definition["key"], definition=definition)

    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=form)

    told = [str(problem.message) for problem in refused.value.problems]
    assert any(words in each for each in told), told
    assert any(each.startswith("The rule “") for each in told), told
    assert form.versions.count() == 1


KEEPING: dict[str, Change] = {
    "nothing": lambda form: None,
    "words": lambda form: item(form, "result").update(label=texts("What it came to")),
    "words of a choice": lambda form: item(form, "result")["choices"][0].update(label=texts("VMT")),
    "one more choice": lambda form: item(form, "result")["choices"].append({"value": "x", "label": texts("X")}),
    "a question no rule reads": lambda form: without(form, "weight"),
    "a value no rule reads": lambda form: rename_value(form, "needs", "doctor", "nurse"),
}


@pytest.mark.parametrize("name", KEEPING)
def test_an_edit_that_no_rule_minds_is_published(scene: Scene, name: str) -> None:
    definition = small_form()
    definition["title"] = texts("Edited")
    KEEPING[name](definition)
    assert publish_form(form=save_definition(key=definition["key"], definition=definition)).number == 2


def test_a_form_is_not_archived_under_a_rule_that_names_it(scene: Scene) -> None:
    by = get_person()
    with pytest.raises(DefinitionRefused, match="rule_archived"):
        archive_form(form=scene.form.form, is_archived=True, by=by.user)
    assert not FormDefinition.objects.get(pk=scene.form.form_id).is_archived


def test_a_form_that_no_rule_names_is_archived_and_taken_back(scene: Scene) -> None:
    other = publish_form(form=save_definition(key="other", definition=small_form() | {"key": "other"}))
    by = get_person()
    assert archive_form(form=other.form, is_archived=True, by=by.user)
    assert archive_form(form=other.form, is_archived=False, by=by.user)


def test_a_procedure_that_is_only_scheduled_counts_too(scene: Scene) -> None:
    later = small_procedure()
    later["rules"].append(
        {
            "key": "needs",
            "title": texts("Needs"),
            "on": "submission_received",
            "forms": ["small_identification"],
            "when": {"in": ["doctor", {"var": "needs"}]},
            "words": texts("A doctor is needed."),
            "then": [],
        }
    )
    procedure = save_procedure(key="small_procedure", definition=later)
    publish_procedure(procedure=procedure, in_force_from=timezone.now() + timedelta(days=3))
    definition = small_form()
    rename_value(definition, "needs", "doctor", "nurse")

    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=save_definition(key=definition["key"], definition=definition))

    assert "in force from" in str(refused.value.problems[0].message)


def test_a_version_that_open_cases_stay_under_counts_for_forms_that_name_a_case(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    newer = small_procedure()
    newer["rules"] = [rule for rule in newer["rules"] if rule["key"] != "assessed"]
    enact(newer, since=timezone.now())
    assert [standing.cases for standing in standing_versions()] == [0, 1]
    definition = small_follow_up()
    without(definition, "assessed")
    form = save_definition(key=definition["key"], definition=definition)

    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=form)
    assert "which 1 open case follows" in str(refused.value.problems[0].message)

    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    assert publish_form(form=form).number == 2


def test_the_way_out_is_to_change_the_procedure_first(scene: Scene) -> None:
    definition = small_form()
    drop_what_reads_the_result(definition)
    definition["sections"][1]["items"].append(
        question("outcome", "select_one", required=True, choices=item(definition, "result")["choices"])
    )
    publish_form(form=save_definition(key=definition["key"], definition=definition))
    procedure = json.loads(json.dumps(small_procedure()).replace('{"var": "result"}', '{"var": "outcome"}'))
    enact(procedure, since=timezone.now())
    without(definition, "result")
    assert publish_form(form=save_definition(key=definition["key"], definition=definition)).number == 3


# ---- the doors a draft comes through; all of them end at publishing ----


def test_a_file_that_replaces_the_draft_is_held_to_the_same(scene: Scene) -> None:
    definition = small_form()
    on_result(lambda form: without(form, "result"))(definition)
    form = FormDefinition.objects.get(key="small_identification")
    replace_draft(form=form, definition=definition, by=get_person().user, origin="json")
    with pytest.raises(DefinitionRefused, match="rule_not_asked"):
        publish_form(form=form)


def test_restoring_an_old_version_is_held_to_the_same(db: None) -> None:
    old = small_form()
    on_result(lambda form: without(form, "result"))(old)
    first = publish_form(form=save_definition(key=old["key"], definition=old))
    make_scene()
    restore_version(version=first, by=get_person().user)
    with pytest.raises(DefinitionRefused, match="rule_not_asked"):
        publish_form(form=first.form)


def test_a_shared_list_that_loses_a_value_is_refused_on_its_own_page_and_when_the_form_is_published(db: None) -> None:
    made = ChoiceList.objects.create(
        key="results", title=texts("Results"), choices=item(small_form(), "result")["choices"]
    )
    definition = small_form()
    item(definition, "result").pop("choices")
    item(definition, "result")["choices_from"] = "shared:results"
    form = save_definition(key=definition["key"], definition=definition)
    publish_form(form=form)
    publish_form(form=save_definition(key="small_follow_up", definition=small_follow_up()))
    enact(small_procedure())
    ana = get_person()
    table = "value\tlabel:sq\tlabel:en\nvmt\tTjetër\tAnother\nat_risk\tb\tB\nnot_victim\tc\tC"

    page = ana.client.post(f"/cms/choice-lists/edit/{made.pk}/", {"title_sq": "R", "title_en": "R", "table": table})

    assert page.status_code == 200
    assert "The rule “Tell” of" in page.content.decode()
    made.refresh_from_db()
    assert made.choices[0]["value"] == "potential_victim"
    ChoiceList.objects.filter(pk=made.pk).update(
        choices=[{**each, "value": f"x_{each['value']}"} for each in made.choices]
    )
    with pytest.raises(DefinitionRefused, match="rule_value"):
        publish_form(form=form)


def get_person() -> Person:
    lay_ground()
    return person("ana")


# ---- people on the pages ----


def test_the_approver_sees_what_the_form_sets_in_motion_and_cannot_end_it(scene: Scene) -> None:
    """The procedure comes to read a question after the form that drops it was submitted."""
    ana = get_person()
    besa = person("besa")
    form = scene.form.form
    definition = small_form()
    without(definition, "weight")
    save_definition(key=form.key, definition=definition, by=ana.user)
    ana.submit(form)
    page = besa.get(f"edit/{form.pk}/").content.decode()
    assert "What this form triggers" in page
    assert "stops working" not in page
    assert "Notifies: anti-trafficking police officer" in page
    heavy = small_procedure()
    heavy["rules"][1]["when"]["and"].append({">": [{"var": "weight"}, 2]})
    enact(heavy, since=timezone.now())

    page = besa.get(f"edit/{form.pk}/").content.decode()
    assert "stops working" in page
    answer = besa.decide(form, "approve")

    told = besa.client.get(answer.url).content.decode()
    assert "Not published. The form is still waiting for approval." in told
    assert "The rule “Child” of" in told
    assert FormVersion.objects.filter(form=form).count() == 1


def test_a_form_that_ends_a_rule_is_not_even_submitted(scene: Scene) -> None:
    ana = get_person()
    definition = small_form()
    on_result(lambda form: without(form, "result"))(definition)
    form = save_definition(key=scene.form.form.key, definition=definition, by=ana.user)

    answer = ana.submit(form)

    page = ana.client.get(answer.url).content.decode()
    assert "The form is saved, but not submitted." in page
    assert "The rule “Tell” of “Small procedure” (version 1) would no longer work" in page
    assert not FormDefinition.objects.get(pk=form.pk).workflow_in_progress


def test_the_archive_page_names_the_rules_and_refuses(scene: Scene) -> None:
    ana = get_person()
    form = scene.form.form
    page = ana.get(f"{form.pk}/archive/").content.decode()
    assert "be archived: a procedure relies on it" in page
    assert "nobody could begin the form" in page.lower()
    assert 'name="archived"' not in page

    answer = ana.post(f"{form.pk}/archive/", archived="yes")

    assert answer.status_code == 422
    assert not FormDefinition.objects.get(pk=form.pk).is_archived


@pytest.mark.parametrize("address", ["unpublish/{pk}/", "delete/{pk}/"])
def test_there_is_no_other_way_out_of_use(scene: Scene, address: str) -> None:
    root = get_person()
    root.user.is_superuser = True
    root.user.save()
    form = scene.form.form
    assert root.post(address.format(pk=form.pk)).status_code == 404
    root.client.post(f"/cms/bulk/builder/formdefinition/delete/?id={form.pk}")
    assert FormVersion.objects.newest().filter(form=form).exists()


def test_new_answers_that_no_rule_is_about_are_a_caution_to_whoever_approves(scene: Scene) -> None:
    procedure = small_procedure()
    for value in ("at_risk", "not_victim"):
        procedure["rules"].append(
            {
                "key": value,
                "title": texts(value),
                "on": "submission_received",
                "forms": ["small_identification"],
                "when": {"==": [{"var": "result"}, value]},
                "words": texts("Nobody is told."),
                "then": [],
            }
        )
    enact(procedure, since=timezone.now())
    ana = get_person()
    form = scene.form.form
    assert "that no rule" not in ana.get(f"edit/{form.pk}/").content.decode()
    definition = small_form()
    item(definition, "result")["choices"].append({"value": "maybe", "label": texts("Maybe")})
    save_definition(key=form.key, definition=definition, by=ana.user)
    assert "that no rule" in ana.get(f"edit/{form.pk}/").content.decode()


# ---- the other way round ----


def test_a_procedure_that_compares_with_a_value_no_form_has_is_refused(scene: Scene) -> None:
    procedure = small_procedure()
    procedure["rules"][0]["when"] = {"==": [{"var": "result"}, "potential_victm"]}
    with pytest.raises(ProcedureRefused) as refused:
        enact(procedure, since=timezone.now())
    assert refused.value.problems[0].path == "/rules/0"
    assert "potential_victm" in str(refused.value.problems[0].message)


def test_a_procedure_that_is_scheduled_is_held_against_the_newest_forms(scene: Scene) -> None:
    definition = small_form()
    without(definition, "weight")
    publish_form(form=save_definition(key=definition["key"], definition=definition))
    procedure = small_procedure()
    procedure["rules"][0]["when"] = {">": [{"var": "weight"}, 40]}
    saved = save_procedure(key="small_procedure", definition=procedure)
    with pytest.raises(ProcedureRefused):
        publish_procedure(procedure=saved, in_force_from=timezone.now() + timedelta(days=30))
    assert ProcedureVersion.objects.count() == 1


def test_publishing_a_procedure_holds_every_form_meanwhile(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database locks rows, whoever publishes a form waits: on SQLite the whole transaction does."""
    locked: list[type] = []
    plain = QuerySet.select_for_update
    monkeypatch.setattr(
        QuerySet,
        "select_for_update",
        lambda self, *args, **kwargs: locked.append(self.model) or plain(self, *args, **kwargs),
    )
    enact(small_procedure(), since=timezone.now())
    assert FormDefinition in locked
    locked.clear()
    publish_form(form=scene.form.form)
    assert FormDefinition in locked
    locked.clear()
    with pytest.raises(DefinitionRefused):
        archive_form(form=scene.form.form, is_archived=True, by=scene.worker)
    assert FormDefinition in locked


# ---- what is shipped ----

SHIPPED = {form["key"]: FormSide(parse_form(resolved(form))) for form in form_files()}
RULES = [needs for procedure in procedure_files() for needs in get_needs(parse_procedure(procedure))]
NEEDED = sorted(
    {
        (key, needs.rule.key, name)
        for needs in RULES
        for key, side in SHIPPED.items()
        if needs.listens_to(key, side)
        for name in needs.reads
    }
)
COMPARED = sorted(
    {
        (key, needs.rule.key, name, value)
        for needs in RULES
        for key, side in SHIPPED.items()
        if needs.listens_to(key, side)
        for name, value in needs.compared
        if name in side.questions and side.questions[name].has("choices")
    }
)


def needs_named(key: str) -> Any:
    return next(needs for needs in RULES if needs.rule.key == key)


def test_what_is_shipped_fits_together_and_leaves_no_answer_without_a_rule() -> None:
    for key, side in SHIPPED.items():
        heard = [needs for needs in RULES if needs.listens_to(key, side)]
        # Whoever asks for a session is answered by the unit, without a procedure.
        assert bool(heard) is (key != "session_request"), key
        plain = {each for needs in heard for each in needs.breaks(side) if each.code != "never_with"}
        assert not plain, (key, plain)
        assert not may_match_none(RULES, key, side), key


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NEEDED))
def test_whatever_a_shipped_rule_reads_cannot_be_deleted(needed: tuple[str, str, str]) -> None:
    key, rule, name = needed
    definition = SHIPPED[key].form.to_json()
    without(definition, name)
    lost = needs_named(rule).breaks(FormSide(parse_form(definition)), deep=False) - needs_named(rule).breaks(
        SHIPPED[key]
    )
    assert ("not_asked", name) in {(each.code, each.name) for each in lost}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(COMPARED))
def test_no_value_that_a_shipped_rule_compares_with_can_be_renamed(compared: tuple[str, str, str, str]) -> None:
    key, rule, name, value = compared
    definition = SHIPPED[key].form.to_json()
    rename_value(definition, name, value, "renamed")
    lost = needs_named(rule).breaks(FormSide(parse_form(definition)), deep=False) - needs_named(rule).breaks(
        SHIPPED[key]
    )
    assert ("value", name, value) in {(each.code, each.name, each.value) for each in lost}


def shipped_anew(monkeypatch: pytest.MonkeyPatch, form: Form, procedure: dict[str, Any]) -> None:
    forms = [form if each["key"] == form["key"] else each for each in form_files()]
    monkeypatch.setattr(reference, "form_files", lambda: forms)
    monkeypatch.setattr(reference, "procedure_files", lambda: [procedure])


def renamed_together() -> tuple[Form, dict[str, Any]]:
    """A release in which a question and the rules that read it get another key."""
    form = next(each for each in form_files() if each["key"] == "formal_identification")
    procedure = procedure_files()[0]
    renamed = json.loads(json.dumps(form).replace('"outcome"', '"what_came_of_it"'))
    return renamed, json.loads(json.dumps(procedure).replace('{"var": "outcome"}', '{"var": "what_came_of_it"}'))


def seed_what_forms_write() -> None:
    reference.seed_case_facts(reference.read("builder", "case_facts.json")["facts"])


@pytest.mark.django_db
def test_a_release_may_change_forms_and_procedures_together(monkeypatch: pytest.MonkeyPatch) -> None:
    seed_what_forms_write()
    seed_definitions()
    shipped_anew(monkeypatch, *renamed_together())
    assert seed_definitions() == {"form versions": 1, "procedure versions": 1}
    assert seed_definitions() == {"form versions": 0, "procedure versions": 0}


@pytest.mark.django_db
def test_a_release_that_does_not_fit_what_people_changed_leaves_that_and_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seed_what_forms_write()
    seed_definitions()
    form = FormDefinition.objects.get(key="formal_identification")
    definition = form.working_copy()
    definition["title"]["en"] = "Ours"
    by = get_person().user
    publish_form(form=save_definition(key=form.key, definition=definition, by=by), by=by)
    renamed, procedure = renamed_together()
    shipped_anew(monkeypatch, renamed, procedure)

    assert seed_definitions() == {"form versions": 0, "procedure versions": 0}
    assert ProcedureVersion.objects.count() == 1
