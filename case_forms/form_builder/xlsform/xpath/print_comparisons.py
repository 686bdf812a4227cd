"""XPath for equality and order, with what has to be asked of answers that may not be there."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from .facts import Keys, facts, operation, variable
from .guarding import guard, guard_of_dates, guard_of_equals, has_empty_and_null, is_worked_out
from .printing import EQUAL, OR, ORDER, TIMES, Piece, Printer, Unprintable, quoted

Print = Callable[[Printer, list[Any]], Piece]
ORDERS = ("<", "<=", ">", ">=")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
TEXTS = ("text", "choice")


def guarded(printer: Printer, arguments: list[Any]) -> Piece | None:
    """A comparison with just what XPath asks by itself in front of it. None when it is something else."""
    *asked, compared = arguments
    found = operation(compared)
    if not asked or found is None or found[0] not in (*ORDERS, "==") or len(found[1]) != 2:
        return None
    operator, sides = found
    keys = _asks(printer, operator, sides)
    if keys is None:
        wanted: list[Any] = [{"!=": [side, None]} for side in sides if isinstance(side, dict | list)]
    else:
        wanted = [{"answered": list(keys)}] if keys else []
    if not wanted or asked != wanted:
        return None
    return _equal(printer, sides, "=") if operator == "==" else _order(printer, operator, sides, bare=True)


def _asks(printer: Printer, operator: str, sides: list[Any]) -> Keys | None:
    left, right = sides
    find, known = printer.find, printer.known
    kinds = {get_kind(printer, side) for side in sides}
    if kinds & {"time", "datetime"}:
        return guard_of_dates("<=" if operator == "==" else operator, left, right, find, known)
    if operator == "==":
        if "number" not in kinds and has_empty_and_null(left, right, find):
            raise Unprintable("unanswered")
        return guard_of_equals(left, right, find, known)
    if "date" in kinds:
        return guard_of_dates(operator, left, right, find, known)
    return guard(operator, left, right, find, known)


def get_kind(printer: Printer, logic: Any) -> str:
    return printer.value(logic).kind if isinstance(logic, dict) else ""


def equals(sign: str) -> Print:
    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        if None not in arguments and _asks(printer, "==", arguments) != ():
            raise Unprintable("unanswered")
        return _equal(printer, arguments, sign)

    return print_it


def _equal(printer: Printer, sides: list[Any], sign: str) -> Piece:
    left, right = sides
    if None in (left, right):
        return _nothing(printer, right if left is None else left, sign)
    for one, other in ((left, right), (right, left)):
        if isinstance(other, bool):
            return _is_true(printer, one, other is (sign == "="))
    pieces = _equal_sides(printer, left, right)
    return Piece(f" {sign} ".join(piece.within(EQUAL) for piece in pieces), "boolean", EQUAL)


def _nothing(printer: Printer, logic: Any, sign: str) -> Piece:
    """Equal to null: without a value."""
    name = variable(logic)
    if name is not None:
        answered = {"answered": [name]}
        return printer.condition(answered if sign == "!=" else {"!": [answered]})
    piece = printer.value(logic)
    if piece.kind == "number":
        is_there = f"boolean({piece.text}) or {piece.within(EQUAL)} = 0"
        return Piece(f"not({is_there})", "boolean") if sign == "=" else Piece(is_there, "boolean", OR)
    if piece.kind == "date" and not is_worked_out(logic):
        return Piece(f"{piece.within(EQUAL)} {sign} ''", "boolean", EQUAL)
    raise Unprintable("no_xpath")


def _is_true(printer: Printer, logic: Any, wanted: bool) -> Piece:
    name = variable(logic)
    place = printer.find(name) if name else None
    if name and place is not None and place.kind in ("yesno", "boolean"):
        return Piece(f"{printer.reference(name).text} = '{'true' if wanted else 'false'}'", "boolean", EQUAL)
    if name or get_kind(printer, logic) != "boolean":
        raise Unprintable("no_xpath")
    return printer.condition(logic) if wanted else printer.condition({"!": [logic]})


def _equal_sides(printer: Printer, left: Any, right: Any) -> list[Piece]:
    kinds = [get_kind(printer, side) for side in (left, right)]
    if "time" in kinds or "datetime" in kinds:
        return _exact_sides(printer, left, right)
    if "date" in kinds:
        return [printer.day(side) for side in (left, right)]
    if "choices" in kinds:
        return _chosen_sides(printer, left, right)
    if kinds == ["boolean", "boolean"]:
        return [printer.condition(_once(side)) for side in (left, right)]
    if set(kinds) & {"object", "rows", "boolean"} or ("yesno" in kinds and kinds[0] != kinds[1]):
        raise Unprintable("no_xpath")
    return [_as_written(printer, side, other) for side, other in ((left, right), (right, left))]


def _once(logic: Any) -> Any:
    found = operation(logic)
    return found[1][0] if found and found[0] == "!!" else logic


def _as_written(printer: Printer, logic: Any, other: Any) -> Piece:
    """A constant, in the words the other side has for it in the XLSForm."""
    name = variable(other)
    place = printer.find(name) if name else None
    if isinstance(logic, str) and place is not None and place.kind == "choice":
        return Piece(quoted(place.written(logic)), "text")
    return printer.value(logic)


def _chosen_sides(printer: Printer, left: Any, right: Any) -> list[Piece]:
    value, other = (left, right) if isinstance(right, list) else (right, left)
    name = variable(value)
    place = printer.find(name) if name else None
    if place is None or not isinstance(other, list) or not other or not all(isinstance(each, str) for each in other):
        raise Unprintable("no_xpath")
    return [printer.value(value), Piece(quoted(" ".join(place.written(each) for each in other)), "text")]


def _exact_sides(printer: Printer, left: Any, right: Any) -> list[Piece]:
    """Times and moments: as the part of a day, or as days since 1970."""
    return [_exact(printer, side) for side in (left, right)]


def _exact(printer: Printer, logic: Any) -> Piece:
    if isinstance(logic, str):
        clock = CLOCK.fullmatch(logic)
        if clock:
            return Piece(f"{int(clock[1]) * 60 + int(clock[2])} div 1440", "number", TIMES)
        return Piece(f"decimal-date-time({quoted(logic)})", "number")
    piece = printer.value(logic)
    if piece.kind not in ("time", "datetime"):
        raise Unprintable("no_xpath")
    return Piece(f"decimal-{'time' if piece.kind == 'time' else 'date-time'}({piece.text})", "number")


def ordered(operator: str) -> Print:
    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        if len(arguments) == 2:
            return _order(printer, operator, arguments)
        pairs = [{operator: list(pair)} for pair in pairwise(arguments)]
        return printer.condition({"and": pairs})

    return print_it


def _order(printer: Printer, operator: str, sides: list[Any], *, bare: bool = False) -> Piece:
    """`bare`: what has to be asked first has been asked. Else no answer counts as 0, as it does in JSON-Logic."""
    kinds = [get_kind(printer, side) for side in sides]
    if set(kinds) & {"date", "time", "datetime"}:
        pieces = [printer.day(side) for side in sides] if "date" in kinds else _exact_sides(printer, *sides)
        if not bare and _asks(printer, operator, sides) != ():
            return _or_neither(printer, operator, sides)
    else:
        pieces = [printer.number(side) for side in sides]
        if all(piece.kind in TEXTS for piece in pieces):
            raise Unprintable("texts_in_order")
        if not bare and _asks(printer, operator, sides) != ():
            pieces = [_or_0(printer, side, piece) for side, piece in zip(sides, pieces, strict=True)]
    return Piece(f"{pieces[0].within(ORDER - 1)} {operator} {pieces[1].within(ORDER)}", "boolean", ORDER)


def _or_neither(printer: Printer, operator: str, sides: list[Any]) -> Piece:
    """<= and >= of two dates: nothing and nothing are in order."""
    names = [variable(side) for side in sides]
    if None in names:
        raise Unprintable("unanswered")
    order = _order(printer, operator, sides, bare=True)
    neither = " and ".join(printer.condition({"!": [{"answered": [name]}]}).text for name in names if name)
    return Piece(f"{order.text} or ({neither})", "boolean", OR)


def _or_0(printer: Printer, logic: Any, piece: Piece) -> Piece:
    needs = facts(logic, printer.find).needs
    if needs is not None and printer.known.issuperset(needs):
        return piece
    return Piece(f"coalesce({piece.text}, 0)", "number")
