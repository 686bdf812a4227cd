"""Who changes or deletes an approved scenario: whoever approves the draft sees it, and it holds from then on."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.procedure_editor.tests.editors import Editor, editor
from case_forms.procedure_editor.tests.test_pages import text
from case_forms.procedures.models import Procedure, ProcedureVersion
from case_forms.simulation.models import Scenario

from .test_scenarios import break_the_ladder, must, procedure, save, scene, tell, words  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def ana(procedure: Procedure) -> Editor:  # noqa: F811
    return editor("ana")


@pytest.fixture
def besa(procedure: Procedure) -> Editor:  # noqa: F811
    return editor("besa")


@pytest.fixture
def approved(ana: Editor, procedure: Procedure) -> Scenario:  # noqa: F811
    save(ana, procedure)
    Scenario.objects.update(is_approved=True)
    return Scenario.objects.get()


def path(procedure: Procedure, scenario: Scenario, act: str = "") -> str:  # noqa: F811
    return f"{procedure.pk}/scenarios/{scenario.pk}/{act}"


def weaken(ana: Editor, procedure: Procedure, scenario: Scenario) -> None:  # noqa: F811
    weaker = tell(go="save", _title_en="Nobody answers", **must({"kind": "told", "role": "police", "within": "600"}))
    assert ana.post(path(procedure, scenario), **weaker).status_code == 302


def is_waiting(procedure: Procedure) -> bool:  # noqa: F811
    return Procedure.objects.get(pk=procedure.pk).workflow_in_progress


def test_a_deleted_scenario_is_shown_to_whoever_approves_and_gone_only_then(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
) -> None:
    break_the_ladder(ana, procedure)
    ana.submit(procedure)
    assert not is_waiting(procedure)
    ana.post(path(procedure, approved, "delete/"))
    assert Scenario.objects.superseded().get() == approved
    findings = ana.get(f"{procedure.pk}/findings/").json()["findings"]
    assert [each["is_blocking"] for each in findings] == [False]
    assert "As it was approved it doesn't hold" in findings[0]["message"]
    ana.submit(procedure)
    assert is_waiting(procedure)
    seen = text(besa.get(f"edit/{procedure.pk}/"))
    assert "Scenarios that were changed since the last approval" in seen
    assert "asks for less than was approved" in seen
    assert "As it was approved, it doesn't hold on this draft" in seen
    assert "ana" in seen
    besa.decide(procedure, "approve")
    assert ProcedureVersion.objects.count() == 2
    assert not Scenario.objects.exists()
    assert AuditEntry.objects.filter(action="scenario.deletion_approved").count() == 1


def test_a_weaker_scenario_takes_the_approved_ones_place_with_the_approval(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
) -> None:
    weaken(ana, procedure, approved)
    change = Scenario.objects.working().get()
    assert change.changes == approved
    assert Scenario.objects.get(pk=approved.pk).expectations == approved.expectations
    listed = words(ana.get(f"{procedure.pk}/scenarios/"))
    assert "No longer asked for: " in listed
    assert "within 600 minutes" in listed
    assert "1 change of scenarios" in ana.get(f"{procedure.pk}/scenarios/panel/").json()["html"]
    # A second change is one of the same proposal.
    weaken(ana, procedure, change)
    assert Scenario.objects.count() == 2
    break_the_ladder(ana, procedure)
    ana.submit(procedure)
    besa.decide(procedure, "approve")
    standing = Scenario.objects.get()
    assert (standing.pk, standing.key, standing.is_approved) == (change.pk, approved.key, True)


def test_what_is_restored_blocks_as_before(ana: Editor, procedure: Procedure, approved: Scenario) -> None:  # noqa: F811
    weaken(ana, procedure, approved)
    assert ana.post(path(procedure, approved, "restore/")).status_code == 302
    assert Scenario.objects.get() == approved
    ana.post(path(procedure, approved, "delete/"))
    ana.post(path(procedure, approved, "restore/"))
    assert Scenario.objects.working().get() == approved
    break_the_ladder(ana, procedure)
    ana.submit(procedure)
    assert not is_waiting(procedure)
    # Nothing is left to restore: said, and nothing done.
    before = AuditEntry.objects.count()
    assert ana.post(path(procedure, approved, "restore/")).status_code == 302
    assert AuditEntry.objects.count() == before


def test_an_approval_covers_neither_later_changes_nor_the_approving_persons_own(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
) -> None:
    break_the_ladder(ana, procedure)
    Scenario.objects.update(expectations=[])
    weaken(besa, procedure, approved)
    ana.submit(procedure)
    assert "Not part of this approval" in text(besa.get(f"edit/{procedure.pk}/"))
    besa.decide(procedure, "approve")
    assert ProcedureVersion.objects.count() == 2
    assert Scenario.objects.working().get().changes == approved
    # Another person's, but made after the draft was submitted.
    ana.submit(procedure, {"op": "replace", "path": "/ladders/quick/0/after_minutes", "value": 7})
    Scenario.objects.working().update(changed_by=ana.user, changed_at=timezone.now() + timedelta(minutes=1))
    besa.decide(procedure, "approve")
    assert ProcedureVersion.objects.count() == 3
    assert Scenario.objects.working().get().changes == approved


def test_a_shipped_scenario_that_two_people_deleted_is_not_brought_back(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
) -> None:
    Scenario.objects.update(is_seeded=True)
    ana.post(path(procedure, approved, "delete/"))
    ana.submit(procedure, {"op": "replace", "path": "/ladders/quick/0/after_minutes", "value": 7})
    besa.decide(procedure, "approve")
    assert not Scenario.objects.working().exists()
    assert not Scenario.objects.superseded().exists()
    assert Scenario.objects.filter(pk=approved.pk, is_approved=False).exists()


WRITTEN = {"_title_en": "Mine", **must({"kind": "told", "role": "police", "within": "600"})}


def open_page(who: Editor, procedure: Procedure, scenario: Scenario) -> dict[str, str]:  # noqa: F811
    """Open the scenario's page, and return what it sends along of what it was opened with."""
    page = who.get(path(procedure, scenario)).content.decode()
    return {"_opened_as": re.search(r'name="_opened_as" value="([^"]+)"', page)[1]}  # type: ignore[index]


