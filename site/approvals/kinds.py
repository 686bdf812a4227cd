"""The kinds of decision that take two people, and what of each waits for a person now.

A room registers its kinds in its `approvals` module, which is found by that name, with the tables that hold them.
`config/tests/test_approvals.py` finds every table with a constraint of two people that no kind names. The list of what
waits and the panel of the start page read nothing else, so neither can forget a kind alone.

    register(Kind("directory", _("Changes of the directory"), ("directory.DirectoryChange",), find))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils.functional import Promise

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
    """What of one kind waits for a person, the oldest first. `is_unread`: it couldn't be read."""

    kind: Kind
    waiting: list[Waiting]
    is_unread: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let this kind be in every list. Registering it again replaces it."""
    _kinds[kind.name] = kind


def get_kinds() -> list[Kind]:
    """Return the registered kinds: the urgent ones first, else in the order of their names."""
    return sorted(_kinds.values(), key=lambda kind: (not kind.is_urgent, kind.name))


def list_queues(user: Any) -> list[Queue]:
    """Return what waits for this person, by kind; kinds of which nothing does are left out.

    A kind that can't be read is said instead of passed over, and hides no other.
    """
    found = []
    for kind in get_kinds():
        try:
            waiting = list(kind.find(user))
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  # one damaged row of one kind
            log.error("approvals_not_read", kind=kind.name, code=type(error).__name__)
            found.append(Queue(kind, [], is_unread=True))
            continue
        if waiting:
            found.append(Queue(kind, sorted(waiting, key=lambda one: (one.at is None, one.at))))
    return found


def count_waiting(user: Any) -> int:
    """Return how many decisions wait for this person."""
    return sum(len(queue.waiting) for queue in list_queues(user))
