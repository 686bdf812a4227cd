"""The rule that says which hotlines readers may see (docs/adr/0020).

A hotline was last known to be true on the day of its last test call, or, before the first call, on the day it was first
shown. It is shown for HOTLINE_TEST_DAYS from then. Danger numbers (`never_stale`) stay: a missing one harms more than
one that nobody has called lately; editors are notified instead.

A number that somebody entered or changed by hand is shown to nobody until another editor has called it (docs/adr/0076).
"""

from datetime import date, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone


class TestedHotline(Protocol):
    """A hotline, as far as the rule looks at it."""

    verified_on: date | None
    first_shown_on: date | None


def get_shown_period() -> timedelta:
    return timedelta(days=settings.HOTLINE_TEST_DAYS)


def get_warning_period() -> timedelta:
    return timedelta(days=settings.HOTLINE_WARN_DAYS)


def known_true_since() -> Coalesce:
    """Return the expression for the day a hotline was last known to be true, worked out by the database."""
    return Coalesce("verified_on", "first_shown_on")


def may_be_shown(on: date | None = None) -> Q:
    """Return the condition for hotlines that readers may see.

    Published, with a number, and tested lately or never stale.

    For a queryset annotated with `known_true_since`.
    """
    since = (on or timezone.localdate()) - get_shown_period()
    is_meant = Q(publish="yes", needs_call=False) & ~Q(number="")
    return is_meant & (Q(never_stale=True) | Q(known_true_since__gte=since))


def get_last_true(line: TestedHotline) -> date | None:
    return line.verified_on or line.first_shown_on


def days_left(line: TestedHotline, on: date | None = None) -> int | None:
    """Return how many days the last test still counts; negative when that time is over, None without a test."""
    day = get_last_true(line)
    return None if day is None else (day + get_shown_period() - (on or timezone.localdate())).days


def are_ways_due(tried_on: date | None, on: date | None = None) -> bool:
    """Return whether ways besides calling must be tried again: HOTLINE_WAYS_DAYS after the last try."""
    return tried_on is None or (on or timezone.localdate()) - tried_on > timedelta(days=settings.HOTLINE_WAYS_DAYS)


def ways_are_hidden(told_on: date | None, on: date | None = None) -> bool:
    """Return whether nobody has tried them since editors were notified of it, HOTLINE_TEST_DAYS ago."""
    return told_on is not None and (on or timezone.localdate()) - told_on > get_shown_period()


def get_caller_name(user: Any) -> str:
    """Return the name under which a person is recorded as the caller."""
    # 80 characters: the length of `Hotline.verified_by`.
    return (user.get_full_name() or user.get_username())[:80]
