"""Forms and lists of choices: made, changed, locked, submitted, withdrawn, sent back, approved, taken out and in."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from case_forms.form_builder import canonical
from case_forms.form_builder.actions import archive_form, publish_form, save_definition
from case_forms.form_builder.edits import compute_sha
from case_forms.form_builder.models import CaseFactType, ChoiceList, FormDefinition
from case_forms.form_builder.tests.samples import sample
from case_forms.form_builder.xlsform.tests.workbooks import rows, workbook

from .acts import act
from .day import Day
from .staff import Staff

FORM = "wagtailsnippets_builder_formdefinition:"
LIST = "wagtailsnippets_builder_choicelist:"
FACT = "wagtailsnippets_builder_casefacttype:"
RENAME = {"op": "replace", "path": "/title/en", "value": "Kanarina"}


def definition(day: Day) -> dict[str, Any]:
    return sample() | {"key": f"prove_{day.number()}"}


def form(day: Day) -> FormDefinition:
    made = definition(day)
    return save_definition(key=made["key"], definition=made, by=day.coordinator.user)


def published(day: Day) -> FormDefinition:
    made = form(day)
    publish_form(form=made)
    return made


def save(me: Staff, made: FormDefinition, *changes: dict[str, Any], **more: Any) -> Any:
    base = compute_sha(FormDefinition.objects.get(pk=made.pk).working_copy())
    return me.post(f"{FORM}edit", made.pk, definition=json.dumps({"base": base, "changes": list(changes)}), **more)


def kind(made: FormDefinition) -> tuple[str, int]:
    """As Wagtail's own history calls it."""
    return "formdefinition", made.pk


def task(made: FormDefinition) -> int:
    state = FormDefinition.objects.get(pk=made.pk).current_workflow_state
    assert state is not None
    return int(state.current_task_state_id)


def newest() -> FormDefinition:
    return FormDefinition.objects.latest("pk")


@act("form.made", "coordinator", f"{FORM}add")
def make_a_form(day: Day, me: Staff) -> Any:
    me.post(f"{FORM}add", language="sq", title="Kanarina", kind="assessment", key=f"e_re_{day.number()}")
    return newest()


@act("form.made", "coordinator", f"{FORM}copy")
def copy_a_form(day: Day, me: Staff) -> Any:
    me.fill(f"{FORM}copy", form(day).pk, title="Kanarina", key=f"kopje_{day.number()}")
    return newest()


@act("form.made", "coordinator", f"{FORM}import")
def take_a_form_in(day: Day, me: Staff) -> Any:
    file = SimpleUploadedFile("form.json", canonical.dump(definition(day)).encode())
    me.post(f"{FORM}import", file=file)
    return newest()


@act("form.draft_replaced", "coordinator", f"{FORM}import")
def take_a_draft_in(day: Day, me: Staff) -> Any:
    made = form(day)
    file = SimpleUploadedFile("form.json", canonical.dump(sample() | {"key": made.key}).encode())
    me.post(f"{FORM}import", file=file, as_draft="on")
    return made


@act("form.made", "coordinator", f"{FORM}import")
def take_an_xlsform_in(day: Day, me: Staff) -> Any:
    questions = rows("""
        type | name | label::Shqip (sq) | label::English (en)
        integer | age | Mosha | Age
    """)
    settings = [{"form_id": f"kobo_{day.number()}", "form_title": "Kanarina", "default_language": "Shqip (sq)"}]
    file = SimpleUploadedFile("kobo.xlsx", workbook(survey=questions, settings=settings))
    me.post(f"{FORM}import", file=file, kind="assessment", key="")
    return newest()


@act("cms.edit", "coordinator", f"{FORM}edit")
def change_a_draft(day: Day, me: Staff) -> Any:
    made = form(day)
    save(me, made, RENAME)
    return kind(made)


@act("form.submitted", "coordinator", f"{FORM}edit")
def submit_a_form(day: Day, me: Staff) -> Any:
    made = form(day)
    save(me, made, RENAME, **{"action-submit": "yes"})
    return made


@act("cms.workflow.cancel", "coordinator", f"{FORM}edit")
def withdraw_a_form(day: Day, me: Staff) -> Any:
    made = submit_a_form(day, me)
    save(me, made, **{"action-cancel-workflow": "yes"})
    return kind(made)


@act("cms.workflow.reject", "coordinator2", f"{FORM}workflow_action")
def send_a_form_back(day: Day, me: Staff) -> Any:
    made = submit_a_form(day, day.coordinator)
    me.post(f"{FORM}workflow_action", made.pk, "reject", task(made), comment="Kanarina")
    return kind(made)


@act("form.published", "coordinator2", f"{FORM}workflow_action")
def approve_a_form(day: Day, me: Staff) -> Any:
    made = submit_a_form(day, day.coordinator)
    me.post(f"{FORM}workflow_action", made.pk, "approve", task(made), comment="Kanarina")
    return made.newest_version()


@act("form.submitted", "coordinator", f"{FORM}edit")
def submit_a_form_again(day: Day, me: Staff) -> Any:
    made = submit_a_form(day, me)
    day.coordinator2.post(f"{FORM}workflow_action", made.pk, "reject", task(made), comment="Kanarina")
    save(me, made, **{"action-restart-workflow": "yes"})
    return made


@act("cms.lock", "coordinator", f"{FORM}lock")
def lock_a_form(day: Day, me: Staff) -> Any:
    made = form(day)
    me.post(f"{FORM}lock", made.pk)
    return kind(made)


