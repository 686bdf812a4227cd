"""XPath for lists: the rows of a repeat group, those that fulfil a condition, and what they hold."""

from typing import Any

from .facts import operation, variable
from .places import Place
from .printing import Piece, Printer, Unprintable

CURRENT, SO_FAR = {"var": "current"}, {"var": "accumulator"}
ALL_OF_THEM = [{"merge": [SO_FAR, {"if": [CURRENT, CURRENT, []]}]}, []]  # rows inside rows, in one list


def is_rows(printer: Printer, logic: Any) -> bool:
    """Whether this is a list of rows."""
    name = variable(logic)
    if name is not None:
        place = printer.find(name)
        return place is not None and place.sort == "repeat"
    found = operation(logic)
    return found is not None and found[0] in ("filter", "reduce") and is_rows(printer, found[1][0])


def rows(printer: Printer, logic: Any) -> Piece:
    """A list of rows as a nodeset. Raises Unprintable."""
    return Piece(_rows(printer, logic)[0], "rows")


def _rows(printer: Printer, logic: Any) -> tuple[str, Place]:
    name = variable(logic)
    if name is not None:
        place = printer.form.keyed.get(name)
        if place is None or place.sort != "repeat":
            raise Unprintable("not_in_the_form")
        return printer.written(place), place
    found = operation(logic)
    if found and found[0] == "filter":
        return filtered(printer, *found[1]), _rows(printer, found[1][0])[1]
    if found and found[0] == "reduce" and found[1][1:] == ALL_OF_THEM:
        source = operation(found[1][0])
        name = variable(source[1][1]) if source and source[0] == "map" else None
        inner = printer.form.keyed.get(name) if name else None
        if source and inner is not None and inner.sort == "repeat":
            text, place = _rows(printer, source[1][0])
            return f"{text}/{printer.path_below(place, inner)}", inner
    raise Unprintable("no_xpath")


def filtered(printer: Printer, listed: Any, each: Any, *, is_failing: bool = False) -> str:
    """The rows that fulfil a condition, or those that don't."""
    text, place = _rows(printer, listed)
    if "[" in text:
        raise Unprintable("no_xpath")
    condition = printer.in_rows(place).condition(each).text
    return f"{text}[not({condition})]" if is_failing else f"{text}[{condition}]"


def answers(printer: Printer, logic: Any) -> Piece:
    """One question's answers in all rows: ${name}, or rows[condition]/name. Raises Unprintable."""
    listed, place = _answers(printer, logic)
    text, repeat = _rows(printer, listed)
    if not printer.row and variable(listed) is not None:
        return Piece(f"${{{place.name}}}", place.kind)
    return Piece(f"{text}/{printer.path_below(repeat, place)}", place.kind)


def _answers(printer: Printer, logic: Any) -> tuple[Any, Place]:
    found = operation(logic)
    name = variable(found[1][1]) if found and found[0] == "map" else None
    place = printer.form.keyed.get(name) if name else None
    if found is None or place is None or place.sort != "question":
        raise Unprintable("no_xpath")
    return found[1][0], place


def in_row(printer: Printer, logic: Any, position: str) -> Piece:
    """indexed-repeat(${name}, ${repeat}, position)"""
    listed, place = _answers(printer, logic)
    text, _repeat = _rows(printer, listed)
    if printer.row or not text.startswith("${") or "[" in text or "/" in text:
        raise Unprintable("no_xpath")
    return Piece(f"indexed-repeat(${{{place.name}}}, {text}, {position})", place.kind)


def get_extreme(arguments: list[Any]) -> str | None:
    """ "min" or "max" when a `reduce` looks for it among what there is, as functions._reduced writes it."""
    listed = operation(arguments[0])
    if listed is None or listed[0] != "filter" or listed[1][1:] != [{"!=": [{"var": ""}, None]}]:
        return None
    for operator in ("min", "max"):
        step = {"if": [{"==": [SO_FAR, None]}, CURRENT, {operator: [SO_FAR, CURRENT]}]}
        if arguments[1:] == [step, None]:
            return operator
    return None
