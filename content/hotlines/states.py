"""The states of a hotline, for editors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Hotline
from ..models.hotline_rules import days_left, get_warning_period


class HotlineState(models.TextChoices):
    FINE = "fine", _("in order")
    SOON = "soon", _("test it this week")
    STALE = "stale", _("hidden: not tested")
    UNTESTED = "untested", _("emergency number, shown but not tested")
    UNCONFIRMED = "unconfirmed", _("hidden: another editor must call this number")
    OFF = "off", _("not shown")


# The states that editors are mailed about, the gravest first.
NEEDS_ACTION = (HotlineState.UNCONFIRMED, HotlineState.UNTESTED, HotlineState.STALE, HotlineState.SOON)


def get_state(line: Hotline, on: date | None = None) -> HotlineState:
    """Return the hotline's state on a day: exactly one for every hotline."""
    today = on or timezone.localdate()
    if not line.is_published or not line.number:
        return HotlineState.OFF
    if line.needs_call:
        return HotlineState.UNCONFIRMED
    # Hotlines for danger are shown whatever their test says, so they are never STALE.
    if line.never_stale:
        return (
            HotlineState.FINE if line.is_tested(today) and not _is_soon(line, today) else _get_danger_state(line, today)
        )
    if not line.is_shown(today):
        return HotlineState.STALE
    return HotlineState.SOON if _is_soon(line, today) else HotlineState.FINE


def _get_danger_state(line: Hotline, today: date) -> HotlineState:
    return HotlineState.SOON if line.is_tested(today) else HotlineState.UNTESTED


def _is_soon(line: Hotline, today: date) -> bool:
    left = days_left(line, today)
    return left is not None and left <= get_warning_period().days


@dataclass(frozen=True)
class HotlineStatus:
    """A hotline on a day: its state and how many days are left of its last test (None: never tested or shown)."""

    line: Hotline
    state: HotlineState
    days_left: int | None

    @property
    def days_over(self) -> int | None:
        return -self.days_left if self.days_left is not None and self.days_left < 0 else None


def get_statuses(on: date | None = None, lines: Iterable[Hotline] | None = None) -> list[HotlineStatus]:
    """Return every hotline with its state, those that need action first."""
    today = on or timezone.localdate()
    found = [
        HotlineStatus(line, get_state(line, today), days_left(line, today))
        for line in (Hotline.objects.all() if lines is None else lines)
    ]
    order = {state: number for number, state in enumerate((*NEEDS_ACTION, HotlineState.FINE, HotlineState.OFF))}
    return sorted(found, key=lambda each: (order[each.state], each.line.order, each.line.key))


def get_due_statuses(on: date | None = None) -> list[HotlineStatus]:
    return [each for each in get_statuses(on) if each.state in NEEDS_ACTION]
