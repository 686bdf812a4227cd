"""Who reads whom: which questions stand on each other in a circle, and what a loop over rows may read."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from case_forms import expressions
from case_forms.expressions.operators import LOOPS, get_arguments

from .outline import Definition

Node = str
READ_IN_PLACE = ("relevant", "required", "initial", "calculation", "choice_filter")


class Circles:
    """Which parts of a form wait for each other. Nodes: a key for its answer, "key?" for whether a repeat is asked,
    "/3" for whether the fourth section is."""

    def __init__(self, definition: Definition) -> None:
        self._reads: dict[Node, set[Node]] = {}
        for position, section in enumerate(definition["sections"]):
            here = section_node(position)
            self._reads.setdefault(here, set()).update(_read_by(section, ("relevant",)))
            self._items(section["items"], here)
        self._circle_of = _circles(self._reads)

    def holds(self, one: Node, other: Node) -> bool:
        """Whether both stand in one circle; one that reads itself is a circle too."""
        return one == other or self._circle_of.get(one, one) == self._circle_of.get(other, other)

    def _items(self, items: list[dict[str, Any]], around: Node) -> None:
        for item in items:
            key = item["key"]
            if item["item"] == "repeat":
                asked = repeat_node(key)
                self._reads.setdefault(asked, set()).update({around, *_read_by(item, ("relevant",))})
                inner = {part["key"] for part in item["items"] if part["item"] != "note"}
                self._reads.setdefault(key, set()).update({asked, *inner})
                self._items(item["items"], asked)
            elif item["item"] == "question":
                read = _read_by(item, READ_IN_PLACE) | (_read_by(item.get("constraint", {}), ("expr",)) - {key})
                self._reads.setdefault(key, set()).update({around, *read})


def section_node(position: int) -> Node:
    return f"/{position}"


def repeat_node(key: str) -> Node:
    return f"{key}?"


def _read_by(part: dict[str, Any], names: tuple[str, ...]) -> set[Node]:
    return {read for name in names if name in part for read in names_read(part[name])}


def names_read(expression: Any) -> frozenset[str]:
    """The variables an expression reads; none when it isn't in the language."""
    try:
        return expressions.references(expression)
    except expressions.LogicError:
        return frozenset()


def parts_read(expression: Any, name: str) -> Iterator[str]:
    """What an expression reads of one variable's parts: "region" for {"var": "choice.region"}, "" for all of it."""
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


def _circles(reads: Mapping[Node, Collection[Node]]) -> dict[Node, int]:
    """The strongly connected part each node belongs to (Tarjan 1972, without recursion)."""
    order: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    part_of: dict[Node, int] = {}
    stack: list[Node] = []
    for start in reads:
        if start in order:
            continue
        order[start] = lowest[start] = len(order)
        stack.append(start)
        work = [(start, iter(reads[start]))]
        while work:
            node, rest = work[-1]
            following = next((other for other in rest if other in reads), None)
            if following is None:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    _close(node, stack, part_of, order[node])
            elif following not in order:
                order[following] = lowest[following] = len(order)
                stack.append(following)
                work.append((following, iter(reads[following])))
            elif following not in part_of:
                lowest[node] = min(lowest[node], order[following])
    return part_of


def _close(node: Node, stack: list[Node], part_of: dict[Node, int], number: int) -> None:
    while True:
        member = stack.pop()
        part_of[member] = number
        if member == node:
            return


def unknown_in_rows(expression: Any, rows: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The names that loops over a repeat's rows read and the rows don't have.

    `rows`: {repeat: the keys in its rows}. The expression must be in the language.
    """
    yield from _unknown(expression, rows, None)


def _unknown(expression: Any, rows: Mapping[str, Collection[str]], within: Collection[str] | None) -> Iterator[str]:
    """`within`: the keys of the row that is looked at; None when what is looked at isn't a row."""
    if isinstance(expression, list):
        for part in expression:
            yield from _unknown(part, rows, within)
    if not isinstance(expression, dict) or len(expression) != 1:
        return
    operator, given = next(iter(expression.items()))
    arguments = get_arguments(operator, given)
    if operator in LOOPS and len(arguments) > 1:
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
    """The repeat whose rows a loop goes through, when it can be seen: {"var": "persons"}, or some of these."""
    if not isinstance(source, dict) or len(source) != 1:
        return None
    operator, given = next(iter(source.items()))
    arguments = get_arguments(operator, given)
    if operator == "filter" and arguments:
        return _rows_read(arguments[0])
    if operator == "var" and arguments and isinstance(arguments[0], str):
        return arguments[0].split(".")[-1]
    return None
