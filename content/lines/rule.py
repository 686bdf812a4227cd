"""Which lines readers may still see (docs/adr/0020).

A line was last known to be true on the day of its last test call, or, before the first call, on the day it was first
shown. It is shown for HOTLINE_TEST_DAYS from then. Danger numbers (`never_stale`) stay: a missing one harms more than
one that nobody has called lately; editors are told instead.

A number that somebody entered or changed by hand is shown to nobody until another editor has called it (docs/adr/0076).
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

if TYPE_CHECKING:
    from ..models import Hotline


def shown_for() -> timedelta:
    return timedelta(days=settings.HOTLINE_TEST_DAYS)


def told_before() -> timedelta:
    return timedelta(days=settings.HOTLINE_WARN_DAYS)


def known_true_since() -> Coalesce:
    """The day a line was last known to be true, as the database works it out."""
    return Coalesce("verified_on", "first_shown_on")


def may_be_shown(on: date | None = None) -> Q:
    """For a queryset annotated with `known_true_since`: published, with a number, and tested lately or never stale."""
    since = (on or timezone.localdate()) - shown_for()
    is_meant = Q(publish="yes", needs_call=False) & ~Q(number="")
    return is_meant & (Q(never_stale=True) | Q(known_true_since__gte=since))


def last_true(line: "Hotline") -> date | None:
    return line.verified_on or line.first_shown_on


def days_left(line: "Hotline", on: date | None = None) -> int | None:
    """How many more days the line's last test speaks for it; negative when its time is over, None without any."""
    day = last_true(line)
    return None if day is None else (day + shown_for() - (on or timezone.localdate())).days


def called_as(user: Any) -> str:
    """How a person stands as the one who called."""
    return (user.get_full_name() or user.get_username())[:80]
