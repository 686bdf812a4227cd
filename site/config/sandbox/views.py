"""Pages that show what the sandbox's mail server and its phones received. They exist in the local profile only."""

import json
import os
import urllib.request
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from .phone_store import get_newest_messages
from .phones import KEY_VARIABLE
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


def phones(request: HttpRequest) -> HttpResponse:
    """List the newest SMS and calls, each with a form to answer it. Reloads every few seconds with `?live=1` only.

    A page that reloads by itself takes away what somebody is writing.
    """
    context = {
        "messages_of_phones": get_newest_messages(settings.DATA_DIR / "phones"),
        "refreshes": "live" in request.GET,
    }
    return render(request, "sandbox/phones.html", context)


@require_POST
def answer_phone(request: HttpRequest) -> HttpResponse:
    """Hand the sandbox's gateway what somebody wrote or pressed on a phone; it goes in by the service's own hook."""
    said = {"key": request.POST.get("key", "")[:40], "text": request.POST.get("text", "")[:160]}
    _ask_gateway("answer", said)
    return redirect("sandbox:phones")


def _ask_gateway(path: str, said: dict[str, str]) -> None:
    """Post to the sandbox's own gateway. Nothing happens where it doesn't run."""
    urls = [str(gateway.get("url", "")) for gateway in settings.NOTIFICATION_GATEWAYS]
    start = next((url.removesuffix("sms") for url in urls if url.startswith("http://127.0.0.1:")), "")
    if not start:
        raise Http404
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get(KEY_VARIABLE, '')}"}
    request = urllib.request.Request(start + path, json.dumps(said).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=12):  # noqa: S310
            pass
    except OSError:
        raise Http404 from None
