"""Warnings about deadlines and rules: what may be published, and will do nothing when it matters, or too much.

They are warnings and no problems because procedures that are in force have such deadlines.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from access.models import localize
from case_forms.form_builder.definition.problems import Problem

from .clocks import OF_REFERRALS
from .decide import MAX_CHAIN
from .definition import Deadline, Procedure
from .event_order import find_circles


def find_warnings(procedure: Procedure) -> list[Problem]:
    """Return a warning for each deadline that never starts, never ends, wakes nobody, or can't be met.

    And for rules that may set each other off again and again.
    """
    started = {**dict.fromkeys(OF_REFERRALS, False), **get_started(procedure)}
    about_deadlines = [
        warning
        for key, deadline in procedure.deadlines.items()
        for warning in _about(key, deadline, started.get(key), procedure)
    ]
    return [*about_deadlines, *_going_on(procedure)]


def _going_on(procedure: Procedure) -> Iterator[Problem]:
    """Yield rules that may set each other off again and again, by what people do in between."""
    for circle in find_circles(procedure.rules, later=True):
        titles = ", ".join(f"“{localize(procedure.rules[each].title) or each}”" for each in circle)
        words = _("These rules may set each other off again and again, at most %(most)s times in a row: %(rules)s.")
        yield Problem(f"/rules/{circle[0]}/on", "may_go_on", words % {"most": MAX_CHAIN, "rules": titles})


def get_started(procedure: Procedure) -> dict[str, bool]:
    """Return {key of a deadline: whether a notice beside it always wakes somebody} of those that rules start."""
    started: dict[str, bool] = {}
    for rule in procedure.rules:
        for action in rule.then:
            for key, wakes in action.started_deadlines().items():
                started[key] = started.get(key, True) and wakes
    return started


def _about(key: str, deadline: Deadline, wakes: bool | None, procedure: Procedure) -> Iterator[Problem]:
    path = f"/deadlines/{key}"
    if wakes is None:
        yield Problem(path, "never_starts", _("No rule starts this deadline."))
    elif not deadline.minutes:
        yield Problem(path, "never_ends", _("This deadline has no minutes, so it is never late."))
    elif wakes:
        return
    elif not deadline.is_chased:
        words = _("Nobody is notified when this deadline passes: it is nobody's and has no steps. It only turns red.")
        yield Problem(path, "wakes_nobody", words)
    elif not deadline.form and key not in procedure.met_by_rules | OF_REFERRALS:
        words = _("Nothing meets this deadline: no form answers it, and no rule meets it.")
        yield Problem(path, "never_met", words)
