"""What every page of this room has in common: kept by nobody, found by nobody, the numbers to call first."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language

from content.models.frame import frame as public_frame

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


def shown(
    request: HttpRequest, template: str, name: str, *args: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page in the public frame. `name` and `args`: its own address, which the other language keeps."""
    framed = public_frame(request)
    danger = [line for line in framed["lines"] if line.for_danger]
    return render(
        request, template, framed | {"twins": twins(name, *args), "danger_lines": danger} | context, status=status
    )


def twins(name: str, *args: str) -> list[dict[str, Any]]:
    """Where the page is read in each language."""
    current, found = get_language() or settings.LANGUAGE_CODE, []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            url = reverse(name, args=args)
        local = translation.get_language_info(code)["name_local"].capitalize()
        found.append({"language": code, "name": local, "url": url, "is_current": code == current, "is_same": True})
    return found
