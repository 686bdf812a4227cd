"""The conversation behind a notice's link and PIN: all of it (GET), one message more (POST)."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from audit.chain import log_event

from ..pages import before_pin, is_readable
from ..visit import Visit, at_link
from .actions import CORRECTABLE, MAX_TEXT, CannotSay, mark_read, write_as_recipient
from .pages import build_page, build_talk
from .thread import get_root, may_talk

READ = "read"


@sensitive_post_parameters("text")
@at_link
def talk(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the whole conversation; on POST add to it, or note that it was read."""
    if visit.session is None:
        if request.method != "POST":
            return _go(request, visit, uuid4())
        return render(request, "briefs/pin.html", before_pin(visit) | {"ended": True}, status=403)
    if not (is_readable(visit.notice) and may_talk(visit.notice, get_root(visit.notice))):
        raise Http404
    if request.method == "POST":
        return _write(request, visit)
    return _render(request, visit)


@sensitive_variables("text")
def _write(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.POST.get("do") == READ:
        mark_read(visit.notice)
        return _go(request, visit, uuid4())
    text, key = request.POST.get("text", ""), read_key(request.POST.get("key", ""))
    try:
        write_as_recipient(notice=visit.notice, text=text, key=key, wants_answer=request.POST.get("do") != "word")
    except CannotSay as refused:
        is_correctable = refused.code in CORRECTABLE
        more = {"problem": refused.words, "text": text, "is_correctable": is_correctable, "key": key}
        return _render(request, visit, 422 if is_correctable else 409, **more)
    return _go(request, visit, key)


def _render(request: HttpRequest, visit: Visit, status: int = 200, **more: Any) -> HttpResponse:
    log_event("brief.talk_read", actor=visit.actor, target_kind="notice", target_id=visit.notice.pk)
    context = {
        "visit": visit,
        "notice": visit.notice,
        "talk": build_talk(visit.notice),
        "page": build_page(visit.notice, request.GET.get("page")),
        "max_text": MAX_TEXT,
        **more,
    }
    return render(request, "briefs/talk.html", context, status=status)


def read_key(typed: str) -> UUID:
    """Return the key that a page sent with what was written; a new one for a page that sent none."""
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()


def _go(request: HttpRequest, visit: Visit, key: UUID) -> HttpResponse:
    """Lead back to the notice's page; a page with a script goes there by itself."""
    # Another address each time: to the same one with a fragment, a browser would only scroll.
    base = visit.address()
    address = f"{base}{'&' if '?' in base else '?'}at={key.hex[:8]}#talk"
    if request.headers.get("Accept", "") == "application/json":
        return JsonResponse({"go": address})
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
