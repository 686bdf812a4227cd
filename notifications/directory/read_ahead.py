"""Ask the directory once for what the notices of one decision would ask it one after the other.

Within `reading_ahead` the first who asks about a role, an office or a contact reads the same about all others that the
decision is going to ask about; they find it there. What is about somebody else, another place or another moment is
asked by itself, as everywhere outside. Nothing in a decision writes the directory.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class About(StrEnum):
    """By what rows are asked for."""

    ROLE = "role"  # an office's own
    OFFICE = "office"
    CONTACT = "contact"


class _ReadAhead:
    """`expected`: what is going to be asked about; `found`: rows by what, where or when they were asked, and key."""

    def __init__(self) -> None:
        self.expected: dict[About, set[Any]] = defaultdict(set)
        self.found: dict[tuple[About, Hashable], dict[Any, list[Any]]] = defaultdict(dict)


_current: "ContextVar[_ReadAhead | None]" = ContextVar("directory_read_ahead", default=None)


@contextmanager
def reading_ahead(roles: Collection[str]) -> Iterator[None]:
    """Within the block these roles are asked for together: those whose offices answer for one decision's notices.

    A role for each notice. Of a single one nothing is read ahead. A block within another begins anew.
    """
    token = _current.set(_ReadAhead() if len(roles) > 1 else None)
    try:
        expect(About.ROLE, roles)
        yield
    finally:
        _current.reset(token)


def expect(about: About, keys: Iterable[Hashable]) -> None:
    """Say what is likely to be asked about next."""
    if (ahead := _current.get()) is not None:
        ahead.expected[about].update(keys)


def fetch_together(
    about: About,
    key: K,
    fetch: Callable[[list[K]], Iterable[R]],
    get_key: Callable[[R], K],
    *,
    given: Hashable = None,
) -> list[R]:
    """Return the rows that `fetch` finds for this key, in its order; within `reading_ahead` for all that are expected.

    `get_key`: which of the keys a row is of. `given`: what else `fetch` depends on, a place or a moment.
    """
    return fetch_for_each(about, [key], fetch, get_key, given=given)[key]


def fetch_for_each(
    about: About,
    keys: Collection[K],
    fetch: Callable[[list[K]], Iterable[R]],
    get_key: Callable[[R], K],
    *,
    given: Hashable = None,
) -> dict[K, list[R]]:
    """Return the rows of each of these keys, as `fetch_together` returns those of one; asked once for all of them."""
    ahead = _current.get()
    if ahead is None or not ahead.expected[about].issuperset(keys):
        return _group(keys, fetch, get_key)
    found = ahead.found[about, given]
    if not found.keys() >= set(keys):
        found.update(_group(sorted(ahead.expected[about] - found.keys()), fetch, get_key))
    return {key: list(found[key]) for key in keys}


def _group(keys: Collection[K], fetch: Callable[[list[K]], Iterable[R]], get_key: Callable[[R], K]) -> dict[K, list[R]]:
    rows: dict[K, list[R]] = {key: [] for key in keys}
    for row in fetch(list(keys)):
        rows[get_key(row)].append(row)
    return rows
