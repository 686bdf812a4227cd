"""The responses of this room: cached by nobody, indexed by nobody, the numbers to call first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from content.models.page_context import build_page_context as public_frame
from content.models.page_context import get_view_translations


def shown(
    request: HttpRequest, template: str, name: str, *args: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page in the public frame. `name` and `args`: its own address, which the other language keeps."""
    framed = public_frame(request)
    danger = [line for line in framed["lines"] if line.for_danger]
    return render(
        request,
        template,
        framed | {"twins": get_view_translations(name, *args), "danger_lines": danger} | context,
        status=status,
    )
