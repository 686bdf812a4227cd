"""The operators that decide themselves what to evaluate, and how often."""

from collections.abc import Callable
from typing import Any

from .fast_paths import Compiled, added
from .limits import Run
from .values import is_nothing, lookup, truthy

CURRENT, ACCUMULATOR = {"var": "current"}, {"var": "accumulator"}
SUMS = ({"+": [CURRENT, ACCUMULATOR]}, {"+": [ACCUMULATOR, CURRENT]})  # how JSON-Logic adds up a list


def _and(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    def every(data: Any, run: Run) -> Any:
        value: Any = None
        for part in parts:
            value = part(data, run)
            if value is not True and not truthy(value):
                break
        return value

    return every


def _or(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    def either(data: Any, run: Run) -> Any:
        value: Any = None
        for part in parts:
            value = part(data, run)
            if value is not False and truthy(value):
                break
        return value

    return either


def _if(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    pairs = list(zip(parts[0:-1:2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else None

    def choose(data: Any, run: Run) -> Any:
        for condition, then in pairs:
            value = condition(data, run)
            if value is True or (value is not False and truthy(value)):
                return then(data, run)
        return otherwise(data, run) if otherwise else None

    return choose


def _coalesce(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    def first_answered(data: Any, run: Run) -> Any:
        for part in parts:
            value = part(data, run)
            if not is_nothing(value):
                return value
        return None

    return first_answered


def _entries(source: Compiled, data: Any, run: Run, body_nodes: int) -> list[Any]:
    entries = source(data, run)
    if not isinstance(entries, list):
        return []
    # Paid before the first entry: a loop within a loop is stopped before it has taken its time.
    run.spend(len(entries) * (body_nodes + 1))
    return entries


def _map(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    source, body = parts
    name = getattr(body, "variable", None)
    if name is None:
        return lambda data, run: [body(entry, run) for entry in _entries(source, data, run, body_nodes)]
    return lambda data, run: [
        entry.get(name) if type(entry) is dict else lookup(entry, name)
        for entry in _entries(source, data, run, body_nodes)
    ]


def _filter(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    source, body = parts

    def filtered(data: Any, run: Run) -> list[Any]:
        found = []
        for entry in _entries(source, data, run, body_nodes):
            value = body(entry, run)
            if value is True or (value is not False and truthy(value)):
                found.append(entry)
        return found

    return filtered


def _reduce(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    source, body, start = parts
    # Without a dictionary for each entry, which the general way needs.
    if arguments[1] in SUMS:

        def add_up(data: Any, run: Run) -> Any:
            total = start(data, run)
            for entry in _entries(source, data, run, body_nodes):
                total = added(entry, total)
            return total

        return add_up

    def reduce(data: Any, run: Run) -> Any:
        accumulator = start(data, run)
        for entry in _entries(source, data, run, body_nodes):
            accumulator = body({"current": entry, "accumulator": accumulator}, run)
        return accumulator

    return reduce


def _all(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    source, body = parts

    def every(data: Any, run: Run) -> bool:
        entries = _entries(source, data, run, body_nodes)
        for entry in entries:
            value = body(entry, run)
            if value is not True and not truthy(value):
                return False
        # False for an empty list, as in JSON-Logic, and not true as in logic.
        return bool(entries)

    return every


def _some(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    source, body = parts

    def any_of_them(data: Any, run: Run) -> bool:
        for entry in _entries(source, data, run, body_nodes):
            value = body(entry, run)
            if value is True or (value is not False and truthy(value)):
                return True
        return False

    return any_of_them


def _none(parts: list[Compiled], body_nodes: int, arguments: list[Any]) -> Compiled:
    some = _some(parts, body_nodes, arguments)
    return lambda data, run: not some(data, run)


LAZY_BUILDERS: dict[str, Callable[[list[Compiled], int, list[Any]], Compiled]] = {
    "and": _and,
    "or": _or,
    "if": _if,
    "?:": _if,
    "coalesce": _coalesce,
    "map": _map,
    "filter": _filter,
    "reduce": _reduce,
    "all": _all,
    "some": _some,
    "none": _none,
}
