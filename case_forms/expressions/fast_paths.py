"""Fast paths for what conditions are mostly made of. Each gives exactly what the operator gives, only sooner.

A fast path is taken when the values are what one expects (a whole number that a double holds, a plain text); for all
other values the operator's own function decides.
"""

import operator as python
from collections.abc import Callable
from typing import Any

from .limits import Run
from .values import alike, at_most, before, is_nothing, lookup, operand, result, same, truthy

Compiled = Callable[[Any, Run], Any]
Test = Callable[[Any, Any], bool]

EXACT = 2**53  # whole numbers up to here are the same as double and as int

ORDERED: dict[str, tuple[Test, Test]] = {
    "<": (python.lt, before),
    "<=": (python.le, at_most),
    ">": (python.gt, lambda left, right: before(right, left)),
    ">=": (python.ge, lambda left, right: at_most(right, left)),
}


def plain_variable(name: str) -> Compiled:
    """Compile the commonest expression of all: one answer, by its key. Loops ask for its name: `variable`."""
    if not name or "." in name:
        return lambda data, run: lookup(data, name)

    def answer(data: Any, run: Run) -> Any:
        return data.get(name) if type(data) is dict else lookup(data, name)

    answer.variable = name  # type: ignore[attr-defined]
    return answer


def is_number(value: Any) -> bool:
    """Return whether this is a number that Python compares as doubles compare."""
    return type(value) is float or (type(value) is int and -EXACT <= value <= EXACT)


def _ordered(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    """Compile a comparison of a value with a constant number or text."""
    quick, general = ORDERED[operator]
    if len(parts) == 3:
        return _between(quick, general, arguments, parts)
    left, constant = parts[0], arguments[1]
    if is_number(constant):

        def beside_number(data: Any, run: Run) -> bool:
            value = left(data, run)
            if type(value) is int and -EXACT <= value <= EXACT:
                return quick(value, constant)
            return general(value, constant)

        return beside_number
    # ASCII only: other texts are ordered by UTF-16 units, Python's are by code points.
    if isinstance(constant, str) and constant.isascii():

        def beside_text(data: Any, run: Run) -> bool:
            value = left(data, run)
            return quick(value, constant) if type(value) is str and value.isascii() else general(value, constant)

        return beside_text
    right = parts[1]
    return lambda data, run: general(left(data, run), right(data, run))


def _between(quick: Test, general: Test, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    low, high = arguments[0], arguments[2]
    if not (is_number(low) and is_number(high)):
        return None
    middle = parts[1]

    def between(data: Any, run: Run) -> bool:
        value = middle(data, run)
        test = quick if type(value) is int and -EXACT <= value <= EXACT else general
        return test(low, value) and test(value, high)

    return between


def _equal(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    """Compile an equality of two values, one of them often a constant."""
    general = same if len(operator) == 3 else alike
    wanted = not operator.startswith("!")
    left, right = parts
    constant = arguments[1]
    if not isinstance(constant, dict | list):
        kind = type(constant)

        def beside_constant(data: Any, run: Run) -> bool:
            value = left(data, run)
            if type(value) is kind and kind is str:
                return (value == constant) is wanted
            return general(value, constant, run) is wanted

        def beside_truth(data: Any, run: Run) -> bool:
            value = left(data, run)
            if value is True or value is False or value is None:
                return (value is constant) is wanted
            return general(value, constant, run) is wanted

        def beside_number(data: Any, run: Run) -> bool:
            value = left(data, run)
            if type(value) is int and -EXACT <= value <= EXACT:
                return (value == constant) is wanted
            return general(value, constant, run) is wanted

        if is_number(constant):
            return beside_number
        return beside_truth if constant is None or kind is bool else beside_constant
    return lambda data, run: general(left(data, run), right(data, run), run) is wanted


def _in(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    needle, haystack = arguments
    if isinstance(haystack, list) and all(isinstance(value, str) for value in haystack):
        return _in_texts(parts[0], haystack)
    if isinstance(needle, str):
        return _text_in(needle, parts[1])
    return None


def _in_texts(part: Compiled, texts: list[str]) -> Compiled:
    """Compile "a value in a list of constant texts": only a text can be in it."""
    among, count = frozenset(texts), len(texts)

    def is_among(data: Any, run: Run) -> bool:
        # The steps that the general way would take: which expressions exceed a limit must not depend on the path.
        run.spend(count)
        value = part(data, run)
        return type(value) is str and value in among

    return is_among


def _text_in(text: str, part: Compiled) -> Compiled:
    """Compile "a constant text in a list, or in a text"."""

    def includes(data: Any, run: Run) -> bool:
        haystack = part(data, run)
        if isinstance(haystack, list):
            run.spend(len(haystack))
            return text in haystack
        return isinstance(haystack, str) and text in haystack

    return includes


def _not(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled:
    part, wanted = parts[0], operator == "!!"

    def negated(data: Any, run: Run) -> bool:
        return truthy(part(data, run)) is wanted

    return negated


def _plus(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    if len(parts) != 2:
        return None
    left, right = parts
    return lambda data, run: added(left(data, run), right(data, run))


def added(one: Any, other: Any) -> Any:
    if type(one) is int and type(other) is int and -EXACT <= one <= EXACT and -EXACT <= other <= EXACT:
        total = one + other
        # A larger sum would be exact here and rounded in a browser.
        if -EXACT <= total <= EXACT:
            return total
    return result(operand(one) + operand(other))


def _answered(operator: str, arguments: list[Any], parts: list[Compiled]) -> Compiled | None:
    if not all(isinstance(key, str) for key in arguments):
        return None
    keys: list[str] = arguments
    if len(keys) == 1:
        [key] = keys
        return lambda data, run: not is_nothing(lookup(data, key))
    return lambda data, run: all(not is_nothing(lookup(data, key)) for key in keys)


Shortcut = Callable[[str, list[Any], list[Compiled]], Compiled | None]
SHORTCUTS: dict[str, Shortcut] = {
    **dict.fromkeys(("<", "<=", ">", ">="), _ordered),
    **dict.fromkeys(("==", "!=", "===", "!=="), _equal),
    "in": _in,
    **dict.fromkeys(("!", "!!"), _not),
    "+": _plus,
    "answered": _answered,
}
