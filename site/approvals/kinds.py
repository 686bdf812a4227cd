"""The kinds of decision that take two people, and what of each waits for a person now.

A room registers its kinds in its `approvals` module, which is found by that name, with the tables that hold them.
`config/tests/test_approvals.py` finds every table with a constraint of two people that no kind names. The list of what
waits and the panel of the start page read nothing else, so neither can forget a kind alone.

    register(Kind("directory", _("Changes of the directory"), ("directory.DirectoryChange",), find))
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils.functional import Promise

MAX_SHOWN = 50  # of a kind, in the list of what waits

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Waiting:
    """One decision that a person may take now.

    `what` says what it is about as the pages do: a code, an office, a title, never what a case says of a person.
    `by`: who asked, where that is known.
    """

    what: str
    url: str
    at: datetime | None = None
    by: Any = None


@dataclass(frozen=True)
class Kind:
    """A kind of decision. `name`: a code; `models`: labels of the tables that hold it.

    `find(user)`: what this person may decide now, and nothing of what they asked for themselves. `is_urgent`: somebody
    may remain without a notice meanwhile.
    """

    name: str
    label: "str | Promise"
    models: tuple[str, ...]
    find: Callable[[Any], Iterable[Waiting]]
    is_urgent: bool = False


@dataclass(frozen=True)
class Queue:
    """What of one kind waits for a person, the oldest first. `is_unread`: some of it couldn't be read."""

    kind: Kind
    waiting: list[Waiting]
    is_unread: bool = False

    @property
    def shown(self) -> list[Waiting]:
        return self.waiting[:MAX_SHOWN]

    @property
    def hidden(self) -> int:
        """Return how many a list leaves out until those before them are decided."""
        return len(self.waiting) - len(self.shown)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let this kind be in every list. Registering it again replaces it."""
    _kinds[kind.name] = kind


def get_kinds() -> list[Kind]:
    """Return the registered kinds: the urgent ones first, else in the order of their names."""
    return sorted(_kinds.values(), key=lambda kind: (not kind.is_urgent, kind.name))


def list_queues(user: Any, *, without: Collection[str] = ()) -> list[Queue]:
    """Return what waits for this person, by kind; kinds of which nothing does, and those of `without`, are left out.

    A kind that can't be read is said instead of passed over, hides no other, and keeps what was read before it failed.
    """
    queues = [_read(kind, user) for kind in get_kinds() if kind.name not in without]
    return [queue for queue in queues if queue.waiting or queue.is_unread]


def _read(kind: Kind, user: Any) -> Queue:
    waiting: list[Waiting] = []
    is_unread = False
    try:
        waiting.extend(kind.find(user))
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # one damaged row of one kind
        log.error("approvals_not_read", kind=kind.name, code=type(error).__name__)
        is_unread = True
    return Queue(kind, sorted(waiting, key=lambda one: (one.at is None, one.at)), is_unread)
