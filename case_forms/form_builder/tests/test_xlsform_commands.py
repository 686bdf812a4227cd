"""The commands that take XLSForms in and out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from access.models import User
from audit.models import AuditEntry

from ..actions import publish_form, save_definition
from ..models import FormDefinition
from ..xlsform.tests.canonical import canonical, differences
from ..xlsform.tests.workbooks import rows, sheets, workbook
from .samples import SAMPLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return User.objects.create_user(username="mira")


@pytest.fixture
def intake(tmp_path):
    path = tmp_path / "intake.xlsx"
    path.write_bytes(workbook(**sheets("intake"), settings=rows("form_title | form_id\nPranimi | intake_v2")))
    return path


def told(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_an_xlsform_is_kept_as_a_draft_and_the_deed_is_recorded(intake, coordinator):
    said = told("import_xlsform", intake, kind="identification", by="mira")
    form = FormDefinition.objects.get(key="intake_v2")
    assert "“intake_v2” was saved as a draft." in said
    assert form.newest_version() is None
    entry = AuditEntry.objects.get(action="form.made")
    assert (entry.actor_id, entry.detail["origin"]) == (str(coordinator.pk), "xlsform")


def test_a_check_saves_nothing(intake):
    assert "can be taken in" in told("import_xlsform", intake, kind="identification", check=True)
    assert not FormDefinition.objects.exists()


def test_a_second_time_it_must_be_said_that_the_draft_is_replaced(intake, coordinator):
    told("import_xlsform", intake, kind="identification", by="mira")
    with pytest.raises(CommandError):
        told("import_xlsform", intake, kind="identification", by="mira")
    told("import_xlsform", intake, kind="identification", by="mira", replace=True)
    assert FormDefinition.objects.get(key="intake_v2").revisions.count() == 2


def test_with_an_error_nothing_is_saved_and_the_place_is_named(tmp_path, coordinator):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(workbook(survey=rows("type | name | label | relevant\ntext | a | A | ${b} > 3")))
    out = StringIO()
    with pytest.raises(CommandError, match="nothing was saved"):
        call_command("import_xlsform", path, kind="tip", key="bad", by="mira", stdout=out)
    assert "survey row 2, relevant" in out.getvalue()
    assert "[unknown_name]" in out.getvalue()
    assert not FormDefinition.objects.exists()
    told("import_xlsform", path, kind="tip", key="bad", by="mira", rest=True)
    items = FormDefinition.objects.get(key="bad").working_copy()["sections"][0]["items"]
    assert items[0]["relevant"] == {"xpath": "${b} > 3"}


@pytest.mark.parametrize("by", [None, "nobody"])
def test_somebody_must_be_named(intake, by):
    with pytest.raises(CommandError, match="--by"):
        told("import_xlsform", intake, kind="tip", by=by)


def test_a_file_that_isnt_there_is_told(tmp_path):
    with pytest.raises(CommandError, match="can't be opened"):
        told("import_xlsform", tmp_path / "none.xlsx", kind="tip", check=True)


def test_a_form_is_written_as_a_workbook_and_taken_in_again(tmp_path, coordinator):
    publish_form(form=save_definition(key="sample", definition=SAMPLE))
    path = tmp_path / "sample.xlsx"
    told("export_xlsform", "sample", output=path)
    assert load_workbook(path).sheetnames[:3] == ["survey", "choices", "settings"]
    told("import_xlsform", path, kind=SAMPLE["kind"], key="again", by="mira")
    again = FormDefinition.objects.get(key="again").definition
    assert differences(again, canonical({**SAMPLE, "key": "again"})) == []


def test_a_version_is_written_by_its_number(tmp_path):
    publish_form(form=save_definition(key="sample", definition=SAMPLE))
    assert "Written" in told("export_xlsform", "sample", number=1, output=tmp_path / "v1.xlsx")
    with pytest.raises(CommandError, match="no version"):
        told("export_xlsform", "sample", number=2, output=tmp_path / "v2.xlsx")


def test_a_form_that_couldnt_be_published_isnt_written(tmp_path):
    save_definition(key="sample", definition={**SAMPLE, "sections": []})
    with pytest.raises(CommandError, match="could be published"):
        told("export_xlsform", "sample", output=tmp_path / "x.xlsx")


def test_an_unknown_form_is_told(tmp_path):
    with pytest.raises(CommandError, match="no form"):
        told("export_xlsform", "nothing", output=tmp_path / "x.xlsx")
