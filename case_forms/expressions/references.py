"""The static checks of an expression: what it reads, and what is wrong with it, without evaluating it."""

from collections.abc import Collection, Iterator
from typing import Any

from .evaluator import check_expression
from .limits import LogicError
from .operators import LOOPS, get_arguments

READS_KEYS = frozenset({"missing", "answered"})
COMPUTED = object()  # stands for a name that is known only when the expression runs


def references(expression: Any) -> frozenset[str]:
    """Return the top-level variables an expression reads ("persons" for `persons.0.age`, "_today" for `today`).

    Inside map, filter, reduce, all, some and none the variables are those of each entry, and don't count.
    Raises LogicError for an expression that isn't in the language.
    """
    check_expression(expression)
    return frozenset(name for name in _reads(expression) if isinstance(name, str) and name)


def problems(expression: Any, *, known: Collection[str]) -> list[str]:
    """List what is wrong with an expression, each as "code: words"; empty when all is well.

    Codes: those of LogicError, and unknown_reference, computed_reference (a name that only running it would tell).
    """
    try:
        check_expression(expression)
    except LogicError as error:
        return [f"{error.code}: {error}"]
    found = []
    for name in dict.fromkeys(_reads(expression)):
        if name is COMPUTED:
            found.append("computed_reference: a variable's name must be written out")
        elif name == "":
            found.append("computed_reference: the whole of the answers can't be read at once")
        elif name not in known:
            found.append(f"unknown_reference: {name}")
    return found


def _reads(expression: Any) -> Iterator[Any]:
    """Yield each top-level name read: a text, "" for the whole data, or COMPUTED."""
    if isinstance(expression, list):
        for part in expression:
            yield from _reads(part)
    if not isinstance(expression, dict):
        return
    operator, given = next(iter(expression.items()))
    arguments = get_arguments(operator, given)
    if operator == "var":
        yield _name(arguments[0] if arguments else "")
        yield from _reads(arguments[1:])
        yield from _reads(arguments[:1])
    elif operator in READS_KEYS:
        yield from _names(arguments[0] if arguments and isinstance(arguments[0], list) else arguments)
        yield from _reads(arguments)
    elif operator == "missing_some":
        yield from _names(arguments[1] if isinstance(arguments[1], list) else [arguments[1]])
        yield from _reads(arguments)
    elif operator == "today":
        yield "_today"
    elif operator in LOOPS:
        yield from _reads(arguments[0])
        yield from _reads(arguments[2:])
        # A loop's body has its own variables, but `today` reads the data that the evaluation began with.
        if "today" in _operators(arguments[1]):
            yield "_today"
    else:
        yield from _reads(arguments)


def _names(keys: list[Any]) -> Iterator[Any]:
    return (_name(key) for key in keys)


def _name(key: Any) -> Any:
    if isinstance(key, dict | list | bool):
        return "" if key == [] else COMPUTED
    return "" if key is None else str(key).split(".")[0]


def _operators(expression: Any) -> Iterator[str]:
    if isinstance(expression, list):
        for part in expression:
            yield from _operators(part)
    elif isinstance(expression, dict):
        for operator, given in expression.items():
            yield operator
            yield from _operators(given)
