"""An expression becomes nested closures, once; its shape, operators and size are checked on the way."""

import math
from typing import Any

from .errors import LogicError
from .limits import Limits
from .loops import LAZY_BUILDERS
from .operators import EAGER, LAZY, check_arguments, get_arguments
from .shortcuts import SHORTCUTS, Compiled, plain_variable

__all__ = ["Compiled", "Compiler"]


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
        arguments = get_arguments(operator, given)
        check_arguments(operator, arguments)
        if operator == "var" and len(arguments) == 1 and isinstance(arguments[0], str):
            return plain_variable(arguments[0])
        parts: list[Compiled] = []
        body_nodes = 0
        for argument in arguments:
            before = self.nodes
            parts.append(self.compile(argument, depth + 1))
            if len(parts) == 2:
                body_nodes = self.nodes - before
        if operator in LAZY:
            return LAZY_BUILDERS[operator](parts, body_nodes, arguments)
        if operator in SHORTCUTS:
            shorter = SHORTCUTS[operator](operator, arguments, parts)
            if shorter is not None:
                return shorter
        return eager(operator, parts)


def eager(operator: str, parts: list[Compiled]) -> Compiled:
    """Evaluates all arguments, then works on them."""
    work = EAGER[operator][2]
    if len(parts) == 1:
        [only] = parts
        return lambda data, run: work([only(data, run)], data, run)
    if len(parts) == 2:
        first, second = parts
        return lambda data, run: work([first(data, run), second(data, run)], data, run)
    return lambda data, run: work([part(data, run) for part in parts], data, run)
