"""Pages of which nobody keeps a copy: no browser, no proxy, no search engine."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def forbid_caching(view: View) -> View:
    """Forbid copies in browsers and caches, and the index of search engines."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        # Somebody else may look through the phone (ADR 28).
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answered
