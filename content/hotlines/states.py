"""The states of a hotline, for editors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Hotline
from ..models.hotline_rules import days_left, told_before


class LineState(models.TextChoices):
    FINE = "fine", _("in order")
    SOON = "soon", _("test it this week")
    STALE = "stale", _("hidden: not tested")
    UNTESTED = "untested", _("emergency number, shown but not tested")
    UNCONFIRMED = "unconfirmed", _("hidden: another editor must call this number")
    OFF = "off", _("not shown")


# The states that editors are mailed about, the gravest first.
TO_DO = (LineState.UNCONFIRMED, LineState.UNTESTED, LineState.STALE, LineState.SOON)


def get_state(line: Hotline, on: date | None = None) -> LineState:
    """Return the hotline's state on a day: exactly one for every hotline."""
    today = on or timezone.localdate()
    if not line.is_published or not line.number:
        return LineState.OFF
    if line.needs_call:
        return LineState.UNCONFIRMED
    # Hotlines for danger are shown whatever their test says, so they are never STALE.
    if line.never_stale:
        return LineState.FINE if line.is_tested(today) and not _is_soon(line, today) else _of_danger(line, today)
    if not line.is_shown(today):
        return LineState.STALE
    return LineState.SOON if _is_soon(line, today) else LineState.FINE


def _of_danger(line: Hotline, today: date) -> LineState:
    return LineState.SOON if line.is_tested(today) else LineState.UNTESTED


def _is_soon(line: Hotline, today: date) -> bool:
    left = days_left(line, today)
    return left is not None and left <= told_before().days


@dataclass(frozen=True)
class Standing:
    """A hotline on a day: its state and how many days are left of its last test (None: never tested or shown)."""

    line: Hotline
    state: LineState
    days_left: int | None

    @property
    def days_over(self) -> int | None:
        return -self.days_left if self.days_left is not None and self.days_left < 0 else None


def standings(on: date | None = None, lines: Iterable[Hotline] | None = None) -> list[Standing]:
    """Return every hotline with its state, those that need action first."""
    today = on or timezone.localdate()
    found = [
        Standing(line, get_state(line, today), days_left(line, today))
        for line in (Hotline.objects.all() if lines is None else lines)
    ]
    order = {state: number for number, state in enumerate((*TO_DO, LineState.FINE, LineState.OFF))}
    return sorted(found, key=lambda each: (order[each.state], each.line.order, each.line.key))


def to_do(on: date | None = None) -> list[Standing]:
    return [each for each in standings(on) if each.state in TO_DO]
