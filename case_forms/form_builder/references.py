"""References between questions: which depend on each other in a circle, and what a loop over rows may read."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from case_forms.expressions.operators import LOOPS, get_arguments

from .definition import Form, Question, Repeat, names_read
from .definition.content import CONDITIONS

Node = str


class Circles:
    """The parts of a form that depend on each other.

    Nodes: a key for its answer, "key?" for whether a repeat is asked, "/sections/3" for whether the fourth section is.
    """

    def __init__(self, form: Form) -> None:
        self._reads: dict[Node, set[Node]] = {}
        for path, section in form.iter_sections():
            self._add(path, names_read(section.relevant))
        for located in form.iter_items():
            item = located.item
            # An item in a repeat depends on whether the repeat is asked, any other on its section: both can hide it.
            around = repeat_node(located.repeat.key) if located.repeat else located.path.rsplit("/items/", 1)[0]
            if isinstance(item, Question):
                self._add(item.key, {around, *_read_in_place(item)})
            elif isinstance(item, Repeat):
                asked = repeat_node(item.key)
                self._add(asked, {around, *names_read(item.relevant)})
                # The repeat's own answer is its rows, so reading it reads everything in them.
                self._add(item.key, {asked, *(inner.key for inner in item.asked_items)})

    def holds(self, one: Node, other: Node) -> bool:
        """Return whether both nodes are in one circle; one that reads itself is a circle too."""
        return one == other or (self._has_circles and self._reaches(one, other) and self._reaches(other, one))

    @cached_property
    def _has_circles(self) -> bool:
        """Whether there is any circle. Commonly there is none, and no question has to be followed."""
        try:
            TopologicalSorter(self._reads).prepare()
        except CycleError:  # it names one circle; `_reaches` finds the one that is asked about
            return True
        return False

    def _add(self, node: Node, read: Iterable[Node]) -> None:
        self._reads.setdefault(node, set()).update(read)

    def _reaches(self, start: Node, goal: Node) -> bool:
        """Return whether something that `start` depends on, however far off, is `goal`."""
        # Iterative: a chain of a thousand questions is allowed, and would exceed Python's recursion limit.
        left, seen = [start], {start}
        while left:
            for node in self._reads.get(left.pop(), ()):
                if node == goal:
                    return True
                if node not in seen:
                    seen.add(node)
                    left.append(node)
        return False


def repeat_node(key: str) -> Node:
    return f"{key}?"


def _read_in_place(question: Question) -> Iterator[str]:
    for name in CONDITIONS:
        yield from names_read(question.value_of(name))
    if question.constraint is not None:
        yield from names_read(question.constraint.expr) - {question.key}


def parts_read(expression: Any, name: str) -> Iterator[str]:
    """Find what an expression reads of one variable's parts.

    "region" for {"var": "choice.region"}, "" for all of it.
    """
    if isinstance(expression, list):
        for part in expression:
            yield from parts_read(part, name)
    if isinstance(expression, dict):
        for operator, given in expression.items():
            arguments = get_arguments(operator, given)
            if operator in ("var", "answered", "missing"):
                steps = [read.split(".") for read in arguments if isinstance(read, str)]
                yield from (".".join(rest) for first, *rest in steps if first == name)
            yield from parts_read(arguments, name)


def unknown_in_rows(expression: Any, rows: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Find the names that loops over a repeat's rows read and the rows don't have.

    `rows`: {repeat: the keys in its rows}. The expression must be in the language.
    """
    yield from _unknown(expression, rows, None)


def _unknown(expression: Any, rows: Mapping[str, Collection[str]], within: Collection[str] | None) -> Iterator[str]:
    """Find such names below one part of the expression.

    `within`: the keys of the row at hand; None when what is at hand isn't a row.
    """
    if isinstance(expression, list):
        for part in expression:
            yield from _unknown(part, rows, within)
    if not isinstance(expression, dict) or len(expression) != 1:
        return
    operator, given = next(iter(expression.items()))
    arguments = get_arguments(operator, given)
    if operator in LOOPS and len(arguments) > 1:
        # The source and a start value are read outside of the loop; only the body sees the row.
        yield from _unknown([arguments[0], *arguments[2:]], rows, within)
        repeat = _rows_read(arguments[0])
        known = rows.get(repeat) if repeat else None
        if known is not None and operator == "reduce":
            known = None  # its body reads `current` and `accumulator`
        yield from _unknown(arguments[1], rows, known)
        return
    if operator == "var" and within is not None and arguments and isinstance(arguments[0], str):
        name = arguments[0].split(".")[0]
        if name and name not in within:
            yield name
    if operator == "answered" and within is not None:
        yield from (name for name in arguments if isinstance(name, str) and name and name.split(".")[0] not in within)
    yield from _unknown(arguments, rows, within)


def _rows_read(source: Any) -> str | None:
    """Return the repeat whose rows a loop goes through, where it can be seen: {"var": "persons"}, or a filter of it."""
    if not isinstance(source, dict) or len(source) != 1:
        return None
    operator, given = next(iter(source.items()))
    arguments = get_arguments(operator, given)
    if operator == "filter" and arguments:
        return _rows_read(arguments[0])
    if operator == "var" and arguments and isinstance(arguments[0], str):
        return arguments[0].split(".")[-1]
    return None
