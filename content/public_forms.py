"""Decorator for forms of public pages: they set no cookie, so Django's CSRF check has nothing to compare with.

Nothing here acts in anybody's name: a forged form could only make a visitor's browser send what anyone may send. What a
browser says of where a form came from is still worth asking, because it keeps other sites from using their visitors to
flood us.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from .models.page_context import build_page_context

OWN_FETCH_SITES = ("same-origin", "none")  # "none": the reader's own doing, such as a form sent again after a reload
View = Callable[..., HttpResponse]


def is_from_our_pages(request: HttpRequest) -> bool:
    """Return False when the browser says that a page elsewhere sent this form. Costs no query, stores nothing.

    Public pages carry `Referrer-Policy: no-referrer`, under which a browser sends `Origin: null` with our own forms
    too; today's browsers also send Sec-Fetch-Site, which no page can forge, and that decides. A browser too old to send
    it (an old phone) that says nothing else either is believed: turning a person away who asks for help weighs more.
    """
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from:
        return fetched_from in OWN_FETCH_SITES
    stated = request.headers.get("Origin") or request.headers.get("Referer") or ""
    if stated in ("", "null"):
        return True
    return _get_origin(stated) in _get_our_origins(request)


def _get_origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


def _get_our_origins(request: HttpRequest) -> set[str]:
    return {f"{request.scheme}://{request.get_host()}".lower(), settings.PUBLIC_URL.lower()}


def public_form(view: View) -> View:
    """Make a view a public form: no cookie, no CSRF token; a page elsewhere that posts to it is refused."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_from_our_pages(request):
            return render(request, "errors/from_elsewhere.html", build_page_context(request), status=403)
        return view(request, *args, **kwargs)

    return checked
