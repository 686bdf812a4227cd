"""What was decided in a simulation: each event with its decision, in order, for the thread that simulates."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from audit import clock
from case_forms.procedures.decide import Decision, Event, Labels
from case_forms.procedures.definition import Procedure
from case_forms.procedures.signals import decided


@dataclass(frozen=True)
class Decided:
    """One decision, and when it was taken. All of it may hold answers."""

    at: datetime
    event: Event = field(repr=False)
    procedure: Procedure = field(repr=False)
    decision: Decision = field(repr=False)
    labels: Mapping[str, Labels] = field(repr=False)


_seen: ContextVar[list[Decided] | None] = ContextVar("decided_in_simulation", default=None)


@contextmanager
def witness_decisions() -> Iterator[list[Decided]]:
    """Collect the decisions that this thread takes inside a simulation."""
    seen: list[Decided] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


@receiver(decided, dispatch_uid="simulation.decided")
def on_decided(
    sender: Any, *, event: Event, procedure: Procedure, decision: Decision, labels: Mapping[str, Labels], **kwargs: Any
) -> None:
    seen = _seen.get()
    if seen is None or not clock.is_imagined():
        return
    # What is added to a tip is decided twice: once to find what it joins, once to carry it out.
    if seen and seen[-1].event == event:
        seen.pop()
    seen.append(Decided(clock.now(), event, procedure, decision, labels))
