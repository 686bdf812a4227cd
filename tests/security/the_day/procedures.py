"""Procedures and their scenarios: changed, locked, submitted, approved, withdrawn, taken in, tried."""

import json
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from case_forms.form_builder import canonical
from case_forms.form_builder.edits import compute_sha
from case_forms.procedures.actions import publish_procedure, replace_draft, save_procedure
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Scenario

from .acts import act
from .day import Day
from .staff import Staff

PROCEDURE = "wagtailsnippets_procedures_procedure:"
SOP = "sop_dcm_499_2018"
ALARM, REPORT = "phone_alarm_police", "session_report_asked"
RENAME = {"op": "replace", "path": "/title/en", "value": "Kanarina"}
REASON = {"legal_source": "Kanarina", "note": "Kanarina", "begins": "now"}


def definition(key: str) -> dict[str, Any]:
    """The shipped procedure with its first rule alone: what is recorded doesn't depend on the others."""
    shipped = Procedure.objects.get(key=SOP).definition
    return {**shipped, "key": key, "rules": shipped["rules"][:1]}


def procedure(day: Day) -> Procedure:
    key = f"prove_{day.number()}"
    return save_procedure(key=key, definition=definition(key), by=day.coordinator.user)


def save(me: Staff, made: Procedure, *changes: dict[str, Any], **more: Any) -> Any:
    base = compute_sha(Procedure.objects.get(pk=made.pk).working_copy())
    return me.post(f"{PROCEDURE}edit", made.pk, definition=json.dumps({"base": base, "changes": list(changes)}), **more)


def kind(made: Procedure) -> tuple[str, int]:
    """As Wagtail's own history calls it."""
    return "procedure", made.pk


def named(made: Procedure) -> tuple[str, str]:
    """As what is ours calls it."""
    return "procedure", made.key


def task(made: Procedure) -> int:
    state = Procedure.objects.get(pk=made.pk).current_workflow_state
    assert state is not None
    return int(state.current_task_state_id)


def submitted(day: Day) -> Procedure:
    made = procedure(day)
    save(day.coordinator, made, RENAME, **{"action-submit": "yes"}, **REASON)
    return made


@act("cms.edit", "coordinator", f"{PROCEDURE}edit")
def change_a_procedure(day: Day, me: Staff) -> Any:
    made = procedure(day)
    save(me, made, RENAME)
    return kind(made)


@act("procedure.submitted", "coordinator", f"{PROCEDURE}edit")
def submit_a_procedure(day: Day, me: Staff) -> Any:
    return named(submitted(day))


@act("cms.workflow.cancel", "coordinator", f"{PROCEDURE}edit")
def withdraw_a_procedure(day: Day, me: Staff) -> Any:
    made = submitted(day)
    save(me, made, **{"action-cancel-workflow": "yes"})
    return kind(made)


@act("cms.workflow.reject", "coordinator2", f"{PROCEDURE}workflow_action")
def send_a_procedure_back(day: Day, me: Staff) -> Any:
    made = submitted(day)
    me.post(f"{PROCEDURE}workflow_action", made.pk, "reject", task(made), comment="Kanarina")
    return kind(made)


@act("procedure.published", "coordinator2", f"{PROCEDURE}workflow_action")
def approve_a_procedure(day: Day, me: Staff) -> Any:
    made = submitted(day)
    me.post(f"{PROCEDURE}workflow_action", made.pk, "approve", task(made), comment="Kanarina")
    return named(made)


@act("cms.lock", "coordinator", f"{PROCEDURE}lock")
def lock_a_procedure(day: Day, me: Staff) -> Any:
    made = procedure(day)
    me.post(f"{PROCEDURE}lock", made.pk)
    return kind(made)


@act("cms.unlock", "coordinator", f"{PROCEDURE}unlock")
def unlock_a_procedure(day: Day, me: Staff) -> Any:
    made = procedure(day)
    me.post(f"{PROCEDURE}lock", made.pk)
    me.post(f"{PROCEDURE}unlock", made.pk)
    return kind(made)


@act("cms.revert", "coordinator", f"{PROCEDURE}revisions_revert")
def put_a_revision_back(day: Day, me: Staff) -> Any:
    made = procedure(day)
    save(me, made, RENAME)
    first = Procedure.objects.get(pk=made.pk).latest_revision
    save(me, made, RENAME | {"path": "/title/sq"})
    page = me.client.get(reverse(f"{PROCEDURE}revisions_revert", args=[made.pk, first.pk]))
    sent = {"base": page.context["procedure_settings"]["base"], "changes": [RENAME | {"path": "/basis/sq"}]}
    me.post(f"{PROCEDURE}revisions_revert", made.pk, first.pk, definition=json.dumps(sent))
    return kind(made)


@act("procedure.draft_replaced", "coordinator", f"{PROCEDURE}first_rule")
def give_a_form_its_first_rule(day: Day, me: Staff) -> Any:
    made = procedure(day)
    me.post(f"{PROCEDURE}first_rule", made.pk, "follow_up")
    return named(made)


