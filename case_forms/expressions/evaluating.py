"""The way in: an expression and data, a value out."""

import json
import marshal
from collections.abc import Callable
from typing import Any

from .compiling import Compiled, Compiler
from .errors import LogicError
from .limits import DEFAULT_LIMITS, Limits, Run

MAX_KEPT = 4096  # compiled expressions; a form has a few dozen, each evaluated on every submission

_kept: dict[bytes, Compiled] = {}


def evaluate(expression: Any, data: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of an expression over the data (a JSON value, commonly an object of answers). Pure: no clock, no I/O.

    Raises LogicError when the expression isn't in the language or exceeds a limit; nothing else, whatever the data.
    """
    if not isinstance(expression, dict | list):
        return expression
    return _compiled(expression, limits)(data, Run(data, limits))


def compile_expression(expression: Any, *, limits: Limits = DEFAULT_LIMITS) -> Callable[[Any], Any]:
    """A function from data to the expression's value, for one that is evaluated very often. Raises LogicError."""
    work = _compiled(expression, limits)
    return lambda data: work(data, Run(data, limits))


def check_expression(expression: Any, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises LogicError when the expression isn't in the language or is too large; evaluates nothing."""
    _compiled(expression, limits)


def _compiled(expression: Any, limits: Limits) -> Compiled:
    """Compiles an expression, or takes it from what is kept, by its content."""
    if limits is not DEFAULT_LIMITS:
        return _compile(expression, limits)
    try:
        content = marshal.dumps(expression, 2)  # the quickest way to a key that tells 1 from true; never read back
    except ValueError:
        return _compile(expression, limits)
    work = _kept.get(content)
    if work is None:
        work = _compile(expression, limits)
        if len(_kept) >= MAX_KEPT:
            _kept.clear()
        _kept[content] = work
    return work


def _compile(expression: Any, limits: Limits) -> Compiled:
    """By way of its JSON: the proof that it is JSON, and a copy that nobody can change afterwards."""
    try:
        written = json.dumps(expression)
    except RecursionError:
        raise LogicError("too_deep", "the expression is nested too deep") from None
    except (TypeError, ValueError):
        raise LogicError("not_json", "the expression isn't JSON") from None
    return Compiler(limits).compile(json.loads(written))
