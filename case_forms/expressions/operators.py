"""The closed list of operators: how many arguments each takes, and what it does with them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from . import arithmetic, dates, texts
from .limits import LogicError, Run
from .patterns import get_pattern
from .values import alike, at_most, before, is_nothing, lookup, number, same, truthy

Arguments = list[Any]
Eager = Callable[[Arguments, Any, Run], Any]

MANY = 1_000_000  # no upper bound of arguments, other than the size of the expression


def _get_missing(keys: Any, data: Any) -> list[Any]:
    return [key for key in keys if lookup(data, key) in (None, "")]


def _missing(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    # As JSON-Logic has it: one list of keys, or the keys as arguments.
    keys = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
    run.spend(len(keys))
    return _get_missing(keys, data)


def _missing_some(arguments: Arguments, data: Any, run: Run) -> list[Any]:
    keys = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
    run.spend(len(keys))
    missing = _get_missing(keys, data)
    return [] if len(keys) - len(missing) >= number(arguments[0]) else missing


def _variable(arguments: Arguments, data: Any, run: Run) -> Any:
    found = lookup(data, arguments[0] if arguments else None)
    return arguments[1] if found is None and len(arguments) > 1 else found


def _ordered(test: Callable[[Any, Any], bool]) -> Eager:
    def ordered(arguments: Arguments, data: Any, run: Run) -> bool:
        return all(test(left, right) for left, right in pairwise(arguments))

    return ordered


def _answered(arguments: Arguments, data: Any, run: Run) -> bool:
    return all(not is_nothing(lookup(data, key)) for key in arguments)


# operator -> (fewest arguments, most arguments, function of (arguments, data, run)); all arguments are evaluated first
EAGER: dict[str, tuple[int, int, Eager]] = {
    "var": (0, 2, _variable),
    "missing": (0, MANY, _missing),
    "missing_some": (2, 2, _missing_some),
    "==": (2, 2, lambda a, data, run: alike(a[0], a[1], run)),
    "!=": (2, 2, lambda a, data, run: not alike(a[0], a[1], run)),
    "===": (2, 2, lambda a, data, run: same(a[0], a[1], run)),
    "!==": (2, 2, lambda a, data, run: not same(a[0], a[1], run)),
    # Three arguments mean "between", as in JSON-Logic; > and >= have no such form there.
    "<": (2, 3, _ordered(before)),
    "<=": (2, 3, _ordered(at_most)),
    ">": (2, 2, lambda a, data, run: before(a[1], a[0])),
    ">=": (2, 2, lambda a, data, run: at_most(a[1], a[0])),
    "!": (1, 1, lambda a, data, run: not truthy(a[0])),
    "!!": (1, 1, lambda a, data, run: truthy(a[0])),
    "in": (2, 2, texts.contained),
    "cat": (0, MANY, texts.concatenated),
    "substr": (2, 3, texts.substring),
    "length": (1, 1, texts.length),
    "matches": (2, 2, texts.matching),
    "join": (2, 2, texts.joined),
    "+": (1, MANY, arithmetic.plus),
    "-": (1, 2, arithmetic.minus),
    "*": (1, MANY, arithmetic.times),
    "/": (2, 2, arithmetic.quotient),
    "%": (2, 2, arithmetic.remainder),
    "min": (1, MANY, arithmetic.extreme(min)),
    "max": (1, MANY, arithmetic.extreme(max)),
    "round": (1, 2, arithmetic.rounded),
    "floor": (1, 1, arithmetic.FLOOR),
    "ceil": (1, 1, arithmetic.CEIL),
    "abs": (1, 1, arithmetic.absolute),
    "merge": (0, MANY, texts.merged),
    "row": (2, 2, texts.entry),
    "age_on": (2, 2, dates.age_on),
    "days_between": (2, 2, dates.days_between),
    "add_days": (2, 2, dates.add_days),
    "date_part": (2, 2, dates.date_part),
    "today": (0, 0, dates.today),
    "count": (1, 1, texts.count),
    "sum": (1, 1, arithmetic.total),
    "answered": (1, MANY, _answered),
}

# operators that decide themselves which arguments to evaluate, or evaluate one of them once for each entry of a list
LAZY: dict[str, tuple[int, int]] = {
    "and": (1, MANY),
    "or": (1, MANY),
    "if": (0, MANY),
    "?:": (0, MANY),
    "coalesce": (1, MANY),
    "map": (2, 2),
    "filter": (2, 2),
    "reduce": (3, 3),
    "all": (2, 2),
    "some": (2, 2),
    "none": (2, 2),
}

LOOPS = frozenset({"map", "filter", "reduce", "all", "some", "none"})
OPERATORS = frozenset(EAGER) | frozenset(LAZY)


def get_arguments(operator: str, given: Any) -> list[Any]:
    """Return the written arguments as a list: {"!": x} means {"!": [x]}."""
    return given if isinstance(given, list) else [given]


def arity(operator: str) -> tuple[int, int]:
    fewest, most = EAGER[operator][:2] if operator in EAGER else LAZY[operator]
    return fewest, most


def check_arguments(operator: str, arguments: Arguments) -> None:
    """Check that there are neither too many nor too few, and that what must be written out is. Raises LogicError."""
    fewest, most = arity(operator)
    if not fewest <= len(arguments) <= most:
        raise LogicError("bad_arguments", f"the operator {operator!r} can't take {len(arguments)} arguments")
    if operator == "matches":
        if not isinstance(arguments[1], str):
            raise LogicError("bad_pattern", "a pattern must be written out")
        # Compiled now, so that a bad pattern is found when the expression is checked and not when a form is filled in.
        get_pattern(arguments[1])
    if operator == "date_part" and arguments[0] not in dates.PARTS:
        raise LogicError("bad_arguments", "the part of a date is year, month or day, written out")
