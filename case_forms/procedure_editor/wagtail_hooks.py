"""Registration of this room in the admin, and the editor's action menu."""

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.snippets.action_menu import ActionMenuItem, SaveMenuItem
from wagtail.snippets.models import register_snippet

from case_forms.form_builder.wagtail_hooks import SubmitForApproval, Withdraw
from case_forms.procedures.models import Procedure

from .viewsets import ProcedureViewSet

register_snippet(ProcedureViewSet)


@hooks.register("construct_snippet_action_menu")
def only_what_can_be_done(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """Leave only saving, submitting and withdrawing in the menu.

    Approving is on the page itself, beside what is to be approved.
    """
    if context["model"] is not Procedure:
        return
    shown = [item for item in items if isinstance(item, SaveMenuItem) and item.is_shown(context)]
    shown += [item for item in (SubmitForApproval(order=60), Withdraw(order=40)) if item.is_shown(context)]
    items[:] = shown