@act("cms.unlock", "coordinator", f"{FORM}unlock")
def unlock_a_form(day: Day, me: Staff) -> Any:
    made = form(day)
    me.post(f"{FORM}lock", made.pk)
    me.post(f"{FORM}unlock", made.pk)
    return kind(made)


@act("cms.revert", "coordinator", f"{FORM}revisions_revert")
def put_a_revision_back(day: Day, me: Staff) -> Any:
    made = form(day)
    first = made.latest_revision
    save(me, made, RENAME)
    page = me.client.get(reverse(f"{FORM}revisions_revert", args=[made.pk, first.pk]))
    sent = {"base": page.context["outline_settings"]["base"], "changes": [RENAME | {"path": "/title/sq"}]}
    me.post(f"{FORM}revisions_revert", made.pk, first.pk, definition=json.dumps(sent))
    return kind(made)


@act("form.restored", "coordinator", f"{FORM}restore")
def put_a_version_back(day: Day, me: Staff) -> Any:
    made = published(day)
    me.post(f"{FORM}restore", made.pk, 1)
    return made.newest_version()


@act("form.archived", "coordinator", f"{FORM}archive")
def archive_a_form(day: Day, me: Staff) -> Any:
    made = published(day)
    me.post(f"{FORM}archive", made.pk, archived="yes")
    return made


@act("form.unarchived", "coordinator", f"{FORM}archive")
def take_a_form_into_use_again(day: Day, me: Staff) -> Any:
    made = published(day)
    archive_form(form=made, is_archived=True, by=day.coordinator2.user)
    me.post(f"{FORM}archive", made.pk, archived="no")
    return made


@act("form.exported", "coordinator", f"{FORM}export")
def take_a_draft_out(day: Day, me: Staff) -> Any:
    made = form(day)
    me.send(reverse(f"{FORM}export", args=[made.pk]), "get")
    return made


@act("form.exported", "coordinator", f"{FORM}export_xlsform")
def take_an_xlsform_out(day: Day, me: Staff) -> Any:
    made = published(day)
    me.send(reverse(f"{FORM}export_xlsform", args=[made.pk]), "get")
    return made


@act("form.exported", "coordinator", f"{FORM}version_json")
def take_a_version_out(day: Day, me: Staff) -> Any:
    made = published(day)
    me.send(reverse(f"{FORM}version_json", args=[made.pk, 1]), "get")
    return made


# ---- lists of choices ----


def choices(day: Day) -> dict[str, Any]:
    table = "value\tlabel:sq\tlabel:en\nvl\tKanarina\tKanarina\n"
    return {"title_sq": "Kanarina", "title_en": "Kanarina", "key": f"lista_{day.number()}", "table": table}


@act("choice_list.made", "coordinator", f"{LIST}add")
def make_a_list(day: Day, me: Staff) -> Any:
    me.post(f"{LIST}add", **choices(day))
    return ChoiceList.objects.latest("pk")


@act("choice_list.changed", "coordinator", f"{LIST}edit")
def change_a_list(day: Day, me: Staff) -> Any:
    made = make_a_list(day, me)
    me.post(f"{LIST}edit", made.pk, **choices(day) | {"key": made.key, "title_en": "Kanarina 2"})
    return made


@act("choice_list.changed", "coordinator", f"{LIST}revisions_revert")
def put_a_list_back(day: Day, me: Staff) -> Any:
    made = make_a_list(day, me)
    first = made.latest_revision
    me.post(f"{LIST}edit", made.pk, **choices(day) | {"key": made.key, "title_en": "Kanarina 2"})
    me.post(f"{LIST}revisions_revert", made.pk, first.pk, **choices(day) | {"key": made.key})
    return made


@act("choice_list.deleted", "coordinator", f"{LIST}delete")
def delete_a_list(day: Day, me: Staff) -> Any:
    made = make_a_list(day, me)
    me.post(f"{LIST}delete", made.pk)
    return "choicelist", made.pk


def detail(day: Day) -> dict[str, Any]:
    return {
        "label_sq": "Kanarina",
        "label_en": "Kanarina",
        "key": f"fakt_{day.number()}",
        "type": "text",
        "choices_from": "",
        "table": "",
        "sensitivity": "special",
        "receivers": ["cpu"],
        "is_lasting": "on",
        "identity_part": "",
        "head_order": "",
    }


@act("case_fact_type.made", "coordinator", f"{FACT}add")
def add_to_what_cases_remember(day: Day, me: Staff) -> Any:
    me.post(f"{FACT}add", **detail(day))
    return CaseFactType.objects.latest("pk")


@act("case_fact_type.changed", "coordinator", f"{FACT}edit")
def change_what_cases_remember(day: Day, me: Staff) -> Any:
    made = add_to_what_cases_remember(day, me)
    me.post(f"{FACT}edit", made.pk, **detail(day) | {"key": made.key, "label_en": "Kanarina 2"})
    return made


@act("case_fact_type.agreed", "coordinator2", f"{FACT}decide")
def agree_to_who_may_receive_it(day: Day, me: Staff) -> Any:
    made = add_to_what_cases_remember(day, day.coordinator)
    me.post(f"{FACT}decide", made.pk, decision="agree")
    return made


@act("case_fact_type.refused", "coordinator2", f"{FACT}decide")
def refuse_who_may_receive_it(day: Day, me: Staff) -> Any:
    made = add_to_what_cases_remember(day, day.coordinator)
    me.post(f"{FACT}decide", made.pk, decision="refuse")
    return made
