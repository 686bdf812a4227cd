"""The way in: an expression and data, a value out."""

import json
from functools import lru_cache
from typing import Any

from .compiling import Compiled, Compiler
from .errors import LogicError
from .limits import DEFAULT_LIMITS, Limits, Run


def evaluate(expression: Any, data: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of an expression over the data (a JSON value, commonly an object of answers). Pure: no clock, no I/O.

    Raises LogicError when the expression isn't in the language or exceeds a limit; nothing else, whatever the data.
    """
    if not isinstance(expression, dict | list):
        return expression
    return _compiled(_written(expression), limits)(data, Run(data, limits))


def check_expression(expression: Any, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises LogicError when the expression isn't in the language or is too large; evaluates nothing."""
    _compiled(_written(expression), limits)


def _written(expression: Any) -> str:
    """The expression as text: the key of the cache, and the proof that it is JSON."""
    try:
        return json.dumps(expression)
    except RecursionError:
        raise LogicError("too_deep", "the expression is nested too deep") from None
    except (TypeError, ValueError):
        raise LogicError("not_json", "the expression isn't JSON") from None


@lru_cache(maxsize=4096)
def _compiled(text: str, limits: Limits) -> Compiled:
    """A form's few dozen expressions are evaluated on each submission; each is compiled once per process."""
    return Compiler(limits).compile(json.loads(text))
