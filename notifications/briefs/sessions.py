"""Sessions in a brief: a signed cookie that fits one notice only, and expires after some minutes of silence.

The cookie says which BriefSession it belongs to and when it was last seen; looking at the page renews it without
touching the database. Closing writes `closed_at`, so a copied cookie is worth nothing afterwards.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.outbox.models import Notice

from .models import BriefSession

COOKIE = "brief"
SALT = "notifications.briefs.session"
MAX_AGE = timedelta(hours=8)


def get_current_session(request: HttpRequest, notice: Notice) -> BriefSession | None:
    """Return the open session of this notice in this browser, or None. Reads only."""
    try:
        session_id = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=get_max_silence())
    except signing.BadSignature:
        return None
    session = BriefSession.objects.filter(
        pk=session_id, notice=notice, closed_at__isnull=True, opened_at__gt=timezone.now() - MAX_AGE
    ).first()
    pin_set_at = notice.contact.pin_set_at if notice.contact else None
    # A session that an older PIN opened ends with that PIN.
    if session is None or pin_set_at is None or pin_set_at > session.opened_at:
        return None
    return session


def get_max_silence() -> timedelta:
    return timedelta(minutes=settings.BRIEF_SESSION_MINUTES)


def set_cookie(response: HttpResponse, session: BriefSession, path: str) -> None:
    """Set or renew the cookie; `path` keeps it away from every other notice."""
    response.set_cookie(
        COOKIE,
        signing.dumps(str(session.pk), salt=SALT),
        max_age=get_max_silence(),
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # Not Strict: browsers wouldn't send it when the link is opened from a mail program's page.
        samesite="Lax",
    )


def close_session(response: HttpResponse, session: BriefSession, path: str) -> None:
    session.closed_at = timezone.now()
    session.save(update_fields=["closed_at"])
    response.delete_cookie(COOKIE, path=path, samesite="Lax")
