"""Page of what will be forgotten within a month."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..forgetting_soon import find_forgetting_soon
from .page import frame, staff


def forgetting(request: HttpRequest) -> HttpResponse:
    """Show references and counts; nothing of what will be forgotten."""
    return render(request, "submissions/forgetting.html", frame(request, soon=find_forgetting_soon(staff(request))))
