"""The registry of event kinds, by the code that rules name. A class in a module of this package is in it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..case_state import CaseState
from ..discovery import find_classes
from .base import Event, EventKind, ScopeName

EVENTS: dict[str, type[EventKind]] = {kind.code: kind for kind in find_classes(__package__, EventKind)}


def iter_names() -> Iterator[ScopeName]:
    """Iterate over the names that any kind of event offers, each once."""
    found = {scope.name: scope for kind in EVENTS.values() for scope in kind.names}
    return iter(found.values())


def scope_names() -> frozenset[str]:
    """Return the names that are in scope beside answers, facts and settings, whatever the event."""
    return frozenset(scope.name for scope in iter_names())


def get_caused(event: Event, after: CaseState | None) -> list[Event]:
    """Return the events that follow when the rules about this one leave the case as `after`."""
    if after is None:
        return []
    follow = partial(
        replace, event, case_status=after.status, case_child=after.is_child, status_before=event.case_status, rule=""
    )
    return [follow(kind=code) for code, kind in EVENTS.items() if kind.follows(event.case, after)]


def build_scope(event: Event) -> Mapping[str, Any]:
    """Return {name: value} of what the event offers.

    A name of other events is null: facts are worked out for every event, and may read the names of any.
    """
    offered = EVENTS.get(event.kind, EventKind).names
    return {**dict.fromkeys(scope_names()), **{scope.name: scope.read(event) for scope in offered}}
