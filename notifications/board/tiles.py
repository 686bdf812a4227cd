"""What the board is made of: tiles with lines, each line with a state, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.outbox.queueing import BROKER_FAILURES

log = structlog.get_logger(__name__)


class State(StrEnum):
    """How a line stands; the worst one is its tile's."""

    OK = "ok"
    IDLE = "idle"  # nothing to say: it was never used
    UNSET = "unset"  # nothing fails now; what would help when something does isn't set up
    LATE = "late"
    BAD = "bad"


ORDER = (State.IDLE, State.OK, State.UNSET, State.LATE, State.BAD)


@dataclass(frozen=True)
class Line:
    """One thing: its name, how it stands in words, further words, and where it is looked into ("" for nowhere)."""

    name: str
    words: str
    state: State = State.OK
    more: str = ""
    address: str = ""


@dataclass(frozen=True)
class Tile:
    key: str
    title: str
    lines: list[Line] = field(default_factory=list)

    @property
    def state(self) -> State:
        return find_worst(line.state for line in self.lines)


def find_worst(states: Iterable[State]) -> State:
    """Return the state that a reader must see first; IDLE where there is none."""
    return max(states, key=ORDER.index, default=State.IDLE)


def build_tile(key: str, title: str, read: Callable[[], Iterable[Line]]) -> Tile:
    """Build a tile. Where what it reads doesn't answer, it says so, and all others stay."""
    try:
        return Tile(key, title, list(read()))
    except BROKER_FAILURES as error:  # the database's errors among them
        code = type(error).__name__
        log.error("board_tile_failed", tile=key, code=code)
        return Tile(key, title, [Line(_("Can't be read now"), code, State.BAD)])


def word_age(seconds: float | None) -> str:
    """Return an age as people say it; "–" for none."""
    if seconds is None:
        return "–"
    whole = max(int(seconds), 0)
    if whole < 120:
        return _("%(n)s s") % {"n": whole}
    if whole < 2 * 3600:
        return _("%(n)s min") % {"n": whole // 60}
    if whole < 2 * 86400:
        return _("%(n)s h") % {"n": whole // 3600}
    return ngettext("%(n)s day", "%(n)s days", whole // 86400) % {"n": whole // 86400}


def measure_age(at: datetime | None, now: datetime) -> float | None:
    """Return how many seconds ago this was, at least 0; None for never."""
    return max((now - at).total_seconds(), 0.0) if at is not None else None
