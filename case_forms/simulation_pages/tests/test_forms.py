"""A form's draft is held against the scenarios that send it."""

from typing import Any

import pytest

from case_forms.form_builder.actions import save_definition
from case_forms.form_builder.models import FormDefinition
from case_forms.procedure_editor.tests.editors import Editor, editor
from case_forms.procedures.models import Procedure
from case_forms.simulation.scenarios import forget_results

from .test_scenarios import save
from .test_trying import procedure, scene, words  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def ana(procedure: Procedure) -> Editor:  # noqa: F811
    forget_results()
    who = editor("ana")
    save(who, procedure, {"kind": "status_is", "status": "potential_victim"})
    return who


def read(who: Editor, form: str = "small_identification") -> Any:
    return who.get(f"forms/{form}/")


def test_the_scenarios_run_with_the_forms_draft(ana: Editor) -> None:
    assert "All 1 hold" in words(read(ana))
    definition = FormDefinition.objects.get(key="small_identification").working_copy()
    result = next(item for part in definition["sections"] for item in part["items"] if item["key"] == "result")
    # The draft no longer asks what its rules read, so nothing opens a case.
    result["relevant"] = {"==": [{"var": "danger"}, "yes"]}
    save_definition(key="small_identification", definition=definition)
    assert "1 of 1 don't hold" in words(read(ana))


def test_the_forms_page_leads_to_them_and_a_form_in_none_says_so(ana: Editor) -> None:
    form = FormDefinition.objects.get(key="small_identification")
    page = ana.client.get(f"/cms/forms/edit/{form.pk}/").content.decode()
    assert "/cms/procedures/forms/small_identification/" in page
    assert "No scenario sends this form." in words(read(ana, "small_follow_up"))
    assert read(ana, "no_such_form").status_code == 404