@pytest.mark.parametrize("is_approved", [True, False])
def test_who_saves_what_somebody_has_saved_meanwhile_is_asked_and_loses_nothing(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
    is_approved: bool,
) -> None:
    Scenario.objects.update(is_approved=is_approved)
    before = open_page(ana, procedure, approved)
    weaken(besa, procedure, approved)
    page = ana.post(path(procedure, approved), **tell(go="save", **WRITTEN, **before))
    assert page.status_code == 422
    assert f"was saved by {besa.user.get_full_name()} since you opened it" in words(page)
    assert 'value="Mine"' in page.content.decode()
    assert [str(each) for each in Scenario.objects.working()] == ["Nobody answers"]
    # Whoever has seen that may press again.
    now = re.search(r'name="_opened_as" value="([^"]+)"', page.content.decode())
    assert now is not None
    again = tell(go="save", **WRITTEN, _opened_as=now[1])
    assert ana.post(path(procedure, approved), **again).status_code == 302
    assert [str(each) for each in Scenario.objects.working()] == ["Mine"]


@pytest.mark.parametrize("is_approved", [True, False])
def test_who_saves_what_somebody_has_deleted_meanwhile_can_save_it_as_a_new_one(
    ana: Editor,
    besa: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
    is_approved: bool,
) -> None:
    Scenario.objects.update(is_approved=is_approved)
    before = open_page(ana, procedure, approved)
    assert besa.post(path(procedure, approved, "delete/")).status_code == 302
    page = ana.post(path(procedure, approved), **tell(go="save", **WRITTEN, **before))
    assert page.status_code == 422
    assert "was deleted since you opened it" in words(page)
    assert f'{procedure.pk}/scenarios/new/#checked"' in page.content.decode()
    assert not Scenario.objects.working().exists()
    assert ana.post(f"{procedure.pk}/scenarios/new/", **tell(go="save", **WRITTEN)).status_code == 302
    assert [str(each) for each in Scenario.objects.working()] == ["Mine"]
    assert ana.get(path(procedure, approved)).status_code == 404


def test_a_scenario_that_cannot_be_read_is_not_copied_and_that_is_said(
    ana: Editor,
    procedure: Procedure,  # noqa: F811
    approved: Scenario,
) -> None:
    approved.story = {"form": 3}
    approved.save()
    assert ana.post(path(procedure, approved, "copy/")).status_code == 302
    assert "This scenario can't be read" in words(ana.get(f"{procedure.pk}/scenarios/"))
    assert Scenario.objects.count() == 1
