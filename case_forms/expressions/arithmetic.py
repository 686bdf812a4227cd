"""The operators on numbers. What is no number, NaN or infinite comes out as null."""

import math
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .limits import Run
from .values import number, operand, result

Arguments = list[Any]
Eager = Callable[[Arguments, Any, Run], Any]

MAX_PLACES = 20


def added(numbers: Iterable[float]) -> float:
    """Add one after the other, as a browser does; `sum` compensates for rounding since Python 3.12."""
    total = 0.0
    for value in numbers:
        total += value
    return total


def plus(arguments: Arguments, data: Any, run: Run) -> Any:
    return result(added(operand(value) for value in arguments))


def times(arguments: Arguments, data: Any, run: Run) -> Any:
    return result(math.prod(operand(value) for value in arguments))


def minus(arguments: Arguments, data: Any, run: Run) -> Any:
    if len(arguments) == 1:
        return result(-operand(arguments[0]))
    return result(operand(arguments[0]) - operand(arguments[1]))


def quotient(arguments: Arguments, data: Any, run: Run) -> Any:
    divisor = operand(arguments[1])
    return result(operand(arguments[0]) / divisor) if divisor else None


def remainder(arguments: Arguments, data: Any, run: Run) -> Any:
    dividend, divisor = operand(arguments[0]), operand(arguments[1])
    # fmod, not %: the sign is the dividend's, as in JavaScript.
    return result(math.fmod(dividend, divisor)) if divisor and math.isfinite(dividend) else None


def extreme(choose: Callable[[list[float]], float]) -> Eager:
    def chosen(arguments: Arguments, data: Any, run: Run) -> Any:
        numbers = [operand(value) for value in arguments]
        # min() and max() of Python depend on where a NaN stands.
        return None if any(map(math.isnan, numbers)) else result(choose(numbers))

    return chosen


def total(arguments: Arguments, data: Any, run: Run) -> Any:
    """Add up a list's numbers; what isn't one is passed over."""
    values = arguments[0] if isinstance(arguments[0], list) else []
    run.spend(len(values))
    numbers = (operand(value) for value in values)
    return result(added(value for value in numbers if not math.isnan(value)))


def whole(value: Any) -> int:
    """Read a count or position: cut off at the point, within ±1e9, and 0 for what is no number."""
    double = number(value)
    return int(max(min(double, 1e9), -1e9)) if not math.isnan(double) else 0


def rounded(arguments: Arguments, data: Any, run: Run) -> Any:
    """Round to so many places, halves away from zero, as the number is written.

    0 places unless given; below 0: tens, hundreds.
    """
    value = operand(arguments[0])
    if not math.isfinite(value):
        return None
    places = max(-MAX_PLACES, min(MAX_PLACES, whole(arguments[1]))) if len(arguments) > 1 else 0
    # As it is written: 2.675 is a little less in binary, and people expect 2.68.
    written = Decimal(repr(value))
    if int(written.as_tuple().exponent) >= -places:
        return result(value)
    return result(float(written.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)))


def _towards(cut: Callable[[float], int]) -> Eager:
    """Build floor or ceil."""

    def cut_off(arguments: Arguments, data: Any, run: Run) -> Any:
        value = operand(arguments[0])
        return result(float(cut(value))) if math.isfinite(value) else None

    return cut_off


def absolute(arguments: Arguments, data: Any, run: Run) -> Any:
    return result(abs(operand(arguments[0])))


FLOOR, CEIL = _towards(math.floor), _towards(math.ceil)
