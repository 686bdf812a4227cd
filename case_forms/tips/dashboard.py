"""The tips on the staff's start page and in the list: those that wait first, danger before everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from access.models import User
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Sender, Tip, TipMessage, TipState

MAX_OPEN = 500  # opened to find those of danger; in a flood the oldest of them are on later pages of the list
MAX_CLOSED = 40
MAX_ON_HOME = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TipLine:
    """One tip in a list. `is_waiting`: the person waits, `since` when; `has_more`: they wrote again."""

    tip: Tip
    is_waiting: bool
    is_in_danger: bool
    is_about_a_child: bool
    has_more: bool
    since: datetime

    @property
    def needs_attention(self) -> bool:
        return self.is_in_danger and self.tip.state == TipState.NEW


def open_lines(user: User) -> list[TipLine]:
    """List the person's open tips: those of danger first, then those that wait longest, then the answered ones."""
    tips = Tip.objects.visible_to(user).open().select_related("unit", "municipality", "region", "taken_by")
    # Danger stands in the sealed answers, so the database can't sort by it: the newest are opened and sorted here.
    lines = _lines(tips.order_by("-changed_at")[:MAX_OPEN])
    waiting = sorted(
        (line for line in lines if line.is_waiting), key=lambda line: (not line.needs_attention, line.since)
    )
    return [*waiting, *(line for line in lines if not line.is_waiting)]


def closed_lines(user: User) -> list[TipLine]:
    """List the tips that were closed last."""
    tips = Tip.objects.visible_to(user).filter(state=TipState.CLOSED)
    return _lines(tips.select_related("unit", "municipality", "region", "taken_by").order_by("-closed_at")[:MAX_CLOSED])


def held_back(user: User) -> int:
    """Count the tips that came above the budget and that the unit hasn't opened yet."""
    return Tip.objects.visible_to(user).open().filter(held_back=True, state=TipState.NEW).count()


def lines_for_home(user: User) -> list[TipLine]:
    """List those in which somebody waits, the most urgent first; a few only: the list has the others."""
    return [line for line in open_lines(user) if line.is_waiting][:MAX_ON_HOME]


def _lines(tips: Iterable[Tip]) -> list[TipLine]:
    found = list(tips)
    written = TipMessage.objects.filter(tip__in=found, sender=Sender.PERSON)
    again = set(written.values_list("tip_id", flat=True))
    return [_line(tip, has_more=tip.pk in again) for tip in found]


def _line(tip: Tip, *, has_more: bool) -> TipLine:
    """Build one line. A tip that can't be decrypted counts as one of danger, to be safe."""
    try:
        is_in_danger, is_about_a_child = tip.is_in_danger, tip.is_about_a_child
    except (SealBroken, KeyRingError) as error:
        log.error("signal_unreadable", tip=str(tip.pk), code=type(error).__name__)
        is_in_danger, is_about_a_child = True, False
    return TipLine(
        tip=tip,
        is_waiting=tip.state in (TipState.NEW, TipState.READ),
        is_in_danger=is_in_danger,
        is_about_a_child=is_about_a_child,
        has_more=has_more,
        since=tip.changed_at if tip.state == TipState.NEW else tip.received_at,
    )
