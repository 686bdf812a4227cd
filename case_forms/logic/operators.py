"""The closed list of operators whose arguments are all evaluated first. Each takes (arguments, data, run)."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from .limits import Run
from .values import alike, at_most, before, is_nothing, lookup, number, operand, result, same, text, truthy

Arguments = list[Any]
Eager = Callable[[Arguments, Any, Run], Any]

ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*)?")
MANY = 1_000_000  # no upper bound of arguments, other than the size of the expression


def _substring(arguments: Arguments, data: Any, run: Run) -> str:
    source = text(arguments[0], run)
    start = _whole(arguments[1])
    rest = source[start:] if start >= 0 or -start < len(source) else source
    if len(arguments) < 3:
        return rest
    length = _whole(arguments[2])
    return rest[:length] if length >= 0 else rest[: max(len(rest) + length, 0)]


def _whole(value: Any) -> int:
    double = number(value)
    return int(max(min(double, 1e9), -1e9)) if not math.isnan(double) else 0


def _concatenated(arguments: Arguments, data: Any, run: Run) -> str:
    parts = [text(value, run) for value in arguments]
    run.check_length(sum(map(len, parts)))
    return "".join(parts)


def _contained(arguments: Arguments, data: Any, run: Run) -> bool:
    needle, haystack = arguments
    if isinstance(haystack, str):
        return not isinstance(needle, list | dict | None) and text(needle, run) in haystack
    if isinstance(haystack, list):
        run.spend(len(haystack))
        return any(same(needle, value, run) for value in haystack)
    return False


def _merged(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    merged: list[Any] = []
    for value in arguments:
        merged.extend(value if isinstance(value, list) else [value])
        run.check_length(len(merged))
    return merged


def _added(numbers: Iterable[float]) -> float:
    """One after the other, as a browser does; `sum` compensates for rounding since Python 3.12."""
    total = 0.0
    for value in numbers:
        total += value
    return total


def _sum_of(arguments: Arguments, data: Any, run: Run) -> Any:
    return result(_added(operand(value) for value in arguments))


def _product(arguments: Arguments, data: Any, run: Run) -> Any:
    return result(math.prod(operand(value) for value in arguments))


def _difference(arguments: Arguments, data: Any, run: Run) -> Any:
    if len(arguments) == 1:
        return result(-operand(arguments[0]))
    return result(operand(arguments[0]) - operand(arguments[1]))


def _quotient(arguments: Arguments, data: Any, run: Run) -> Any:
    divisor = operand(arguments[1])
    return result(operand(arguments[0]) / divisor) if divisor else None


def _remainder(arguments: Arguments, data: Any, run: Run) -> Any:
    dividend, divisor = operand(arguments[0]), operand(arguments[1])
    return result(math.fmod(dividend, divisor)) if divisor and math.isfinite(dividend) else None


def _extreme(choose: Callable[[list[float]], float]) -> Eager:
    def extreme(arguments: Arguments, data: Any, run: Run) -> Any:
        numbers = [operand(value) for value in arguments]
        return None if any(map(math.isnan, numbers)) else result(choose(numbers))

    return extreme


def _missing_of(keys: Any, data: Any) -> list[Any]:
    return [key for key in keys if lookup(data, key) in (None, "")]


def _missing(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    keys = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
    run.spend(len(keys))
    return _missing_of(keys, data)


def _missing_some(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    keys = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
    run.spend(len(keys))
    missing = _missing_of(keys, data)
    return [] if len(keys) - len(missing) >= number(arguments[0]) else missing


def _variable(arguments: Arguments, data: Any, run: Run) -> Any:
    found = lookup(data, arguments[0] if arguments else None)
    return arguments[1] if found is None and len(arguments) > 1 else found


def _ordered(test: Callable[[Any, Any], bool]) -> Eager:
    def ordered(arguments: Arguments, data: Any, run: Run) -> bool:
        return all(test(left, right) for left, right in pairwise(arguments))

    return ordered


def day_of(value: Any) -> date | None:
    """The calendar day an ISO date or datetime text begins with, or None."""
    found = ISO_DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _age_on(arguments: Arguments, data: Any, run: Run) -> int | None:
    born, day = day_of(arguments[0]), day_of(arguments[1])
    if born is None or day is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _today(arguments: Arguments, data: Any, run: Run) -> Any:
    return lookup(run.root, "_today")


def _count(arguments: Arguments, data: Any, run: Run) -> int:
    return len(arguments[0]) if isinstance(arguments[0], list) else 0


def _total(arguments: Arguments, data: Any, run: Run) -> Any:
    values = arguments[0] if isinstance(arguments[0], list) else []
    run.spend(len(values))
    numbers = (operand(value) for value in values)
    return result(_added(value for value in numbers if not math.isnan(value)))


def _answered(arguments: Arguments, data: Any, run: Run) -> bool:
    return all(not is_nothing(lookup(data, key)) for key in arguments)


# operator -> (fewest arguments, most arguments, function)
EAGER: dict[str, tuple[int, int, Eager]] = {
    "var": (0, 2, _variable),
    "missing": (0, MANY, _missing),
    "missing_some": (2, 2, _missing_some),
    "==": (2, 2, lambda a, data, run: alike(a[0], a[1], run)),
    "!=": (2, 2, lambda a, data, run: not alike(a[0], a[1], run)),
    "===": (2, 2, lambda a, data, run: same(a[0], a[1], run)),
    "!==": (2, 2, lambda a, data, run: not same(a[0], a[1], run)),
    "<": (2, 3, _ordered(before)),
    "<=": (2, 3, _ordered(at_most)),
    ">": (2, 2, lambda a, data, run: before(a[1], a[0])),
    ">=": (2, 2, lambda a, data, run: at_most(a[1], a[0])),
    "!": (1, 1, lambda a, data, run: not truthy(a[0])),
    "!!": (1, 1, lambda a, data, run: truthy(a[0])),
    "in": (2, 2, _contained),
    "cat": (0, MANY, _concatenated),
    "substr": (2, 3, _substring),
    "+": (1, MANY, _sum_of),
    "-": (1, 2, _difference),
    "*": (1, MANY, _product),
    "/": (2, 2, _quotient),
    "%": (2, 2, _remainder),
    "min": (1, MANY, _extreme(min)),
    "max": (1, MANY, _extreme(max)),
    "merge": (0, MANY, _merged),
    "age_on": (2, 2, _age_on),
    "today": (0, 0, _today),
    "count": (1, 1, _count),
    "sum": (1, 1, _total),
    "answered": (1, MANY, _answered),
}

# operators that decide themselves which arguments to evaluate, or evaluate one of them once for each entry of a list
LAZY: dict[str, tuple[int, int]] = {
    "and": (1, MANY),
    "or": (1, MANY),
    "if": (0, MANY),
    "?:": (0, MANY),
    "map": (2, 2),
    "filter": (2, 2),
    "reduce": (3, 3),
    "all": (2, 2),
    "some": (2, 2),
    "none": (2, 2),
}

LOOPS = frozenset({"map", "filter", "reduce", "all", "some", "none"})
OPERATORS = frozenset(EAGER) | frozenset(LAZY)


def arguments_of(operator: str, given: Any) -> list[Any]:
    """The written arguments as a list: {"!": x} means {"!": [x]}."""
    return given if isinstance(given, list) else [given]


def arity(operator: str) -> tuple[int, int]:
    fewest, most = EAGER[operator][:2] if operator in EAGER else LAZY[operator]
    return fewest, most
