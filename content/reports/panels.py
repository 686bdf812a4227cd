"""Panels for editors on the admin's first page: what is due today, and nothing when nothing is."""

from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from access.models import StaffRole

from ..hotlines.states import to_do
from ..review.models import DeletionRequest
from .lists import due_pages, taken_away

SHOWN = 8


class LinesPanel(Component):
    """Hotlines that need a call, each with the button to record it."""

    name = "lines_to_call"
    template_name = "content_admin/home_lines.html"
    order = 120

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"lines": to_do()}


class DuePagesPanel(Component):
    """Pages whose text is due for review."""

    name = "pages_due"
    template_name = "content_admin/home_pages.html"
    order = 130

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        due = due_pages(self.request.user)  # type: ignore[arg-type]
        count = due.count()
        return {"pages": due[:SHOWN], "count": count, "more": max(0, count - SHOWN)}


class GonePanel(Component):
    """Pages that somebody asks to delete, and those hidden from their readers in the last days."""

    name = "pages_gone"
    template_name = "content_admin/home_gone.html"
    order = 110

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        asked = DeletionRequest.objects.select_related("page", "asked_by")
        return {"asked": asked[:SHOWN], "taken": taken_away()[:SHOWN]}


def panels_for(request: HttpRequest) -> list[Component]:
    user: Any = request.user
    panels = [GonePanel(request), LinesPanel(), DuePagesPanel(request)]
    return panels if user.has_role(StaffRole.EDITOR) else []
