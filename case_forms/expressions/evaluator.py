"""The evaluator: an expression and data in, a value out.

An expression becomes nested closures, once; its shape, operators and size are checked on the way. Compiled expressions
are cached by their content.
"""

import json
import marshal
import math
from collections.abc import Callable
from typing import Any

from .fast_paths import SHORTCUTS, Compiled, plain_variable
from .limits import DEFAULT_LIMITS, Limits, LogicError, Run
from .loops import LAZY_BUILDERS
from .operators import EAGER, LAZY, check_arguments, get_arguments

MAX_KEPT = 4096  # cached expressions; a form has a few dozen, each evaluated on every submission

_kept: dict[bytes, Compiled] = {}


def evaluate(expression: Any, data: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Evaluate an expression over the data (a JSON value, commonly an object of answers). Pure: no clock, no I/O.

    Raises LogicError when the expression isn't in the language or exceeds a limit; nothing else, whatever the data.
    """
    if not isinstance(expression, dict | list):
        return expression
    return _compiled(expression, limits)(data, Run(data, limits))


def compile_expression(expression: Any, *, limits: Limits = DEFAULT_LIMITS) -> Callable[[Any], Any]:
    """Compile an expression that is evaluated very often to a function from data to its value. Raises LogicError."""
    work = _compiled(expression, limits)
    return lambda data: work(data, Run(data, limits))


def check_expression(expression: Any, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Check that the expression is in the language and not too large; evaluates nothing. Raises LogicError."""
    _compiled(expression, limits)


def _compiled(expression: Any, limits: Limits) -> Compiled:
    """Compile an expression, or take it from the cache, by its content."""
    # The key doesn't hold the limits, so only what was checked against the usual ones is cached.
    if limits is not DEFAULT_LIMITS:
        return _compile(expression, limits)
    try:
        content = marshal.dumps(expression, 2)  # the quickest way to a key that tells 1 from true; never read back
    except ValueError:
        return _compile(expression, limits)
    work = _kept.get(content)
    if work is None:
        work = _compile(expression, limits)
        # A bound on memory: what is asked for again is compiled again.
        if len(_kept) >= MAX_KEPT:
            _kept.clear()
        _kept[content] = work
    return work


def _compile(expression: Any, limits: Limits) -> Compiled:
    """Compile by way of its JSON: the proof that it is JSON, and a copy that nobody can change afterwards."""
    try:
        written = json.dumps(expression)
    except RecursionError:
        raise LogicError("too_deep", "the expression is nested too deep") from None
    except (TypeError, ValueError):
        raise LogicError("not_json", "the expression isn't JSON") from None
    return Compiler(limits).compile(json.loads(written))


class Compiler:
    """The compiler of one expression. `nodes` counts what it has seen; a loop's body knows how many nodes it costs."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.nodes = 0

    def compile(self, expression: Any, depth: int = 1) -> Compiled:
        """Compile one part, `depth` levels deep.

        Raises LogicError: too_deep, too_large, not_json, not_an_expression, unknown_operator, bad_arguments or
        bad_pattern.
        """
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
        # Python's json reads and writes NaN and Infinity, which aren't JSON.
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
        # The commonest node; a variable with a default, or with a name that is computed, takes the general way.
        if operator == "var" and len(arguments) == 1 and isinstance(arguments[0], str):
            return plain_variable(arguments[0])
        parts: list[Compiled] = []
        body_nodes = 0
        for argument in arguments:
            before = self.nodes
            parts.append(self.compile(argument, depth + 1))
            if len(parts) == 2:
                # The second argument of every loop is its body: its size is what one entry costs.
                body_nodes = self.nodes - before
        if operator in LAZY:
            return LAZY_BUILDERS[operator](parts, body_nodes, arguments)
        if operator in SHORTCUTS:
            shorter = SHORTCUTS[operator](operator, arguments, parts)
            if shorter is not None:
                return shorter
        return eager(operator, parts)


def eager(operator: str, parts: list[Compiled]) -> Compiled:
    """Evaluate all arguments, then work on them."""
    # One or two arguments, which most operators have, are put together without a loop: this runs for every node.
    work = EAGER[operator][2]
    if len(parts) == 1:
        [only] = parts
        return lambda data, run: work([only(data, run)], data, run)
    if len(parts) == 2:
        first, second = parts
        return lambda data, run: work([first(data, run), second(data, run)], data, run)
    return lambda data, run: work([part(data, run) for part in parts], data, run)
