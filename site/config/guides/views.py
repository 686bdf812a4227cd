"""Views of the guides of the signed-in person."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from access.languages import LANGUAGES, get_current_language

from .catalogue import FIRST, guides_for


def all_guides(request: HttpRequest) -> HttpResponse:
    """List this person's guides."""
    user: Any = request.user
    return render(request, "guides/list.html", {"guides": guides_for(user)})


def guide(request: HttpRequest, slug: str, language: str = "") -> HttpResponse:
    """Show one guide, in the person's language unless another is asked for. Another role's guide is a 404."""
    user: Any = request.user
    found = next((each for each in guides_for(user) if each.slug == slug), None)
    if found is None or (language and language not in LANGUAGES):
        raise Http404
    own = (get_current_language())[:2]
    chosen = language or (own if own in LANGUAGES else FIRST)
    other = next(each for each in LANGUAGES if each != chosen)
    context = {"guide": found, "language": chosen, "other": other}
    context |= {"html": found.html(chosen), "parts": found.parts(chosen)}
    return render(request, "guides/guide.html", context)
