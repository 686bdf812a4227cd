"""How every page of a card answers: kept by nobody, found by nobody, and alike for every code that leads nowhere."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .showing import frame

View = Callable[..., HttpResponse]


def kept_nowhere(view: View) -> View:
    """No copy in browsers and caches, and no search engine's index."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answered


def see_other(address: str) -> HttpResponse:
    """303: read on there."""
    return HttpResponse(status=303, headers={"Location": address})


def unknown_card(request: HttpRequest) -> HttpResponse:
    """404 that helps. The same words and bytes for a code that never was, one that has ended and a cancelled session:
    the code isn't repeated, and the other language's link leads to where a code is typed."""
    return render(request, "outreach_pages/card_unknown.html", frame(request, "cards:enter"), status=404)
