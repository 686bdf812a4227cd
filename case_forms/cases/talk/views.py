"""The page on which the unit reads and answers what was written about one notice of its case."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from notifications.briefs.talk.actions import CORRECTABLE, MAX_TEXT, CannotSay
from notifications.briefs.talk.models import OF_RECIPIENT
from notifications.briefs.talk.pages import build_page
from notifications.briefs.talk.telling import get_readers
from notifications.briefs.talk.thread import get_messages, get_waiting_questions, why_over
from notifications.briefs.talk.views import read_key
from notifications.outbox.models import Notice

from ..models import Case
from .writing import get_talk_root, may_write, note_phoned, note_read, write

READ, PHONED, ANSWER = "read", "phoned", "answer"


@sensitive_post_parameters("text")
def talk(request: HttpRequest, reference: str, notice_id: UUID) -> HttpResponse:
    """Show what was written, the newest page first; on POST add to it, answer it, or note that it was read."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    root = get_talk_root(found, notice_id)
    if request.method == "POST":
        if not may_write(found, request.user):
            raise Http404
        return _act(request, found, root, request.user)
    return _render(request, found, root)


@sensitive_variables("text")
def _act(request: HttpRequest, case: Case, root: Notice, user: User) -> HttpResponse:
    do, text = request.POST.get("do", ""), request.POST.get("text", "")
    key, shown = read_key(request.POST.get("key", "")), _read_shown(request.POST.get("shown", ""))
    if do == READ:
        note_read(case=case, root=root, by=user)
        return _go(request, case, root)
    try:
        if do == PHONED:
            note_phoned(case=case, root=root, by=user, answers=shown or uuid4())
        else:
            write(case=case, root=root, text=text, key=key, by=user, answers=shown if do == ANSWER else None)
    except CannotSay as refused:
        is_correctable = refused.code in CORRECTABLE
        more = {"problem": refused.words, "text": text, "is_correctable": is_correctable, "key": key}
        return _render(request, case, root, 422 if is_correctable else 409, **more)
    return _go(request, case, root)


def _render(request: HttpRequest, case: Case, root: Notice, status: int = 200, **more: Any) -> HttpResponse:
    assert isinstance(request.user, User)
    log_event("case.talk_read", actor=get_actor(request.user), target_kind="notice", target_id=root.pk, case=case.pk)
    waiting = get_waiting_questions(root).order_by("-at", "-pk")
    context = {
        "place_name": case.unit.name,
        "case": case,
        "notice": root,
        "page": build_page(root, request.GET.get("page")),
        "readers": get_readers(root),
        "waiting": waiting.count(),
        "shown": waiting.values_list("pk", flat=True).first(),
        "unread": get_messages(root).filter(kind__in=OF_RECIPIENT, read_at__isnull=True).count(),
        "may_write": may_write(case, request.user),
        "why_over": why_over(root),
        "new_key": uuid4(),
        "max_text": MAX_TEXT,
        **more,
    }
    return render(request, "cases/talk.html", context, status=status)


def _read_shown(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _go(request: HttpRequest, case: Case, root: Notice) -> HttpResponse:
    address = resolve_url("cases:talk", case.reference, root.pk)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"go": address})
    return redirect(address)
