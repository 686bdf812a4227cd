"""What is asked about before a form is sent: what may be right and may be a slip (`warnings` of the definition).

Whoever sends either corrects it or confirms that it is so. What was confirmed is kept with the submission. Nothing is
asked of a program that fills an exercise, and nothing again of what was received before. Of a case that is an exercise
every form asks: its notices say that nobody is in danger, whatever the form says.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from access.models import User, localize
from case_forms import expressions
from case_forms.cases.models import Case
from case_forms.procedures.decide import CASE_CONSENT

from .consents import consents_on_record, is_read_by
from .models import Submission
from .validation.validate import Answers, CheckContext, scope_at

Definition = Mapping[str, Any]
OF_A_DRILL = "drill_case"  # the warning of every form that names an exercise; it stands in no definition


@dataclass(frozen=True)
class ToConfirm:
    """Something to correct or to confirm. `path` leads to the question it is about, as a JSON pointer; "" for none.

    `section` and `question` are their keys, "" without a question. The message says nothing that was answered.
    """

    key: str
    path: str
    message: str
    section: str = ""
    question: str = ""


def to_confirm(definition: Definition, answers: Answers, context: CheckContext, case: Case | None) -> list[ToConfirm]:
    """What these checked answers make the form ask, in its order.

    `case`: the one that the answers name. A condition that can't be worked out is asked about: better once too often.
    """
    asked = [ToConfirm(OF_A_DRILL, "", _drill_words(context.language))] if case is not None and case.is_drill else []
    warnings = definition.get("warnings", ())
    if not warnings:
        return asked
    scope = {**answers, **scope_at(context), **get_facts(case)}
    if is_read_by(warnings):
        scope[CASE_CONSENT] = consents_on_record(case) if case else None
    held = [warning for warning in warnings if _holds(warning["when"], scope)]
    return [*asked, *(_asked(definition, warning, context.language) for warning in held)]


def get_facts(case: Case | None) -> dict[str, Any]:
    """What expressions may read of the case: `_case_status`, `_case_child` (whether it is followed as a child's), and
    `_case_forms`, the keys of the forms it holds."""
    if case is None:
        return {"_case_status": None, "_case_child": None, "_case_forms": []}
    keys = Submission.objects.filter(case=case).order_by().values_list("form_version__form__key", flat=True)
    return {"_case_status": case.status, "_case_child": case.child_track, "_case_forms": sorted(set(keys))}


def unconfirmed(asked: Iterable[ToConfirm], confirmed: Collection[str]) -> list[ToConfirm]:
    return [warning for warning in asked if warning.key not in confirmed]


def as_kept(asked: Iterable[ToConfirm], by: User, at: datetime) -> list[dict[str, str]] | None:
    """How confirmations are kept with a submission: [{"warning", "by", "at"}]; None when nothing was asked."""
    kept = [{"warning": each.key, "by": str(by.pk), "at": at.isoformat(timespec="seconds")} for each in asked]
    return kept or None


def confirmed_in_words(submission: Submission, language: str) -> list[str]:
    """What its sender confirmed, in the words they read."""
    kept: Any = submission.confirmed
    keys = {entry["warning"] for entry in kept or ()}
    warnings = submission.form_version.definition.get("warnings", ())
    of_a_drill = [_drill_words(language)] if OF_A_DRILL in keys else []
    return [*of_a_drill, *(localize(each["message"], language) for each in warnings if each["key"] in keys)]


def _holds(expression: Any, scope: Mapping[str, Any]) -> bool:
    try:
        return expressions.truthy(expressions.evaluate(expression, scope))
    except expressions.LogicError:
        return True


def _drill_words(language: str) -> str:
    with translation.override(language):
        return gettext("This case is a drill: what you send goes out as an exercise. Is this form part of the drill?")


def _asked(definition: Definition, warning: Mapping[str, Any], language: str) -> ToConfirm:
    message, about = localize(warning["message"], language), warning.get("question", "")
    for section in definition["sections"]:
        if about and any(item.get("key") == about for item in section["items"]):
            return ToConfirm(warning["key"], f"/answers/{about}", message, section["key"], about)
    return ToConfirm(warning["key"], "", message)
