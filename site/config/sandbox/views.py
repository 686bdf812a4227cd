"""Pages that show what the sandbox's mail server received. They exist in the local profile only."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .store import get_newest_letters, read_letter


def folder() -> Path:
    return settings.DATA_DIR / "inbox"


def inbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails. The page reloads every few seconds unless `?still=1`."""
    context = {"letters": get_newest_letters(folder()), "refreshes": "still" not in request.GET}
    return render(request, "sandbox/inbox.html", context)


def letter(request: HttpRequest, key: str) -> HttpResponse:
    found = read_letter(folder(), key)
    if found is None:
        raise Http404
    return render(request, "sandbox/letter.html", {"letter": found[0], "text": found[1]})