@act("procedure.draft_replaced", "coordinator", f"{PROCEDURE}restore")
def put_a_version_back(day: Day, me: Staff) -> Any:
    made = procedure(day)
    publish_procedure(procedure=made, in_force_from=timezone.now())
    me.post(f"{PROCEDURE}restore", made.pk, 1)
    return named(made)


@act("procedure.withdrawn", "coordinator", f"{PROCEDURE}withdraw")
def withdraw_a_scheduled_version(day: Day, me: Staff) -> Any:
    made = procedure(day)
    publish_procedure(procedure=made, in_force_from=timezone.now() + timedelta(days=30))
    me.post(f"{PROCEDURE}withdraw", made.pk, 1, reason="Kanarina")
    return named(made)


@act("procedure.draft_replaced", "coordinator", f"{PROCEDURE}import")
def take_a_procedure_in(day: Day, me: Staff) -> Any:
    made = procedure(day)
    changed = {**made.definition, "basis": {"sq": "Kanarina", "en": "Kanarina"}}
    me.post(f"{PROCEDURE}import", made.pk, file=SimpleUploadedFile("p.json", canonical.dump(changed).encode()))
    return named(made)


def without_a_rule(day: Day) -> Procedure:
    """The shipped procedure of the day, whose draft lacks the rules about alarms and about reports."""
    shipped = Procedure.objects.get(key=SOP)
    changed = shipped.working_copy()
    rules = [each for each in changed["rules"] if each["key"] not in (ALARM, REPORT)]
    replace_draft(procedure=shipped, definition={**changed, "rules": rules}, by=day.coordinator.user, origin="json")
    return shipped


@act("procedure.draft_replaced", "coordinator", f"{PROCEDURE}release")
def take_a_rule_of_the_release(day: Day, me: Staff) -> Any:
    made = without_a_rule(day)
    me.post(f"{PROCEDURE}release", made.pk, go="draft", rule=ALARM)
    return named(made)


@act("procedure.rule_declined", "coordinator", f"{PROCEDURE}release")
def say_that_a_rule_is_not_for_us(day: Day, me: Staff) -> Any:
    made = without_a_rule(day)
    me.post(f"{PROCEDURE}release", made.pk, go="decline", rule=ALARM, reason="Kanarina")
    return named(made)


@act("procedure.rule_offered_again", "coordinator", f"{PROCEDURE}release")
def have_a_rule_offered_again(day: Day, me: Staff) -> Any:
    made = without_a_rule(day)
    me.post(f"{PROCEDURE}release", made.pk, go="decline", rule=REPORT, reason="Kanarina")
    me.post(f"{PROCEDURE}release", made.pk, go=f"again:{REPORT}")
    return named(made)


# ---- scenarios ----


def story(**more: str) -> dict[str, str]:
    """The fields of a scenario: a story of the shipped form, and one thing that must hold."""
    return {
        "_form": "initial_identification",
        "_asked": "initial_identification",
        "_fill": "yes",
        "_municipality": "vlore",
        "_when": "friday",
        "_directory": "invented",
        "_on": "draft",
        "_act-count": "0",
        "_title_sq": "Kanarina",
        "_title_en": "Kanarina",
        "_must-count": "1",
        "_must-0-kind": "nobody_told",
        "go": "save",
        **more,
    }


def sop() -> Procedure:
    return Procedure.objects.get(key=SOP)


def scenario(me: Staff) -> Scenario:
    me.post("simulation:new", sop().pk, **story())
    return Scenario.objects.latest("pk")


@act("scenario.created", "coordinator", "simulation:new")
def save_a_scenario(day: Day, me: Staff) -> Any:
    scenario(me)
    return named(sop())


@act("scenario.changed", "coordinator", "simulation:scenario")
def change_a_scenario(day: Day, me: Staff) -> Any:
    made = scenario(me)
    me.post("simulation:scenario", sop().pk, made.pk, **story(_title_en="Kanarina 2"))
    return named(sop())


@act("scenario.created", "coordinator", "simulation:copy")
def copy_a_scenario(day: Day, me: Staff) -> Any:
    me.post("simulation:copy", sop().pk, scenario(me).pk)
    return named(sop())


@act("scenario.deleted", "coordinator", "simulation:delete")
def delete_a_scenario(day: Day, me: Staff) -> Any:
    me.post("simulation:delete", sop().pk, scenario(me).pk)
    return named(sop())


@act("scenario.restored", "coordinator", "simulation:restore")
def restore_a_scenario(day: Day, me: Staff) -> Any:
    made = scenario(me)
    Scenario.objects.filter(pk=made.pk).update(is_approved=True)
    me.post("simulation:delete", sop().pk, made.pk)
    me.post("simulation:restore", sop().pk, made.pk)
    return named(sop())


@act("procedure.replay_asked", "coordinator", "simulation:replays")
def hold_a_draft_against_the_past(day: Day, me: Staff) -> Any:
    me.post("simulation:replays", sop().pk)
    return named(sop())
