"""Facts about JSON-Logic without running it: when it has no value, and whether it is a whole number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .elements import Element

Keys = tuple[str, ...]
Find = Callable[[str], Element | None]  # a variable's name -> what it stands for here

ALWAYS_THERE = frozenset({"_today", "_occurred_on", "_now", "_position"})
NEVER_NULL = frozenset(
    {
        *("==", "!=", "===", "!==", "<", "<=", ">", ">=", "!", "!!"),
        *("in", "answered", "matches", "some", "all", "none"),
        *("cat", "join", "substr", "count", "length", "sum", "today"),
    }
)
TEXTS = frozenset({"cat", "join", "substr"})
ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
ONE_NUMBER = frozenset({"round", "floor", "ceil", "abs"})


@dataclass(frozen=True)
class Facts:
    """The facts about one value.

    `needs`: without an answer to one of these keys there is no value; None when that isn't all there is to it. `least`:
    no value is smaller; `whole`: every value is a whole number.
    """

    needs: Keys | None = ()
    least: float | None = None
    whole: bool = False

    @property
    def is_sure(self) -> bool:
        return self.needs == ()


UNSURE = Facts(None)


def operation(logic: Any) -> tuple[str, list[Any]] | None:
    """Return (operator, arguments) of an expression, None of a constant."""
    if not isinstance(logic, dict) or len(logic) != 1:
        return None
    operator, given = next(iter(logic.items()))
    return operator, given if isinstance(given, list) else [given]


def variable(logic: Any) -> str | None:
    """Return the name that a plain {"var": name} reads."""
    found = operation(logic)
    if found and found[0] == "var" and len(found[1]) == 1 and isinstance(found[1][0], str) and found[1][0]:
        return found[1][0]
    return None


def facts(logic: Any, find: Find) -> Facts:
    """Return what is known of an expression's value."""
    found = operation(logic)
    if found is None:
        return constant_facts(logic)
    operator, arguments = found
    if operator == "var":
        return _variable(logic, find)
    if operator in ARITHMETIC:
        return _arithmetic(operator, arguments, find)
    if operator in ONE_NUMBER:
        inner = _operands(arguments[:1], find)
        positive = inner.least is not None and inner.least >= 0
        least = 0.0 if operator == "abs" or positive else None
        is_rounded = operator in ("floor", "ceil") or (operator == "round" and len(arguments) == 1)
        return Facts(inner.needs, least, inner.whole or is_rounded)
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


def constant_facts(logic: Any) -> Facts:
    if isinstance(logic, bool):
        return Facts((), float(logic), True)
    if isinstance(logic, int | float):
        return Facts((), float(logic), float(logic).is_integer())
    # null has no value for a reason that isn't a missing answer.
    return UNSURE if logic is None else Facts(())


def _variable(logic: Any, find: Find) -> Facts:
    name = variable(logic)
    if name is None:
        return UNSURE
    if name in ALWAYS_THERE:
        return Facts((), 1.0 if name == "_position" else None, name == "_position")
    element = find(name)
    return Facts((name,), element.least if element else None, bool(element and element.whole))


def _operands(arguments: Iterable[Any], find: Find) -> Facts:
    """Return what is known of numbers together.

    A text may be no number, so more than an answer is needed for it to have a value.
    """
    parts = []
    for argument in arguments:
        parts.append(UNSURE if _may_be_text(argument, find) else facts(argument, find))
    return Facts(_together(parts), _least(parts), all(part.whole for part in parts))


def _may_be_text(logic: Any, find: Find) -> bool:
    """Return whether its value may be something else than a number, or a truth value that counts as one."""
    found, name = operation(logic), variable(logic)
    if name is not None:
        element = find(name)
        return element is not None and element.kind not in ("number", "boolean")
    if found is None:
        return isinstance(logic, str)
    operator, arguments = found
    parts = get_branches(arguments) if operator == "if" else arguments if operator == "coalesce" else []
    return operator in TEXTS or any(_may_be_text(part, find) for part in parts)


def _arithmetic(operator: str, arguments: list[Any], find: Find) -> Facts:
    found = _operands(arguments, find)
    if operator in ("/", "%"):
        divisor = arguments[1] if len(arguments) > 1 else None
        # A division by 0 has no result, however many answers there are.
        is_safe = isinstance(divisor, int | float) and not isinstance(divisor, bool) and divisor != 0
        return Facts(found.needs if is_safe else None, None, found.whole and operator == "%")
    positive = found.least is not None and found.least >= 0
    # X - X % 1 is X cut off at the point: how to_logic writes int().
    is_cut = operator == "-" and len(arguments) == 2 and arguments[1] == {"%": [arguments[0], 1]}
    return Facts(found.needs, 0.0 if positive and operator in ("+", "*") else None, found.whole or is_cut)


def _of_dates(arguments: list[Any], find: Find) -> Keys | None:
    parts = []
    for argument in arguments:
        name = variable(argument)
        element = find(name) if name else None
        is_date = element is None or element.kind in ("date", "datetime", "number")
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


def may_be_empty(logic: Any) -> bool:
    """Return whether it may be an empty text, which isn't null and yet no answer."""
    found = operation(logic)
    if found is None:
        return logic == ""
    operator, arguments = found
    if operator in TEXTS:
        return not any(isinstance(argument, str) and argument for argument in arguments if operator == "cat")
    if operator == "if":
        return any(map(may_be_empty, get_branches(arguments)))
    return operator in ("min", "max", "reduce", "var", "row") and any(map(may_be_empty, arguments[1:]))


def get_branches(arguments: list[Any]) -> list[Any]:
    return [*arguments[1:-1:2], arguments[-1]] if len(arguments) % 2 else arguments[1::2]
