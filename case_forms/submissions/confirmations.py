"""Confirmations before a form is submitted: of what may be right and may be a slip (`warnings` of the definition).

The sender either corrects it or confirms that it is so. What was confirmed is stored with the submission. A drill's
program is asked nothing, and nobody is asked again about what was received before. Every form about a case that is a
drill asks: its notices say that nobody is in danger, whatever the form says.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext

from access.models import User, localize
from case_forms import expressions
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Form, SendWarning
from case_forms.form_builder.definition.limits import MAX_WARNINGS
from case_forms.procedures.decide import CASE_CONSENT
from case_forms.procedures.organisation_settings import get_values

from .consents import consents_on_record, is_read_by
from .deciding import procedure_for
from .models import Submission
from .refusals import NotDecided
from .validation.validate import Answers, CheckContext, scope_at

# What `key` may be: of a form's warnings and the one below, and of `same_person`, which ends with a case's reference.
CONFIRMATION_KEY = r"^[a-z][A-Za-z0-9_]{0,63}$"
MAX_CASES = 5  # that `same_person` names
MOST_CONFIRMED = MAX_WARNINGS + 1 + MAX_CASES  # keys that may be asked at once
OF_A_DRILL = "drill_case"  # the warning of every form that names a drill's case; it stands in no definition


@dataclass(frozen=True)
class ToConfirm:
    """Something to correct or to confirm. `path` leads to the question it is about, as a JSON pointer; "" for none.

    `section` and `question` are their keys, "" without a question. The message says nothing that was answered.
    `case`: the reference of a case in which the form can be continued instead (`same_person`), "" for none.
    """

    key: str
    path: str
    message: str
    section: str = ""
    question: str = ""
    case: str = ""
    is_about_a_case: bool = False


def to_confirm(form: Form, answers: Answers, context: CheckContext, case: Case | None) -> list[ToConfirm]:
    """Return what these checked answers make the form ask, in the order of its warnings.

    `case`: the one that the answers name. A condition that can't be evaluated is asked about: better once too often.
    """
    asked = [ToConfirm(OF_A_DRILL, "", _drill_words(context.language))] if case is not None and case.is_drill else []
    warnings = form.warnings
    if not warnings:
        return asked
    scope = {**answers, **scope_at(context), **get_facts(case), **get_settings(form, case, context.now)}
    # the case's consent forms are opened only when a warning reads them
    if is_read_by([warning.when for warning in warnings]):
        scope[CASE_CONSENT] = consents_on_record(case) if case else None
    held = [warning for warning in warnings if _holds(warning.when, scope)]
    return [*asked, *(_asked(form, warning, context.language) for warning in held)]


def get_facts(case: Case | None) -> dict[str, Any]:
    """Return what expressions may read of the case; no answer of an earlier form is among it (docs/adr/0036).

    `_case_status`, `_case_child` (whether it is followed as a child's), and `_case_forms`, the keys of its forms.
    """
    if case is None:
        return {"_case_status": None, "_case_child": None, "_case_forms": []}
    keys = Submission.objects.filter(case=case).order_by().values_list("form_version__form__key", flat=True)
    return {"_case_status": case.status, "_case_child": case.child_track, "_case_forms": sorted(set(keys))}


def get_settings(form: Form, case: Case | None, at: datetime | None = None) -> dict[str, str]:
    """Return what the organisation chose (`_setting_<key>`) in the procedure that will decide about this form.

    {} for a form whose warnings read none, and while no procedure is in force. `at`: now unless told.
    """
    if not is_read_by([warning.when for warning in form.warnings], expressions.SETTING_PREFIX):
        return {}
    try:
        return get_values(procedure_for(form.key, case, at or timezone.now()).parsed)
    except NotDecided:
        return {}


def unconfirmed(asked: Iterable[ToConfirm], confirmed: Collection[str]) -> list[ToConfirm]:
    return [warning for warning in asked if warning.key not in confirmed]


def build_stored_confirmations(asked: Iterable[ToConfirm], by: User, at: datetime) -> list[dict[str, str]] | None:
    """Return confirmations as a submission stores them: [{"warning", "by", "at"}]; None when nothing was asked."""
    stored = [{"warning": each.key, "by": str(by.pk), "at": at.isoformat(timespec="seconds")} for each in asked]
    return stored or None


def confirmed_in_words(submission: Submission, language: str) -> list[str]:
    """Return what the sender confirmed, in the words they read."""
    stored: Any = submission.confirmed
    keys = {entry["warning"] for entry in stored or ()}
    warnings = submission.form_version.parsed_form.warnings
    of_a_drill = [_drill_words(language)] if OF_A_DRILL in keys else []
    return [*of_a_drill, *(localize(each.message, language) for each in warnings if each.key in keys)]


def _holds(expression: Any, scope: Mapping[str, Any]) -> bool:
    try:
        return expressions.truthy(expressions.evaluate(expression, scope))
    except expressions.LogicError:
        return True  # better asked once too often than a slip sent unasked


def _drill_words(language: str) -> str:
    with translation.override(language):
        return gettext("This case is a drill: what you send goes out as an exercise. Is this form part of the drill?")


def _asked(form: Form, warning: SendWarning, language: str) -> ToConfirm:
    message, about = localize(warning.message, language), warning.question
    located = form.by_key.get(about) if about else None
    # a question inside a group has no single place on the page to lead to
    if located is None or located.repeats:
        return ToConfirm(warning.key, "", message)
    return ToConfirm(warning.key, f"/answers/{about}", message, located.section.key, about)
