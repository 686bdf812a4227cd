"""Tasks of a case: what a rule asks somebody to do by a time. They are rows of `Deadline`, turned by the same clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from access.languages import Texts, get_current_language
from access.models import User, localize
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.definition import Procedure
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import snapshot_ladder

from .brief_content import both
from .deadlines import compute_marks, find_first_mark
from .models import Case, CaseEvent, Deadline, DeadlineKind


def start_task(
    *,
    case: Case,
    event: CaseEvent,
    procedure: Procedure,
    params: Mapping[str, Any],
    at: datetime,
    key: str = "",
    label: Texts | None = None,
    not_by: User | None = None,
) -> Deadline | None:
    """Create a task as a rule wrote it. None when the same task of the case is still to be done.

    `params`: of one of the actions in `rule_actions.tasks`; `key`, `label`: where it doesn't name them. `not_by`: whose
    form doesn't meet it.
    """
    key = key or params["task"]
    # Asked for once while it waits; that of a second worker depends on who sent what.
    if not_by is None and Deadline.objects.unmet().filter(case=case, key=key).exclude(event=event).exists():
        return None
    marks = _compute_marks(procedure, params, at)
    task, _is_new = Deadline.objects.get_or_create(
        event=event,
        key=key,
        defaults={
            "case": case,
            "kind": DeadlineKind.TASK,
            "label": label or dict(params["label"]),
            "starts_at": at,
            "owner": params.get("owner") or Role.MOBILE_UNIT,
            "ladder": snapshot_ladder(procedure.ladders[params["ladder"]].stored_steps),
            "form": params["form"],
            "next_step": dict(params.get("next_step") or {}),
            "not_by": not_by,
            "next_mark_at": find_first_mark(marks),
            **marks,
        },
    )
    return task


def _compute_marks(procedure: Procedure, params: Mapping[str, Any], at: datetime) -> dict[str, datetime | None]:
    if params.get("deadline"):
        return compute_marks(procedure, params["deadline"], at)
    return {"amber_at": None, "red_at": at + timedelta(minutes=params["minutes"]), "breach_at": None}


def label_of_form(form: str) -> Texts:
    """Word the task of sending a form."""
    titles = _titles(form)
    return both(lambda: gettext("Send the form: %(form)s") % {"form": _in_words(titles, form)})


def label_of_second_worker(form: str) -> Texts:
    """Word the task of sending a form by somebody else than whoever sent the first."""
    titles = _titles(form)
    return both(lambda: gettext("By a second worker: %(form)s") % {"form": _in_words(titles, form)})


def _titles(form: str) -> Texts:
    newest = FormVersion.objects.newest().filter(form__key=form).first()
    return dict(newest.parsed_form.title) if newest else {}


def _in_words(titles: Texts, form: str) -> str:
    return localize(titles, get_current_language()) if titles else form
