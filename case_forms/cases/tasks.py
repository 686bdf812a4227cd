"""Tasks of a case: what a rule asks somebody to do by a time. They are rows of `Deadline`, turned by the same clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from access.languages import Texts, get_current_language
from access.models import User, localize
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.decide import Action
from case_forms.procedures.definition import Procedure
from case_forms.procedures.rule_actions.tasks import (
    AskForForm,
    CreateTask,
    RequireSecondWorker,
    form_task_key,
    second_worker_key,
)
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import snapshot_ladder

from .brief_content import both
from .deadlines import compute_marks, find_first_mark
from .models import Case, CaseEvent, Deadline, DeadlineKind


@dataclass(frozen=True)
class TaskOrder:
    """A task as a decided action asks for it. `params`: the action's; `not_by`: whose form doesn't meet it."""

    key: str
    label: Texts
    params: Mapping[str, Any]
    not_by: User | None = None

    @property
    def form(self) -> str:
        """The key of the form that meets it; "" for one that somebody says is done."""
        return self.params.get("form") or ""


def read_order(action: Action, sender: User) -> TaskOrder | None:
    """Read what task a decided action asks for; None for an action that asks for none. `sender`: of the form."""
    params = action.params
    if action.do == CreateTask.code:
        return TaskOrder(params["task"], dict(params["label"]), params)
    if action.do == AskForForm.code:
        return TaskOrder(form_task_key(params["form"]), label_of_form(params["form"]), params)
    if action.do == RequireSecondWorker.code:
        form = params["form"]
        return TaskOrder(second_worker_key(form), label_of_second_worker(form), params, not_by=sender)
    return None


def start_task(
    *, case: Case, event: CaseEvent, procedure: Procedure, order: TaskOrder, at: datetime
) -> Deadline | None:
    """Create a task as a rule wrote it. None when the same task of the case is still to be done."""
    key, params, not_by = order.key, order.params, order.not_by
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
            "label": order.label,
            "starts_at": at,
            "owner": params.get("owner") or Role.MOBILE_UNIT,
            "ladder": snapshot_ladder(procedure.ladders[params["ladder"]].stored_steps),
            "form": order.form,
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
