"""Coordinators who build forms, and what they do on the pages."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from access.models import Assignment, Region, StaffRole, User
from case_forms.submissions.seeding.reference import seed_groups
from tests.rows import remembered

from ..edits import compute_sha
from ..models import FormDefinition
from ..workflow import seed_approval

FORMS = "/cms/forms/"


@dataclass
class Person:
    """A signed-in account. Every request is made as it would be from the page."""

    user: User
    client: Client

    def get(self, address: str, **given: Any) -> Any:
        return self.client.get(f"{FORMS}{address}", given)

    def post(self, address: str, **given: Any) -> Any:
        return self.client.post(f"{FORMS}{address}", given)

    def save(self, form: FormDefinition, *changes: dict[str, Any], base: str = "", **more: Any) -> Any:
        """The page's form sent with these changes, over what the person last saw."""
        sent = {"base": base or get_base(form), "changes": list(changes)}
        return self.post(f"edit/{form.pk}/", definition=json.dumps(sent), **more)

    def autosave(self, form: FormDefinition, *changes: dict[str, Any], base: str = "", **more: Any) -> Any:
        sent = {"base": base or get_base(form), "changes": list(changes)}
        return self.client.post(
            f"{FORMS}edit/{form.pk}/", {"definition": json.dumps(sent), **more}, headers={"accept": "application/json"}
        )

    def submit(self, form: FormDefinition, *changes: dict[str, Any]) -> Any:
        return self.save(form, *changes, **{"action-submit": "yes"})

    def decide(self, form: FormDefinition, what: str, comment: str = "") -> Any:
        state = FormDefinition.objects.get(pk=form.pk).current_workflow_state
        task_state = state.current_task_state_id if state else 1
        return self.post(f"workflow/action/{form.pk}/{what}/{task_state}/", comment=comment)


def get_base(form: FormDefinition) -> str:
    return compute_sha(FormDefinition.objects.get(pk=form.pk).working_copy())


def person(username: str, *roles: str, **fields: Any) -> Person:
    """A person of these roles (a coordinator unless named otherwise), in the group of coordinators."""
    user = User.objects.create(username=username, first_name=username.title(), language="en", **fields)
    region, _new = Region.objects.get_or_create(slug="north", defaults={"name": "North", "iso_code": "AL-98"})
    for role in roles or (StaffRole.COORDINATOR,):
        Assignment.objects.create(user=user, role=role, region=region if role == StaffRole.COORDINATOR else None)
    user.groups.add(Group.objects.get(name="Coordinators"))
    client = Client()
    client.force_login(user)
    return Person(user, client)


@remembered
def lay_ground() -> None:
    """The rights and the approval that seeding lays down."""
    seed_groups()
    seed_approval(FormDefinition, name="Approval")
