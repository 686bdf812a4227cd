"""Coordinators who edit procedures, and what they do on the pages."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from access.models import StaffRole
from case_forms.form_builder.edits import compute_sha
from case_forms.form_builder.tests.coordinators import lay_ground, person
from case_forms.form_builder.workflow import seed_approval
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import Procedure
from tests.world.forms import publish, small_follow_up, small_form
from tests.world.procedures import small_procedure

PROCEDURES = "/cms/procedures/"
REASON = "Decision of the board, 27.11.2026"


@dataclass
class Editor:
    """A signed-in account. Every request is made as it would be from the page."""

    user: Any
    client: Client

    def get(self, address: str, **given: Any) -> Any:
        return self.client.get(f"{PROCEDURES}{address}", given)

    def post(self, address: str, **given: Any) -> Any:
        return self.client.post(f"{PROCEDURES}{address}", given)

    def save(self, procedure: Procedure, *changes: dict[str, Any], base: str = "", **more: Any) -> Any:
        sent = {"base": base or get_base(procedure), "changes": list(changes)}
        return self.post(f"edit/{procedure.pk}/", definition=json.dumps(sent), **more)

    def autosave(self, procedure: Procedure, *changes: dict[str, Any], base: str = "", **more: Any) -> Any:
        sent = {"base": base or get_base(procedure), "changes": list(changes)}
        return self.client.post(
            f"{PROCEDURES}edit/{procedure.pk}/",
            {"definition": json.dumps(sent), **more},
            headers={"accept": "application/json"},
        )

    def submit(self, procedure: Procedure, *changes: dict[str, Any], **more: Any) -> Any:
        asked = {"legal_source": REASON, "begins": "now", **more}
        return self.save(procedure, *changes, **{"action-submit": "yes"}, **asked)

    def decide(self, procedure: Procedure, what: str, comment: str = "") -> Any:
        state = Procedure.objects.get(pk=procedure.pk).current_workflow_state
        task_state = state.current_task_state_id if state else 1
        return self.post(f"workflow/action/{procedure.pk}/{what}/{task_state}/", comment=comment)


def get_base(procedure: Procedure) -> str:
    return compute_sha(Procedure.objects.get(pk=procedure.pk).working_copy())


def editor(username: str, *roles: str, group: str = "Coordinators") -> Editor:
    someone = person(username, *(roles or (StaffRole.COORDINATOR,)))
    someone.user.groups.set([Group.objects.get(name=group)])
    return Editor(someone.user, someone.client)


def published_procedure() -> Procedure:
    """The small procedure, in force, with its two forms published; the rights and the approval that seeding makes."""
    lay_ground()
    seed_approval(Procedure, name="Approval")
    publish(small_form())
    publish(small_follow_up())
    procedure = save_procedure(key="small_procedure", definition=small_procedure())
    publish_procedure(procedure=procedure, in_force_from=timezone.now())
    return Procedure.objects.get(pk=procedure.pk)
