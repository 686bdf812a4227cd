"""What waits about a session, as rooms above say it: for its page, and for whoever plans their day."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .models import InformativeSession


@dataclass(frozen=True)
class WaitingLine:
    """One thing that waits: what, in the reader's language, and by when. `is_late`: that has passed."""

    session: InformativeSession
    label: str
    due_at: datetime.datetime | None
    is_late: bool


Source = Callable[[Sequence[InformativeSession]], list[WaitingLine]]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Register a function that says what waits about sessions."""
    _sources.append(source)


def list_waiting(sessions: Sequence[InformativeSession]) -> list[WaitingLine]:
    """Return what waits about these sessions, the most urgent first."""
    found = [line for source in _sources for line in source(sessions)]
    never = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return sorted(found, key=lambda line: (line.due_at or never, line.label))
