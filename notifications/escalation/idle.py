"""Ask once in each pass whether anything is due, and run only the steps that have something (docs/adr/0229).

A pass that finds nothing is one statement. Where that fails each step is run, as if there were no such question; the
sweeper does so now and then in any case. What a step does may make something due for those after it: they are asked
anew.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, partial

import structlog

from audit.prepared_values import DueQuery, PreparedAny
from notifications.briefs import further
from notifications.outbox import sweep
from notifications.outbox.sweep import PassStep

from . import clock
from .passes import advance_clock, get_clocks

log = structlog.get_logger(__name__)


def get_steps() -> list[PassStep]:
    """Return what the sweeper does in each pass, in its order."""
    return [
        PassStep(clock.CLOCK, clock.advance, clock.DUE),
        *(PassStep(each.name, partial(advance_clock, each.name), each.due) for each in get_clocks()),
        PassStep(further.ALARM, further.send_due_alarms, further.DUE),
        *sweep.STEPS,
    ]


def run_due_steps(now: datetime, *, ask_each: bool) -> None:
    """Run each step that has something to do. `ask_each`: run all of them, which look for it themselves."""
    steps = get_steps()
    due = None if ask_each else find_due(steps, now)
    for at, step in enumerate(steps):
        if due is not None and at not in due:
            continue
        step.run(now)
        if due is not None and at + 1 < len(steps):
            due = find_due(steps, now)


def find_due(steps: Sequence[PassStep], now: datetime) -> Collection[int] | None:
    """Return the places of the steps that have something to do; None where the question fails.

    Also of those without a query, and of those that have only found what is put aside.
    """
    places = [at for at, step in enumerate(steps) for _query in step.due]
    try:
        found = _prepare(tuple(query for step in steps for query in step.due)).ask(now)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one query, the clocks go on
        log.error("sweep_question_failed", code=type(error).__name__)
        return None
    is_due = {at for at, answer in zip(places, found, strict=True) if answer}
    return is_due | {at for at, step in enumerate(steps) if not step.due}


@cache
def _prepare(queries: tuple[DueQuery, ...]) -> PreparedAny:
    return PreparedAny(queries)
