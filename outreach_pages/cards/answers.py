"""Responses that all pages of a card share: never cached or indexed, and the same for every code that leads nowhere."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .showing import frame

View = Callable[..., HttpResponse]


def forbid_caching(view: View) -> View:
    """Keep the page out of browser caches, proxies and search engines."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answered


def see_other(address: str) -> HttpResponse:
    """Redirect with 303."""
    return HttpResponse(status=303, headers={"Location": address})


def unknown_card(request: HttpRequest) -> HttpResponse:
    """Answer 404 with the numbers to call.

    The same bytes for a code that never existed, one that has ended and a cancelled session: the code isn't repeated,
    and the other language's link leads to the form for a code (docs/adr/0027).
    """
    return render(request, "outreach_pages/card_unknown.html", frame(request, "cards:enter"), status=404)
