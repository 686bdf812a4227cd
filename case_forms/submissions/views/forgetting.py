"""Page of what will be forgotten within a month."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..forgetting_soon import find_forgetting_soon
from .page import frame, staff

ON_A_PAGE = 200


def forgetting(request: HttpRequest) -> HttpResponse:
    """Show references and counts; nothing of what will be forgotten."""
    soon = find_forgetting_soon(staff(request))
    context = frame(
        request,
        soon=soon,
        cases=Paginator(soon.cases, ON_A_PAGE).get_page(request.GET.get("cases")),
        held=Paginator(soon.held, ON_A_PAGE).get_page(request.GET.get("held")),
    )
    return render(request, "submissions/forgetting.html", context)
