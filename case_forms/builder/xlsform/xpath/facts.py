"""What is known of a JSON-Logic expression without running it: when it has no value, and whether it is a whole number.

XPath has NaN where JSON-Logic has null, and null counts as 0 in an order. A comparison therefore asks `answered` first,
unless it can't make a difference. Both converters ask here, so that what one adds the other takes away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .places import Place

Keys = tuple[str, ...]
Find = Callable[[str], Place | None]  # a variable's name -> what it stands for here

ALWAYS_THERE = frozenset({"_today", "_occurred_on", "_now", "_position"})
NEVER_NULL = frozenset(
    {
        *(
            "==",
            "!=",
            "===",
            "!==",
            "<",
            "<=",
            ">",
            ">=",
            "!",
            "!!",
            "in",
            "answered",
            "matches",
            "some",
            "all",
            "none",
        ),
        *("cat", "join", "substr", "count", "length", "sum", "today"),
    }
)
ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
WORKED_OUT = frozenset(
    {
        *("+", "-", "*", "/", "%", "round", "floor", "ceil", "abs", "min", "max", "reduce"),
        *("days_between", "date_part", "age_on"),
    }
)
ORDERS = frozenset({"<", "<=", ">", ">="})
ONE_NUMBER = frozenset({"round", "floor", "ceil", "abs"})


@dataclass(frozen=True)
class Facts:
    """needs: without an answer to one of these keys there is no value; None when that isn't all there is to it.

    least: no value is smaller; whole: every value is a whole number.
    """

    needs: Keys | None = ()
    least: float | None = None
    whole: bool = False

    @property
    def is_sure(self) -> bool:
        return self.needs == ()


UNSURE = Facts(None)


def operation(logic: Any) -> tuple[str, list[Any]] | None:
    """(operator, arguments) of an expression, None of a constant."""
    if not isinstance(logic, dict) or len(logic) != 1:
        return None
    operator, given = next(iter(logic.items()))
    return operator, given if isinstance(given, list) else [given]


def variable(logic: Any) -> str | None:
    """The name that a plain {"var": name} reads."""
    found = operation(logic)
    if found and found[0] == "var" and len(found[1]) == 1 and isinstance(found[1][0], str) and found[1][0]:
        return found[1][0]
    return None


def facts(logic: Any, find: Find) -> Facts:
    found = operation(logic)
    if found is None:
        return _constant(logic)
    operator, arguments = found
    if operator == "var":
        return _variable(logic, find)
    if operator in ARITHMETIC:
        return _arithmetic(operator, arguments, find)
    if operator in ONE_NUMBER:
        inner = _operands(arguments[:1], find)
        positive = inner.least is not None and inner.least >= 0
        least = 0.0 if operator == "abs" or positive else None
        return Facts(inner.needs, least, inner.whole or operator in ("floor", "ceil") or len(arguments) == 1)
    if operator in NEVER_NULL:
        counts = operator in ("count", "length")
        return Facts((), 0.0 if counts else None, counts)
    if operator in ("days_between", "add_days", "date_part"):
        return Facts(_of_dates(arguments, find), whole=operator != "add_days")
    if operator in ("and", "or"):
        return Facts(()) if all(facts(part, find).is_sure for part in arguments) else UNSURE
    if operator == "if":
        return _if(arguments, find)
    if operator == "coalesce":
        parts = [facts(part, find) for part in arguments]
        sure = any(part.is_sure and not may_be_empty(logic) for part, logic in zip(parts, arguments, strict=True))
        return Facts(() if sure else None, _least(parts), all(part.whole for part in parts))
    if operator in ("min", "max"):
        return _operands(arguments, find)
    return Facts(None, whole=operator == "age_on", least=0.0 if operator == "age_on" else None)


def _constant(logic: Any) -> Facts:
    if isinstance(logic, bool):
        return Facts((), float(logic), True)
    if isinstance(logic, int | float):
        return Facts((), float(logic), float(logic).is_integer())
    return UNSURE if logic is None else Facts(())


def _variable(logic: Any, find: Find) -> Facts:
    name = variable(logic)
    if name is None:
        return UNSURE
    if name in ALWAYS_THERE:
        return Facts((), 1.0 if name == "_position" else None, name == "_position")
    place = find(name)
    return Facts((name,), place.least if place else None, bool(place and place.whole))


def _operands(arguments: Iterable[Any], find: Find) -> Facts:
    """Of numbers: a text may be none, so more than an answer is needed for it to have a value."""
    parts = []
    for argument in arguments:
        found, name = facts(argument, find), variable(argument)
        place = find(name) if name else None
        is_number = place is None or place.kind in ("number", "boolean")
        parts.append(found if is_number and not isinstance(argument, str) else UNSURE)
    return Facts(_together(parts), _least(parts), all(part.whole for part in parts))


def _arithmetic(operator: str, arguments: list[Any], find: Find) -> Facts:
    found = _operands(arguments, find)
    if operator in ("/", "%"):
        divisor = arguments[1] if len(arguments) > 1 else None
        is_safe = isinstance(divisor, int | float) and not isinstance(divisor, bool) and divisor != 0
        return Facts(found.needs if is_safe else None, None, found.whole and operator == "%")
    positive = found.least is not None and found.least >= 0
    is_cut = operator == "-" and len(arguments) == 2 and arguments[1] == {"%": [arguments[0], 1]}
    return Facts(found.needs, 0.0 if positive and operator in ("+", "*") else None, found.whole or is_cut)


def _of_dates(arguments: list[Any], find: Find) -> Keys | None:
    parts = []
    for argument in arguments:
        name = variable(argument)
        place = find(name) if name else None
        is_date = place is None or place.kind in ("date", "datetime", "number")
        parts.append(facts(argument, find) if is_date else UNSURE)
    return _together(parts)


def _if(arguments: list[Any], find: Find) -> Facts:
    branches = [*arguments[1:-1:2], arguments[-1]] if len(arguments) % 2 else [None]
    if len(arguments) < 3:
        return UNSURE
    parts = [facts(branch, find) for branch in branches]
    sure = all(part.is_sure for part in parts)
    return Facts(() if sure else None, _least(parts), all(part.whole for part in parts))


def _together(parts: list[Facts]) -> Keys | None:
    needs: dict[str, None] = {}
    for part in parts:
        if part.needs is None:
            return None
        needs.update(dict.fromkeys(part.needs))
    return tuple(needs)


def _least(parts: list[Facts]) -> float | None:
    known = [part.least for part in parts if part.least is not None]
    return min(known) if parts and len(known) == len(parts) else None


def guarantees(logic: Any) -> frozenset[str]:
    """The keys that have an answer whenever the condition holds."""
    found = operation(logic)
    if found is None:
        return frozenset()
    operator, arguments = found
    if operator == "answered":
        return frozenset(key for key in arguments if isinstance(key, str))
    if operator == "and":
        return frozenset().union(*map(guarantees, arguments))
    if operator == "or":
        return frozenset.intersection(*map(guarantees, arguments)) if arguments else frozenset()
    if operator in ORDERS and len(arguments) == 2:
        return _guaranteed_by_order(operator, arguments)
    if operator in ("==", "===", "in") and len(arguments) == 2:
        sides = [(variable(arguments[0]), arguments[1]), (variable(arguments[1]), arguments[0])]
        return frozenset(name for name, other in sides if name and isinstance(other, str | int | float | list))
    return frozenset()


def _guaranteed_by_order(operator: str, arguments: list[Any]) -> frozenset[str]:
    """No answer counts as 0, and is neither before nor after a day: so where it can't be 0, it is there."""
    smaller, larger = arguments if operator in ("<", "<=") else arguments[::-1]
    strict = operator in ("<", ">")
    found = []
    name, beside = variable(larger), _constant(smaller) if not isinstance(smaller, dict | list) else UNSURE
    if name and (_is_text(smaller) or _stays_false(beside.least, strict)):
        found.append(name)
    name = variable(smaller)
    if name and _is_text(larger):
        found.append(name)
    return frozenset(found)


