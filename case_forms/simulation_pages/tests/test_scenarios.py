"""Scenarios: saved from a story, run, changed, copied, deleted; and what a red one does to a draft."""

import re
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest

from access.limits import Bounded
from audit.models import AuditEntry
from case_forms.procedure_editor.tests.editors import Editor, editor
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Scenario
from case_forms.simulation.scenarios import forget_results

from .test_trying import act, procedure, scene, tell, words  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def ana(procedure: Procedure) -> Editor:  # noqa: F811
    forget_results()
    return editor("ana")


def must(*rows: dict[str, str]) -> dict[str, str]:
    sent = {f"_must-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {"_must-count": str(len(rows)), **sent}


CALLED = {"kind": "call_to_coordinator", "within": "30"}


def save(ana: Editor, procedure: Procedure, *rows: dict[str, str], **changes: str) -> Any:  # noqa: F811
    sent = tell(go="save", _title_en="Nobody answers", **must(*(rows or (CALLED,))), **changes)
    return ana.post(f"{procedure.pk}/scenarios/new/", **sent)


def break_the_ladder(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    """A coordinator is asked to call an hour later than the scenario allows."""
    ladder = procedure.working_copy()["ladders"]["quick"]
    step = next(number for number, each in enumerate(ladder) if each["do"] == "call")
    change = {"op": "replace", "path": f"/ladders/quick/{step}/after_minutes", "value": 90}
    assert ana.save(procedure, change).status_code == 302


def test_what_happened_in_a_story_is_offered_as_what_must_hold(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    page = ana.post(f"{procedure.pk}/scenarios/new/", **tell(go="prepare", _directory="real"))
    assert page.status_code == 200, words(page)[:800]
    shown = page.content.decode()
    assert re.search(r'name="_must-0-kind".*?value="told" selected', shown, re.S)
    # "Friday" would be another one each week, and the roster another one each day.
    assert 'value="chosen" selected' in shown
    assert 'value="invented" checked' in shown
    assert not Scenario.objects.exists()


def test_a_story_is_saved_with_what_must_hold_and_that_is_recorded(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    assert save(ana, procedure, first_name="Invented").status_code == 302
    saved = Scenario.objects.get()
    assert (saved.key, str(saved), saved.changed_by, saved.is_seeded) == (
        "scenario-1",
        "Nobody answers",
        ana.user,
        False,
    )
    assert saved.expectations == [{"expect": "call_to_coordinator", "within": 30}]
    entry = AuditEntry.objects.get(action="scenario.created")
    assert (entry.target_id, entry.detail) == (procedure.key, {"scenario": "scenario-1"})
    assert "✓ holds Nobody answers" in words(ana.get(f"{procedure.pk}/scenarios/"))


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ((), {"_title_en": ""}, "Give the scenario a title."),
        ((), {"_title_en": "x" * 300}, "A title has at most 200 characters."),
        (({"kind": ""},), {}, "Say at least one thing that must hold."),
        (({"kind": "told", "role": "king", "within": "0"},), {}, "This can't be read."),
        (({"kind": "told", "role": "police", "within": "soon"},), {}, "This can't be read."),
        ((), {"_municipality": ""}, "Choose a municipality."),
    ],
)
def test_a_scenario_that_lacks_something_is_not_saved(
    ana: Editor,
    procedure: Procedure,  # noqa: F811
    rows: tuple[dict[str, str], ...],
    changes: dict[str, str],
    said: str,
) -> None:
    page = ana.post(
        f"{procedure.pk}/scenarios/new/",
        **tell(**{"go": "save", "_title_en": "Nobody answers", **must(*(rows or (CALLED,))), **changes}),
    )
    assert page.status_code == 422
    assert said in words(page)
    assert not Scenario.objects.exists()


def test_a_red_scenario_names_the_rule_and_keeps_the_draft_from_being_submitted(
    ana: Editor,
    procedure: Procedure,  # noqa: F811
) -> None:
    save(ana, procedure)
    break_the_ladder(ana, procedure)
    read = words(ana.get(f"{procedure.pk}/scenarios/"))
    assert "1 of 1 don't hold" in read
    assert "Rule:" in read
    assert "1 of 1 scenarios don't hold" in ana.get(f"{procedure.pk}/scenarios/panel/").json()["html"]
    findings = ana.get(f"{procedure.pk}/findings/").json()["findings"]
    assert [(each["is_blocking"], each["part"].startswith("/rules/")) for each in findings] == [(True, True)]
    assert "Nobody answers" in findings[0]["message"]
    ana.submit(procedure)
    assert not Procedure.objects.get(pk=procedure.pk).workflow_in_progress
    # what is in force is untouched
    assert "All 1 hold" in words(ana.get(f"{procedure.pk}/scenarios/", on="force"))


def test_whoever_submits_while_the_scenarios_still_run_is_asked_to_wait(
    ana: Editor,
    procedure: Procedure,  # noqa: F811
) -> None:
    save(ana, procedure)
    busy = Bounded(at_once=1, waiting=0, seconds=0)
    with mock.patch("case_forms.simulation_pages.checks.simulations", busy), busy.turn():
        found = ana.get(f"{procedure.pk}/findings/").json()["findings"]
        answer = ana.submit(procedure)
    assert [each["message"] for each in found] == [
        "The scenarios are still running for another page. Try again in a minute."
    ]
    page = ana.client.get(answer.url, follow=True) if answer.status_code == 302 else answer
    assert "The scenarios are still running" in page.content.decode()
    assert Procedure.objects.get(pk=procedure.pk).current_workflow_state is None


def test_a_scenario_is_opened_changed_copied_and_deleted(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    save(ana, procedure, **act(0, kind="accepts", role="police", at="45", whose="call"))
    pk = Scenario.objects.get().pk
    before = Scenario.objects.values().get()
    page = ana.get(f"{procedure.pk}/scenarios/{pk}/")
    assert page.status_code == 200
    assert "What must hold" in words(page)
    assert Scenario.objects.values().get() == before
    changed = tell(go="save", _title_en="Other", **must({"kind": "told", "role": "police", "within": "5"}))
    assert ana.post(f"{procedure.pk}/scenarios/{pk}/", **changed).status_code == 302
    assert str(Scenario.objects.get()) == "Other"
    assert ana.get(f"{procedure.pk}/scenarios/{pk}/copy/").status_code == 405
    assert ana.post(f"{procedure.pk}/scenarios/{pk}/copy/").status_code == 302
    assert sorted(map(str, Scenario.objects.all())) == ["Copy of Other", "Other"]
    assert ana.get(f"{procedure.pk}/scenarios/{pk}/delete/").status_code == 200
    assert Scenario.objects.count() == 2
    assert ana.post(f"{procedure.pk}/scenarios/{pk}/delete/").status_code == 302
    assert [str(each) for each in Scenario.objects.all()] == ["Copy of Other"]
    done = AuditEntry.objects.filter(action__startswith="scenario.").order_by("number").values_list("action", flat=True)
    assert [*done] == ["scenario.created", "scenario.changed", "scenario.created", "scenario.deleted"]


def test_a_new_scenario_that_is_saved_twice_is_one(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    page = ana.post(f"{procedure.pk}/scenarios/new/", **tell(go="prepare")).content.decode()
    found = re.search(r'name="_new_id" value="([0-9a-f-]{36})"', page)
    assert found
    written = tell(go="save", _new_id=found[1], **must({"kind": "told", "role": "police", "within": "5"}))
    for title in ("Once", "Once", "Back, and corrected"):
        written["_title_en"] = title
        assert ana.post(f"{procedure.pk}/scenarios/new/", **written).status_code == 302
        assert [str(each) for each in Scenario.objects.all()] == [title]
    written["_new_id"] = "no id"
    assert ana.post(f"{procedure.pk}/scenarios/new/", **written).status_code == 302
    assert Scenario.objects.count() == 2


def test_what_a_colleague_has_made_of_a_new_scenario_is_not_written_over_from_its_first_page(
    ana: Editor,
    procedure: Procedure,  # noqa: F811
) -> None:
    first = uuid4()
    save(ana, procedure, _new_id=str(first))
    Scenario.objects.filter(pk=first).update(title={"en": "A colleague's"}, changed_by=None)
    save(ana, procedure, _new_id=str(first))
    assert sorted(map(str, Scenario.objects.all())) == ["A colleague's", "Nobody answers"]
    Scenario.objects.filter(pk=first).update(changed_by=ana.user, is_approved=True)
    save(ana, procedure, _new_id=str(first))
    assert Scenario.objects.count() == 3
    assert str(Scenario.objects.get(pk=first)) == "A colleague's"


def test_the_id_of_another_procedures_scenario_makes_a_new_one(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    other = Scenario.objects.create(procedure="another", key="one", title={"en": "One"}, story={}, expectations=[])
    save(ana, procedure, _new_id=str(other.pk))
    assert sorted(Scenario.objects.values_list("procedure", flat=True)) == sorted(["another", procedure.key])
    other.refresh_from_db()
    assert other.title == {"en": "One"}


def test_who_presses_delete_twice_comes_to_the_list(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    save(ana, procedure)
    address = f"{procedure.pk}/scenarios/{Scenario.objects.get().pk}/delete/"
    ana.post(address)
    again = ana.post(address)
    assert again.status_code == 302
    assert "There is no such scenario any more." in ana.client.get(again.url).content.decode()
    assert AuditEntry.objects.filter(action="scenario.deleted").count() == 1


def test_a_scenario_of_another_procedure_is_not_found(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    other = Scenario.objects.create(procedure="another", key="one", title={"en": "One"}, story={}, expectations=[])
    for what in ("", "copy/", "delete/"):
        assert ana.post(f"{procedure.pk}/scenarios/{other.pk}/{what}").status_code == 404
    assert Scenario.objects.filter(pk=other.pk).exists()


def test_a_scenario_that_can_not_be_read_is_red_and_opens(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    Scenario.objects.create(procedure=procedure.key, key="old", title={"en": "Old"}, story={"form": 3}, expectations=[])
    assert "This scenario can't be read" in words(ana.get(f"{procedure.pk}/scenarios/"))
    pk = Scenario.objects.get().pk
    assert ana.get(f"{procedure.pk}/scenarios/{pk}/").status_code in (200, 422)


def test_what_a_row_holds_without_a_field_survives_editing(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    kept = act(0, kind="form", was="form", form="small_follow_up", at="60", kept='{"answers": {"x": 1}, "fill": false}')
    save(ana, procedure, **kept)
    story = Scenario.objects.get().story
    assert story["acts"] == [{"do": "form", "form": "small_follow_up", "at": 60, "answers": {"x": 1}, "fill": False}]


def test_a_procedure_without_scenarios_says_what_to_do(ana: Editor, procedure: Procedure) -> None:  # noqa: F811
    assert "There is no scenario yet." in words(ana.get(f"{procedure.pk}/scenarios/"))
