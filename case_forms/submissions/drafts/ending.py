"""End drafts that nobody has changed for `DRAFT_DAYS`, after two warnings to their owner.

The first warning comes a week before, the second a day before, by mail and on the start page; neither says what the
draft is about. Whoever saves it again begins the time anew. A draft that was old already when this came into use, or
whose warnings were late, gets both of them and the time between them first.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import User
from access.staff_mail import send_staff_mail
from audit.put_aside import for_each_row

from ..models import Draft
from .actions import forget_draft

END = "draft.end"  # what is put aside when one can't be ended
FIRST, SECOND = timedelta(days=7), timedelta(days=1)  # before the end
BETWEEN = timedelta(days=5)  # at least, between the two warnings
AT_MOST = 500  # drafts in one pass


def end_old_drafts(now: datetime) -> tuple[int, int]:
    """Warn the owners of drafts that are about to end, and delete those whose time is over.

    Returns (how many drafts somebody was warned of, how many were deleted).
    """
    if not settings.DRAFT_DAYS:
        return 0, 0
    Draft.objects.open().filter(warnings__gt=0, warned_at__lt=F("saved_at")).update(warnings=0, warned_at=None)
    ended = for_each_row(END, list(_over(now)[:AT_MOST]), lambda key: forget_draft(Draft.objects.get(pk=key)), at=now)
    return _warn(now), ended


def get_end(draft: Draft) -> date | None:
    """Return the day on which this draft is deleted, once its owner has been warned; None before, or when never."""
    if not settings.DRAFT_DAYS or not draft.warnings or draft.warned_at is None or draft.warned_at < draft.saved_at:
        return None
    ends_at = draft.saved_at + timedelta(days=settings.DRAFT_DAYS)
    after = BETWEEN + SECOND if draft.warnings == 1 else SECOND
    return timezone.localdate(max(ends_at, draft.warned_at + after))


def _aged(now: datetime, before_end: timedelta) -> QuerySet[Draft]:
    return Draft.objects.open().filter(saved_at__lte=now - timedelta(days=settings.DRAFT_DAYS) + before_end)


def _over(now: datetime) -> "QuerySet[Draft, object]":
    warned = _aged(now, timedelta(0)).filter(warnings__gte=2, warned_at__lte=now - SECOND)
    return warned.order_by("saved_at").values_list("pk", flat=True)


def _warn(now: datetime) -> int:
    first = Q(pk__in=_aged(now, FIRST).filter(warnings=0).values("pk"))
    second = Q(pk__in=_aged(now, SECOND).filter(warnings=1, warned_at__lte=now - BETWEEN).values("pk"))
    due: dict[User, list[Draft]] = defaultdict(list)
    found = Draft.objects.filter(first | second).select_related("owner").defer("answers", "left_over", "besides")
    for draft in found.order_by("saved_at")[:AT_MOST]:
        due[draft.owner].append(draft)
    return sum(_warn_owner(owner, drafts, now) for owner, drafts in due.items())


def _warn_owner(owner: User, drafts: list[Draft], now: datetime) -> int:
    """Mail an owner about these drafts; count the warning unless the mail server is away. Returns how many drafts."""
    if owner.is_active and owner.email and not _mail(owner, len(drafts)):
        return 0
    for draft in drafts:
        # As it was read: one that was saved meanwhile isn't about to end.
        same = Draft.objects.open().filter(pk=draft.pk, saved_at=draft.saved_at)
        same.update(warnings=F("warnings") + 1, warned_at=now)
    return len(drafts)


def _mail(owner: User, count: int) -> bool:
    with translation.override(owner.language):
        body = render_to_string(
            "submissions/draft_ends.txt",
            {"count": count, "days": settings.DRAFT_DAYS, "page": settings.PUBLIC_URL + reverse("intake:home")},
        )
        subject = _("Vatra: something that you have begun is about to be deleted")
    return send_staff_mail(subject, body, owner.email, "draft_warning_failed", owner=owner.pk)
