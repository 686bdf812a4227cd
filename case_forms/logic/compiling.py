"""An expression becomes nested closures, once; its shape, operators and size are checked on the way."""

import math
from collections.abc import Callable
from typing import Any

from .errors import LogicError
from .limits import Limits, Run
from .operators import EAGER, LAZY, arguments_of, check_arguments
from .values import is_nothing, lookup, truthy

Compiled = Callable[[Any, Run], Any]


class Compiler:
    """Compiles one expression. `nodes` counts what it has seen; a loop's body knows how many nodes it costs."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.nodes = 0

    def compile(self, expression: Any, depth: int = 1) -> Compiled:
        """Raises LogicError: too_deep, too_large, not_json, not_an_expression, unknown_operator,
        bad_arguments or bad_pattern."""
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise LogicError("too_large", f"the expression has more than {self.limits.nodes} parts")
        if depth > self.limits.depth:
            raise LogicError("too_deep", f"the expression is nested more than {self.limits.depth} levels deep")
        if isinstance(expression, dict):
            return self._operation(expression, depth)
        if isinstance(expression, list):
            parts = [self.compile(part, depth + 1) for part in expression]
            return lambda data, run: [part(data, run) for part in parts]
        if isinstance(expression, float) and not math.isfinite(expression):
            raise LogicError("not_json", "NaN and infinity aren't values")
        return lambda data, run: expression

    def _operation(self, expression: dict[str, Any], depth: int) -> Compiled:
        if len(expression) != 1:
            raise LogicError("not_an_expression", "an operation is an object with exactly one key, its operator")
        operator, given = next(iter(expression.items()))
        if operator not in EAGER and operator not in LAZY:
            raise LogicError("unknown_operator", f"the operator {str(operator)[:40]!r} isn't in the language")
        arguments = arguments_of(operator, given)
        check_arguments(operator, arguments)
        if operator == "var" and len(arguments) == 1 and isinstance(arguments[0], str):
            return self._plain_variable(arguments[0])
        parts: list[Compiled] = []
        body_nodes = 0
        for argument in arguments:
            before = self.nodes
            parts.append(self.compile(argument, depth + 1))
            if len(parts) == 2:
                body_nodes = self.nodes - before
        if operator in EAGER:
            work = EAGER[operator][2]
            return lambda data, run: work([part(data, run) for part in parts], data, run)
        return LAZY_BUILDERS[operator](parts, body_nodes)

    def _plain_variable(self, name: str) -> Compiled:
        """The commonest expression of all: one answer, by its key."""
        if not name or "." in name:
            return lambda data, run: lookup(data, name)
        return lambda data, run: data.get(name) if type(data) is dict else lookup(data, name)


def _and(parts: list[Compiled], body_nodes: int) -> Compiled:
    def every(data: Any, run: Run) -> Any:
        value: Any = None
        for part in parts:
            value = part(data, run)
            if not truthy(value):
                break
        return value

    return every


def _or(parts: list[Compiled], body_nodes: int) -> Compiled:
    def either(data: Any, run: Run) -> Any:
        value: Any = None
        for part in parts:
            value = part(data, run)
            if truthy(value):
                break
        return value

    return either


def _if(parts: list[Compiled], body_nodes: int) -> Compiled:
    pairs = list(zip(parts[0:-1:2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else None

    def choose(data: Any, run: Run) -> Any:
        for condition, then in pairs:
            if truthy(condition(data, run)):
                return then(data, run)
        return otherwise(data, run) if otherwise else None

    return choose


def _coalesce(parts: list[Compiled], body_nodes: int) -> Compiled:
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
    run.spend(len(entries) * (body_nodes + 1))
    return entries


def _map(parts: list[Compiled], body_nodes: int) -> Compiled:
    source, body = parts
    return lambda data, run: [body(entry, run) for entry in _entries(source, data, run, body_nodes)]


def _filter(parts: list[Compiled], body_nodes: int) -> Compiled:
    source, body = parts
    return lambda data, run: [entry for entry in _entries(source, data, run, body_nodes) if truthy(body(entry, run))]


def _reduce(parts: list[Compiled], body_nodes: int) -> Compiled:
    source, body, start = parts

    def reduce(data: Any, run: Run) -> Any:
        accumulator = start(data, run)
        for entry in _entries(source, data, run, body_nodes):
            accumulator = body({"current": entry, "accumulator": accumulator}, run)
        return accumulator

    return reduce


def _all(parts: list[Compiled], body_nodes: int) -> Compiled:
    source, body = parts

    def every(data: Any, run: Run) -> bool:
        entries = _entries(source, data, run, body_nodes)
        return bool(entries) and all(truthy(body(entry, run)) for entry in entries)

    return every


def _some(parts: list[Compiled], body_nodes: int) -> Compiled:
    source, body = parts
    return lambda data, run: any(truthy(body(entry, run)) for entry in _entries(source, data, run, body_nodes))


def _none(parts: list[Compiled], body_nodes: int) -> Compiled:
    some = _some(parts, body_nodes)
    return lambda data, run: not some(data, run)


LAZY_BUILDERS: dict[str, Callable[[list[Compiled], int], Compiled]] = {
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
