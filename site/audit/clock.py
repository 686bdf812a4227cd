"""The clock of the service: what time it is for whoever acts now, which a simulation may set for itself.

Code on the road from a submission to its last call asks this clock wherever nobody passes it a moment. Outside a
simulation it is the time of day. Inside one it is the simulation's own, for that thread alone: the same code then
creates, sends, escalates and answers at imagined moments (docs/simulation.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

_imagined: ContextVar[datetime | None] = ContextVar("imagined_now", default=None)


def now() -> datetime:
    """Return the moment at which this thread acts (aware)."""
    return _imagined.get() or timezone.now()


def localtime() -> datetime:
    """Return that moment in local time."""
    return timezone.localtime(now())


def localdate() -> date:
    """Return the local day of that moment."""
    return timezone.localdate(now())


def is_imagined() -> bool:
    """Tell whether this thread acts in a simulation: nothing that it does has happened."""
    return _imagined.get() is not None


class ImaginedTime:
    """The hand on a simulation's clock."""

    def set(self, moment: datetime) -> None:
        """Move the clock to this (aware) moment."""
        _imagined.set(moment)


@contextmanager
def imagine_time(moment: datetime) -> Iterator[ImaginedTime]:
    """Let this thread act at an imagined moment; on the way out it is in the present again."""
    token = _imagined.set(moment)
    try:
        yield ImaginedTime()
    finally:
        _imagined.reset(token)
