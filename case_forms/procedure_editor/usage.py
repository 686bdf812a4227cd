"""Which parts of a procedure refer to which: what would be left hanging if one were removed."""

from collections.abc import Callable, Iterator
from typing import Any

from case_forms.procedures.definition import Procedure
from case_forms.procedures.part_references import Reference, iter_of_deadline, iter_of_fact, iter_of_rule


class Usage:
    """The names of the rules, facts and deadlines that refer to a part. `text` gives a label in one language."""

    def __init__(self, procedure: Procedure, text: Callable[[Any], str]) -> None:
        self._used: dict[Reference, list[str]] = {}
        for rule in procedure.rules:
            self._note(iter_of_rule(rule), text(rule.title) or rule.key)
        for fact in procedure.facts:
            self._note(iter_of_fact(fact), text(fact.label) or fact.key)
        for key, deadline in procedure.deadlines.items():
            self._note(iter_of_deadline(deadline), text(deadline.label) or key)

    def of(self, kind: str, key: str) -> list[str]:
        """Return the names of what refers to this part, in the order of the procedure."""
        return self._used.get((kind, key), [])

    def _note(self, used: Iterator[Reference], name: str) -> None:
        for each in dict.fromkeys(used):
            self._used.setdefault(each, []).append(name)
