"""What a procedure says about the duties that its rules start: deadlines of its own, and tasks."""

from access.languages import Texts
from case_forms.cases.tasks import label_of_form, label_of_second_worker
from case_forms.procedures.definition import Procedure
from case_forms.procedures.rule_actions.tasks import AskForForm, CreateTask, RequireSecondWorker

Task = AskForForm | CreateTask | RequireSecondWorker


def get_duty_label(procedure: Procedure, key: str) -> Texts:
    """Return what a deadline or task of this key is called; {} for one that the procedure doesn't have."""
    if key in procedure.deadlines:
        return dict(procedure.deadlines[key].label)
    task = _find_task(procedure, key)
    if task is None or isinstance(task, CreateTask):
        return dict(task.label) if task else {}
    return label_of_form(task.form) if isinstance(task, AskForForm) else label_of_second_worker(task.form)


def get_duty_ladder(procedure: Procedure, key: str) -> str:
    """Return the key of the ladder along which a deadline's or task's owner is chased; "" without one."""
    if key in procedure.deadlines:
        return procedure.deadlines[key].ladder or ""
    task = _find_task(procedure, key)
    return task.ladder if task else ""


def _find_task(procedure: Procedure, key: str) -> Task | None:
    written = (action for rule in procedure.rules for action in rule.then if isinstance(action, Task))
    return next((action for action in written if action.subject()["_task"] == key), None)
