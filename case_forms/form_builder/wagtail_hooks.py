"""Registration of this room in the admin, and the form editor's action menu."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.action_menu import (
    ActionMenuItem,
    CancelWorkflowMenuItem,
    SaveMenuItem,
    SubmitForModerationMenuItem,
)
from wagtail.snippets.models import register_snippet

from .models import FormDefinition
from .viewsets import BuilderGroup

register_snippet(BuilderGroup)


class SubmitForApproval(SubmitForModerationMenuItem):
    """Wagtail's item for submitting, with our label."""

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"label": _("Submit for approval")}


class Withdraw(CancelWorkflowMenuItem):
    """Wagtail's item for cancelling a workflow, with our label."""

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"label": _("Withdraw from approval")}

    def is_shown(self, context: dict[str, Any]) -> bool:
        # Offered to whoever submitted and to nobody else; Wagtail offers it to whoever may decide as well.
        state = context["instance"].current_workflow_state if context["view"] == "edit" else None
        return state is not None and state.requested_by_id == context["request"].user.pk


@hooks.register("construct_snippet_action_menu")
def only_what_can_be_done(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """Leave only saving, submitting and withdrawing in the menu.

    Approving is on the page itself, beside what is to be approved.
    """
    if context["model"] is not FormDefinition:
        return
    shown = [item for item in items if isinstance(item, SaveMenuItem) and item.is_shown(context)]
    shown += [item for item in (SubmitForApproval(order=60), Withdraw(order=40)) if item.is_shown(context)]
    items[:] = shown
