"""Which parts of a procedure refer to which: what would be left hanging if one were removed."""

from collections.abc import Callable, Iterator
from typing import Any

from case_forms.expressions import SETTING_PREFIX, LogicError, references
from case_forms.procedures.definition import Procedure, Rule
from case_forms.procedures.rule_actions.parameters import DEADLINE, LADDER, MARKER

GROUPS = {DEADLINE: "deadlines", LADDER: "ladders", MARKER: "flags"}  # what a parameter of a kind names a part of

Names = dict[tuple[str, str], list[str]]


class Usage:
    """The names of the rules, facts and deadlines that refer to a part. `text` gives a label in one language."""

    def __init__(self, procedure: Procedure, text: Callable[[Any], str]) -> None:
        self._used: Names = {}
        for rule in procedure.rules:
            self._note(_iter_rule(rule), text(rule.title) or rule.key)
        for fact in procedure.facts:
            self._note(_iter_names(fact.value), text(fact.label) or fact.key)
        for key, deadline in procedure.deadlines.items():
            # `ladder` may be a part of a deadline, too
            named = [("calendars", deadline.calendar), ("ladders", deadline.value_of("ladder"))]
            used = ((kind, name) for kind, name in named if isinstance(name, str) and name)
            self._note(used, text(deadline.label) or key)

    def of(self, kind: str, key: str) -> list[str]:
        """Return the names of what refers to this part, in the order of the procedure."""
        return self._used.get((kind, key), [])

    def _note(self, used: Iterator[tuple[str, str]], name: str) -> None:
        for each in dict.fromkeys(used):
            self._used.setdefault(each, []).append(name)


def _iter_rule(rule: Rule) -> Iterator[tuple[str, str]]:
    yield from _iter_names(rule.when)
    for action in rule.then:
        for name, parameter in action.parameters().items():
            value = action.value_of(name)
            if parameter.is_expression:
                yield from _iter_names(value)
            elif parameter.kind in GROUPS and isinstance(value, str):
                yield GROUPS[parameter.kind], value


def _iter_names(expression: Any) -> Iterator[tuple[str, str]]:
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
