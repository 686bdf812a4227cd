"""The quick exit."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render


class SeeOther(HttpResponseRedirect):
    status_code = 303


def leave(request: HttpRequest) -> HttpResponse:
    """Redirect (303) to the neutral page `EXIT_URL` and ask the browser to delete its copies. Changes nothing here.

    A visitor's browser drops cache and storage. A member of staff (a session cookie is present) is signed out on this
    device instead, and storage stays: a report not yet sent may wait there. Only a deliberate visit counts: a page
    elsewhere that embeds this address as an image clears nothing.
    """
    response = SeeOther(settings.EXIT_URL)
    response["Cache-Control"] = "no-store"
    # The neutral site must not learn from where its visitor came.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    if _is_visit(request):
        is_staff = settings.SESSION_COOKIE_NAME in request.COOKIES
        response["Clear-Site-Data"] = '"cache", "cookies"' if is_staff else '"cache", "storage"'
    return response


def left(request: HttpRequest) -> HttpResponse:
    """Serve an empty page that leads out of the site: what Back finds where somebody left (static/js/left.js)."""
    response = render(request, "content/left.html")
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _is_visit(request: HttpRequest) -> bool:
    """Return whether it is a link followed from our own pages, or typed. Browsers that don't say are believed."""
    return (
        request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        and request.headers.get("Sec-Fetch-Site", "same-origin") != "cross-site"
    )
