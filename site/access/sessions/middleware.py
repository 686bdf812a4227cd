"""Middleware for `request.user`: nobody while the session is locked or ended, a stand-in after a duress PIN."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from ..known_callers import SESSION
from ..models import User
from . import actions
from .duress import make_stand_in
from .models import StaffSession

# Requests that pages make by themselves keep no session open: a case's page that reloads, Wagtail's "still editing".
BY_ITSELF = re.compile(r"^/field/cases/[^/]+/timeline/|^/cms/editing-sessions/")
SEEN_EACH = timedelta(minutes=1)
# Whoever locked a session may still sign out of it: at these addresses they are known.
STILL_KNOWN = ("/accounts/logout/",)


class StaffSessionMiddleware:
    """Middleware that replaces `request.user` by whom this session stands for now, once something asks.

    `request.locked_user` is the person whose session is locked, else None. They are nobody to every view: the policy
    sends them to unlock it, and what they type is saved by its draft's key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.locked_user = None  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(lambda: get_person(request))  # type: ignore[assignment]
        return self.get_response(request)


def get_person(request: HttpRequest) -> User | AnonymousUser:
    """Return whom this request stands for, and lock the session if it was idle for too long.

    Whether its session is somebody's is left for `known_callers`, a locked one's too: they come to unlock it.
    """
    request.META[SESSION] = ""
    user = get_user(request)
    if not isinstance(user, User):
        return AnonymousUser()
    row = actions.get_session_rows(request, user).first()
    if row is None:  # a session from before StaffSession existed
        row = actions.begin(request, user)
    now = timezone.now()
    # Checked by the row as well: unlocking saves the session again, which would extend its cookie.
    if row.ended_at is not None or now - row.started_at > timedelta(seconds=settings.SESSION_COOKIE_AGE):
        request.session.flush()
        return AnonymousUser()
    request.META[SESSION] = request.session.session_key or ""
    idle = timedelta(minutes=settings.IDLE_MINUTES)
    if idle and not row.is_locked and now - row.seen_at > idle:
        actions.lock(request)
        row.is_locked = True
    if row.is_locked:
        request.locked_user = user  # type: ignore[attr-defined]
        return user if request.path in STILL_KNOWN else AnonymousUser()
    if now - row.seen_at > SEEN_EACH and not is_by_itself(request):
        # Not at each request: idleness is measured in minutes, and each write takes SQLite's one writer.
        StaffSession.objects.filter(pk=row.pk).update(seen_at=now)
    return make_stand_in(user) if row.in_duress else user


def is_by_itself(request: HttpRequest) -> bool:
    """Whether the page made this request by itself, not the person."""
    return bool(BY_ITSELF.match(request.path)) or "renewed" in request.GET
