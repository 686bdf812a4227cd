"""Warnings about deadlines: what may be published, and will do nothing when it matters.

They are warnings and no problems because procedures that are in force have such deadlines.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from case_forms.form_builder.definition.problems import Problem

from .definition import Deadline, Procedure


def find_warnings(procedure: Procedure) -> list[Problem]:
    """Return a warning for each deadline that never starts, never ends, or whose end wakes nobody."""
    started = get_started(procedure)
    return [
        warning
        for key, deadline in procedure.deadlines.items()
        for warning in _about(f"/deadlines/{key}", deadline, started.get(key))
    ]


def get_started(procedure: Procedure) -> dict[str, bool]:
    """Return {key of a deadline: whether its end always wakes somebody} of those that rules start."""
    started: dict[str, bool] = {}
    for rule in procedure.rules:
        for action in rule.then:
            for key, wakes in action.started_deadlines().items():
                started[key] = started.get(key, True) and wakes
    return started


def _about(path: str, deadline: Deadline, wakes: bool | None) -> Iterator[Problem]:
    if wakes is None:
        yield Problem(path, "never_starts", _("No rule starts this deadline."))
    elif not deadline.minutes:
        yield Problem(path, "never_ends", _("This deadline has no minutes, so it is never late."))
    elif not wakes:
        words = _("Nobody is notified when this deadline passes: it is nobody's and has no steps. It only turns red.")
        yield Problem(path, "wakes_nobody", words)
