"""Which parts of a procedure a rule, a fact or a deadline refers to: (group, key), as ("ladders", "police")."""

from collections.abc import Iterator
from typing import Any

from case_forms.expressions import SETTING_PREFIX, LogicError, references

from .definition import Procedure, Rule
from .definition.nodes import Deadline, Fact
from .rule_actions.parameters import DEADLINE, LADDER, MARKER

GROUPS = {DEADLINE: "deadlines", LADDER: "ladders", MARKER: "flags"}  # what a parameter of a kind names a part of
Reference = tuple[str, str]


def iter_of_rule(rule: Rule) -> Iterator[Reference]:
    """Iterate over what a rule's condition and actions refer to. Some names may be those of answers, not of facts."""
    yield from iter_of_expression(rule.when)
    for action in rule.then:
        for name, parameter in action.parameters().items():
            value = action.value_of(name)
            if parameter.is_expression:
                yield from iter_of_expression(value)
            elif parameter.kind in GROUPS and isinstance(value, str):
                yield GROUPS[parameter.kind], value


def iter_of_fact(fact: Fact) -> Iterator[Reference]:
    yield from iter_of_expression(fact.value)


def iter_of_deadline(deadline: Deadline) -> Iterator[Reference]:
    # `ladder` may be a part of a deadline, too
    named = [("calendars", deadline.calendar), ("ladders", deadline.value_of("ladder"))]
    yield from ((group, name) for group, name in named if isinstance(name, str) and name)


def iter_of_expression(expression: Any) -> Iterator[Reference]:
    """Iterate over the facts and settings that an expression may read."""
    try:
        names = references(expression)
    except LogicError:
        return
    for name in names:
        if name.startswith(SETTING_PREFIX):
            yield "settings", name.removeprefix(SETTING_PREFIX)
        else:
            yield "facts", name.split(".")[0]


def find_needed(procedure: Procedure, rule: Rule) -> list[Reference]:
    """Return the parts of this procedure without which the rule means nothing, theirs included, each once."""
    facts = {fact.key: fact for fact in procedure.facts}
    found: dict[Reference, None] = {}
    waiting = sorted(iter_of_rule(rule))
    while waiting:
        group, key = each = waiting.pop(0)
        holder = facts if group == "facts" else getattr(procedure, group)
        if each in found or key not in holder:
            continue  # an answer of the same name, or what the checker reports
        found[each] = None
        if group == "facts":
            waiting += sorted(iter_of_fact(facts[key]))
        elif group == "deadlines":
            waiting += iter_of_deadline(procedure.deadlines[key])
    return list(found)
