"""What would change in the record of processing, for whoever approves a form or a procedure."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from case_forms.form_builder.definition import Form, Problem
from case_forms.form_builder.dependents import InMotion
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure, ProcedureVersion

from . import snapshots  # noqa: F401 - its receivers
from .differences import list_form_differences, list_procedure_differences
from .record import describe_form, describe_procedure


class RecordOfForms:
    """The record of processing as a `form_builder.dependents.Dependent`. It prevents no publishing."""

    def problems(self, key: str, form: Form | None, *, deep: bool = True) -> list[Problem]:
        return []

    def in_motion(self, key: str, before: Form | None, after: Form | None, language: str) -> InMotion:
        """Say all that would change in the record if the form were published as it is."""
        with translation.override(language):
            found = list_form_differences(
                describe_form(before) if before else None, describe_form(after) if after else None
            )
            said = [_("Record of processing: %(change)s") % {"change": words} for words in found]
        return InMotion(cautions=tuple(said))


def build_review_part(procedure: Procedure, submitted_at: datetime, request: HttpRequest) -> str:
    """Return what would change in the record, as HTML for whoever approves the procedure; "" for nothing.

    All of it: whoever approves must not be shown a part, in which a change could be hidden behind many.
    """
    try:
        in_force: Any = describe_procedure(ProcedureVersion.objects.in_force().parsed)
    except ProcedureVersion.DoesNotExist:
        in_force = None
    draft = describe_procedure(parse_procedure(procedure.working_copy()))
    found = list_procedure_differences(in_force, draft)
    if not found:
        return ""
    return render_to_string("accountability/_changes.html", {"found": found})