def _is_text(logic: Any) -> bool:
    """Whether it is a text that is never a number: a day."""
    return (isinstance(logic, str) and not logic[:1].isdecimal()) or _is_day(logic)


def _is_day(logic: Any) -> bool:
    is_written = isinstance(logic, str) and len(logic) >= 10 and logic[4:5] == "-"
    return is_written or variable(logic) in ("_today", "_now", "_occurred_on") or logic == {"today": []}


def guard(operator: str, left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """The keys to ask `answered` of before `left operator right` (an order); () when there is nothing to ask.

    None: more than answers is needed, so each side has to be compared with null.
    """
    sides = (facts(left, find), facts(right, find))
    if operator in ("<", "<="):
        smaller, larger = sides
    else:
        larger, smaller = sides
    strict = operator in ("<", ">")
    harmless = all(
        (
            _settled(larger, known) or _stays_false(smaller.least, strict),
            _settled(smaller, known),
        )
    )
    if harmless:
        return ()
    if any(side.needs is None for side in sides):
        return None
    return tuple(dict.fromkeys(key for side in sides for key in side.needs or () if key not in known))


def may_be_empty(logic: Any) -> bool:
    """Whether it may be an empty text, which isn't null and yet no answer."""
    found = operation(logic)
    if found is None:
        return logic == ""
    operator, arguments = found
    if operator in ("cat", "substr", "join"):
        return not any(isinstance(argument, str) and argument for argument in arguments if operator == "cat")
    if operator == "if":
        return any(map(may_be_empty, _branches(arguments)))
    return operator in ("min", "max", "reduce", "var", "row") and any(map(may_be_empty, arguments[1:]))


def has_empty_and_null(left: Any, right: Any, find: Find) -> bool:
    """Whether of two texts one may be null where the other is "": the same to XPath, but not to `==`."""
    sides = ((left, right), (right, left))
    return any(may_be_empty(one) and not facts(other, find).is_sure for one, other in sides)


def guard_of_dates(operator: str, left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """The same for two dates: no date is before or after nothing, but nothing and nothing are in order."""
    sides = (facts(left, find), facts(right, find))
    if operator in ("<", ">") or any(_settled(side, known) for side in sides):
        return ()
    if any(side.needs is None for side in sides):
        return None
    return tuple(dict.fromkeys(key for side in sides for key in side.needs or () if key not in known))


def guard_of_equals(left: Any, right: Any, find: Find, known: frozenset[str]) -> Keys | None:
    """The same for equality: two answers that aren't there are equal, a result that isn't a number equals nothing."""
    if any(_settled(facts(side, find), known) for side in (left, right)):
        return ()
    worked_out = [facts(side, find).needs for side in (left, right) if is_worked_out(side)]
    if any(needs is None for needs in worked_out):
        return None
    return tuple(dict.fromkeys(key for needs in worked_out for key in needs or () if key not in known))


def is_worked_out(logic: Any) -> bool:
    """Whether it is "not a number" to XPath, and no empty text, when it has no value."""
    found = operation(logic)
    if found is None:
        return False
    operator, arguments = found
    if operator in ("if", "?:"):
        return any(map(is_worked_out, _branches(arguments)))
    if operator == "coalesce":
        return is_worked_out(arguments[-1])
    return operator in WORKED_OUT or (operator == "add_days" and arguments[1] != 0)


def is_mixed(logic: Any) -> bool:
    """Whether it is sometimes an empty text and sometimes "not a number" when it has no value."""
    found = operation(logic)
    if found is None or found[0] not in ("if", "?:"):
        return False
    branches = [branch for branch in _branches(found[1]) if isinstance(branch, dict) or branch is None]
    return len({is_worked_out(branch) for branch in branches}) > 1 or any(map(is_mixed, branches))


def _branches(arguments: list[Any]) -> list[Any]:
    return [*arguments[1:-1:2], arguments[-1]] if len(arguments) % 2 else arguments[1::2]


def _settled(side: Facts, known: frozenset[str]) -> bool:
    return side.needs is not None and all(key in known for key in side.needs)


def _stays_false(least: float | None, strict: bool) -> bool:
    """Whether "least <= smaller < larger" fails anyhow when the larger side has no value and counts as 0."""
    return least is not None and (least >= 0 if strict else least > 0)
