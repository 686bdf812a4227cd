"""Panels for editors on the admin's first page: what is due today, and nothing when nothing is."""

from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from access.models import StaffRole

from ..hotlines.states import get_due_statuses
from ..review.models import DeletionRequest
from .lists import add_display_titles, get_due_pages, get_recently_unpublished

MAX_SHOWN = 8


class HotlinesPanel(Component):
    """Hotlines that need a call, each with the button to record it."""

    name = "lines_to_call"
    template_name = "content_admin/home_lines.html"
    order = 120

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"lines": get_due_statuses()}


class DuePagesPanel(Component):
    """Pages whose text is due for review."""

    name = "pages_due"
    template_name = "content_admin/home_pages.html"
    order = 130

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        due = get_due_pages(self.request.user)  # type: ignore[arg-type]
        count = due.count()
        return {"pages": add_display_titles(due[:MAX_SHOWN]), "count": count, "more": max(0, count - MAX_SHOWN)}


class RemovedPagesPanel(Component):
    """Pages that somebody asks to delete, and those hidden from their readers in the last days."""

    name = "pages_gone"
    template_name = "content_admin/home_gone.html"
    order = 110

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        asked = DeletionRequest.objects.select_related("page", "asked_by")
        taken = get_recently_unpublished()
        left_out = max(asked.count() - MAX_SHOWN, 0) + max(len(taken) - MAX_SHOWN, 0)
        asked, taken = asked[:MAX_SHOWN], taken[:MAX_SHOWN]
        add_display_titles([*(each.page for each in asked), *(each.page for each in taken)])
        return {"asked": asked, "taken": taken, "left_out": left_out}


def build_panels(request: HttpRequest) -> list[Component]:
    user: Any = request.user
    panels = [RemovedPagesPanel(request), HotlinesPanel(), DuePagesPanel(request)]
    return panels if user.has_role(StaffRole.EDITOR) else []
