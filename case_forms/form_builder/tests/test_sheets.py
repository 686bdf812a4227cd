"""XLSForms up and down, through the pages."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from audit.models import AuditEntry

from ..models import FormDefinition
from ..xlsform.tests.workbooks import rows, workbook
from .coordinators import Person
from .samples import sample

GOOD = rows("""
    type | name | label::Shqip (sq) | label::English (en)
    text | nickname | Si ju thërrasin? | What do they call you?
    integer | age | Mosha | Age
""")
SETTINGS = [{"form_id": "kobo", "form_title": "Nga Kobo", "default_language": "Shqip (sq)"}]


def upload(who: Person, content: bytes, **more: str) -> Any:
    given = {"kind": "assessment", "key": "", **more}
    return who.post("import/", file=SimpleUploadedFile("kobo.xlsx", content), **given)


def test_an_xlsform_becomes_a_draft(ana: Person) -> None:
    response = upload(ana, workbook(survey=GOOD, settings=SETTINGS))

    form = FormDefinition.objects.get()
    keys = [item["key"] for item in form.working_copy()["sections"][0]["items"]]
    assert (form.key, form.live, keys) == ("kobo", False, ["nickname", "age"])
    assert AuditEntry.objects.get(action="form.made").detail == {"form": "kobo", "origin": "xlsform"}
    if response.status_code == 200:  # with a report
        assert f"/cms/forms/edit/{form.pk}/" in response.content.decode()
    else:
        assert response.url == f"/cms/forms/edit/{form.pk}/"


def test_what_cannot_be_carried_is_told_by_sheet_row_and_column_and_nothing_is_saved(ana: Person) -> None:
    bad = [*GOOD, {"type": "telepathy", "name": "x", "label::Shqip (sq)": "X", "label::English (en)": "X"}]

    response = upload(ana, workbook(survey=bad, settings=SETTINGS))

    assert response.status_code == 422
    page = response.content.decode()
    assert "Nothing was imported" in page
    error = next(finding for finding in response.context["report"] if finding.severity == "error")
    assert (error.sheet, error.row) == ("survey", 4)
    assert not FormDefinition.objects.exists()

    ana.post("import/", rest=response.context["rest"])

    form = FormDefinition.objects.get()
    assert [item["key"] for item in form.working_copy()["sections"][0]["items"]] == ["nickname", "age", "x"]
    page = ana.get(f"edit/{form.pk}/")
    assert [(each["item"], each["code"]) for each in page.context["outline_problems"]] == [("x", "unknown_type")]
    assert ana.submit(form).status_code == 302
    assert not FormDefinition.objects.get().current_workflow_state


def test_the_rest_is_taken_as_the_page_had_it_or_not_at_all(sample_form: FormDefinition, ana: Person) -> None:
    bad = [*GOOD, {"type": "telepathy", "name": "x", "label::Shqip (sq)": "X", "label::English (en)": "X"}]
    shown = upload(ana, workbook(survey=bad, settings=SETTINGS), key="sample")

    assert ana.post("import/", rest=shown.context["rest"][:-1]).status_code == 302
    assert "Another form has this key." in ana.post("import/", rest=shown.context["rest"]).content.decode()
    assert FormDefinition.objects.get().working_copy() == sample()

    shown = upload(ana, workbook(survey=bad, settings=SETTINGS), key="sample", as_draft="on")
    ana.post("import/", rest=shown.context["rest"])
    assert FormDefinition.objects.get().working_copy()["title"]["sq"] == "Nga Kobo"


def test_the_kind_of_a_form_from_elsewhere_is_asked(ana: Person) -> None:
    page = upload(ana, workbook(survey=GOOD, settings=SETTINGS), kind="")

    assert page.status_code == 422
    assert "Say what the form is for." in page.content.decode()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", b"who,what\na,b\n", b"\x00" * 1000])
def test_whatever_is_uploaded_there_is_a_report(ana: Person, content: bytes) -> None:
    response = upload(ana, content)

    assert response.status_code == 422
    assert not FormDefinition.objects.exists()


def test_a_key_that_is_taken_is_refused_or_becomes_the_draft(sample_form: FormDefinition, ana: Person) -> None:
    content = workbook(survey=GOOD, settings=SETTINGS)

    refused = upload(ana, content, key="sample")
    assert refused.status_code == 422
    assert "Another form has this key." in refused.content.decode()
    assert FormDefinition.objects.get().working_copy() == sample()

    upload(ana, content, key="sample", as_draft="on")
    assert FormDefinition.objects.get().working_copy()["title"]["sq"] == "Nga Kobo"


def test_a_form_is_downloaded_as_a_workbook_that_comes_in_again(sample_form: FormDefinition, ana: Person) -> None:
    response = ana.get(f"{sample_form.pk}/export.xlsx")

    assert response["Content-Disposition"] == 'attachment; filename="sample.xlsx"'
    names = [row[1].value for row in load_workbook(BytesIO(response.content))["survey"].iter_rows(min_row=2)]
    assert "municipality" in names
    upload(ana, response.content, key="again")
    again = FormDefinition.objects.get(key="again").working_copy()
    assert again["sections"][1]["items"][0] == sample()["sections"][1]["items"][0]


def test_a_form_that_cannot_be_filled_is_not_downloaded_and_the_reason_is_said(
    sample_form: FormDefinition, ana: Person
) -> None:
    ana.save(sample_form, {"op": "replace", "path": "/sections/0/items/0/type", "value": "telepathy"})

    page = ana.client.get(ana.get(f"{sample_form.pk}/export.xlsx").url).content.decode()

    assert "A form that can" in page
    assert "#item-municipality" in page
