"""What staff find of signals on their start page and in the list: those that wait first, danger before everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from access.models import User
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Sender, Signal, SignalMessage, SignalState

MOST = 500  # looked through for those of danger; in a flood the oldest of them are on later pages of the list
MOST_CLOSED = 40
MOST_ON_HOME = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SignalLine:
    """One signal. `is_waiting`: the person waits, `since` when; `has_more`: they wrote again."""

    signal: Signal
    is_waiting: bool
    is_in_danger: bool
    is_about_a_child: bool
    has_more: bool
    since: datetime

    @property
    def is_loud(self) -> bool:
        return self.is_in_danger and self.signal.state == SignalState.NEW


def open_lines(user: User) -> list[SignalLine]:
    """The person's open signals: those of danger first, then those that wait longest, then the answered ones."""
    signals = Signal.objects.visible_to(user).open().select_related("unit", "municipality", "region", "taken_by")
    lines = _lines(signals.order_by("-changed_at")[:MOST])
    waiting = sorted((line for line in lines if line.is_waiting), key=lambda line: (not line.is_loud, line.since))
    return [*waiting, *(line for line in lines if not line.is_waiting)]


def closed_lines(user: User) -> list[SignalLine]:
    """The last ones that were closed."""
    signals = Signal.objects.visible_to(user).filter(state=SignalState.CLOSED)
    return _lines(
        signals.select_related("unit", "municipality", "region", "taken_by").order_by("-closed_at")[:MOST_CLOSED]
    )


def held_back(user: User) -> int:
    """How many came above what is told one by one, and nobody has looked at yet."""
    return Signal.objects.visible_to(user).open().filter(held_back=True, state=SignalState.NEW).count()


def lines_for_home(user: User) -> list[SignalLine]:
    """Those in which somebody waits, the loudest first; a few only: the list has the others."""
    return [line for line in open_lines(user) if line.is_waiting][:MOST_ON_HOME]


def _lines(signals: Iterable[Signal]) -> list[SignalLine]:
    found = list(signals)
    written = SignalMessage.objects.filter(signal__in=found, sender=Sender.PERSON)
    again = set(written.values_list("signal_id", flat=True))
    return [_line(signal, has_more=signal.pk in again) for signal in found]


def _line(signal: Signal, *, has_more: bool) -> SignalLine:
    """A signal that can't be read counts as one of danger: nobody can say that it isn't."""
    try:
        is_in_danger, is_about_a_child = signal.is_in_danger, signal.is_about_a_child
    except (SealBroken, KeyRingError) as error:
        log.error("signal_unreadable", signal=str(signal.pk), code=type(error).__name__)
        is_in_danger, is_about_a_child = True, False
    return SignalLine(
        signal=signal,
        is_waiting=signal.state in (SignalState.NEW, SignalState.READ),
        is_in_danger=is_in_danger,
        is_about_a_child=is_about_a_child,
        has_more=has_more,
        since=signal.changed_at if signal.state == SignalState.NEW else signal.received_at,
    )
