"""XPath for operators that say whether something is so."""

import re
from typing import Any

from . import print_rows
from .facts import facts, may_be_empty, operation, variable
from .functions_texts import has_alternatives
from .guarding import guarantees
from .print_comparisons import ORDERS, TEXTS, Print, equals, get_kind, guarded, ordered
from .printing import AND, EQUAL, OR, ORDER, Piece, Printer, Unprintable, quoted


def condition(printer: Printer, logic: Any) -> Piece:
    """An expression where its truth is what matters."""
    if isinstance(logic, bool):
        return Piece("true()" if logic else "false()", "boolean")
    found = operation(logic)
    if found is None:
        raise Unprintable("no_xpath")
    operator, arguments = found
    if operator in CONDITIONS:
        return CONDITIONS[operator](printer, arguments)
    name = variable(logic)
    if name is not None:
        return _true(printer, name)
    if operator == "missing":
        return _joined("or")(printer, [{"!": [{"answered": [key]}]} for key in arguments])
    return _truth(printer.value(logic))


def _truth(piece: Piece) -> Piece:
    if piece.kind == "boolean":
        return piece
    if piece.kind == "number":
        return Piece(f"boolean({piece.text})", "boolean")
    if piece.kind in ("text", "date", "choice"):
        return Piece(f"{piece.within(EQUAL)} != ''", "boolean", EQUAL)
    raise Unprintable("no_xpath")


def _true(printer: Printer, name: str) -> Piece:
    """A variable on its own: answered, and neither false nor 0."""
    place = printer.find(name)
    if place is not None and place.kind == "yesno":
        return Piece(f"{printer.reference(name).text} = 'true'", "boolean", EQUAL)
    if place is not None and place.kind in ("number", "boolean"):
        return _truth(printer.reference(name))
    return _answered(printer, [name])


def _answered(printer: Printer, arguments: list[Any]) -> Piece:
    if not all(isinstance(key, str) for key in arguments):
        raise Unprintable("no_xpath")
    empty = [_empty(printer, key) for key in arguments]
    if len(empty) > 1:
        return Piece(f"not({' or '.join(piece.within(OR) for piece in empty)})", "boolean")
    text = empty[0].text
    if empty[0].binding == EQUAL and text.endswith(" = ''") and " and " not in text:
        return Piece(f"{text.removesuffix(' = ' + quoted(''))} != ''", "boolean", EQUAL)
    if text.startswith("count("):
        return Piece(f"{text.removesuffix(' = 0')} > 0", "boolean", ORDER)
    return Piece(f"not({text})", "boolean")


def _empty(printer: Printer, key: str) -> Piece:
    """The key has no answer."""
    place = printer.find(key)
    if key in ("_today", "_now", "_position") or place is None:
        return Piece(f"{printer.reference(key).text} = ''", "boolean", EQUAL)
    if place.sort == "repeat":
        return Piece(f"count({print_rows.rows(printer, {'var': key}).text}) = 0", "boolean", EQUAL)
    if place.sort == "group":
        parts = [f"{printer.written(child)} = ''" for child in place.children.values() if child.key]
        if not parts:
            raise Unprintable("no_xpath")
        return Piece(" and ".join(parts), "boolean", AND)
    return Piece(f"{printer.reference(key).text} = ''", "boolean", EQUAL)


def _not(printer: Printer, arguments: list[Any]) -> Piece:
    inner = operation(arguments[0])
    while inner and inner[0] in ("and", "or") and len(inner[1]) == 1:
        inner = operation(inner[1][0])
    if inner and inner[0] == "answered" and len(inner[1]) == 1 and isinstance(inner[1][0], str):
        return _empty(printer, inner[1][0])
    text = condition(printer, arguments[0]).text
    if inner and inner[0] == "!" and " = '' and " in text and not text.startswith("not("):
        text = f"not({condition(printer, inner[1][0]).text})"  # as it is said, not turned round
    return Piece(f"not({text})", "boolean")


def _twice(printer: Printer, arguments: list[Any]) -> Piece:
    value = printer.value(arguments[0])
    if value.kind == "text" and variable(arguments[0]) is None:
        return _truth(value)
    piece = condition(printer, arguments[0])
    return piece if piece.text.startswith("boolean(") else Piece(f"boolean({piece.text})", "boolean")


def _joined(sign: str) -> Print:
    binding = AND if sign == "and" else OR

    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        whole = guarded(printer, arguments) if sign == "and" else _contains(printer, arguments)
        if whole is not None:
            return whole
        before, parts = printer.known, []
        for argument in arguments:
            parts.append(condition(printer, argument))
            if sign == "and":
                printer.knows(guarantees(argument))
        printer.known = before
        if len(parts) == 1:
            return parts[0]
        return Piece(f" {sign} ".join(part.within(binding) for part in parts), "boolean", binding)

    return print_it


def _contains(printer: Printer, arguments: list[Any]) -> Piece | None:
    """A text in a text, or none to look for: contains(text, part)."""
    found = operation(arguments[-1])
    if len(arguments) != 2 or found is None or found[0] != "in" or isinstance(found[1][1], list):
        return None
    needle, hay = found[1]
    name = variable(needle)
    nothing = {"!": [{"answered": [name]} if name else {"!!": [needle]}]}
    if arguments[0] != nothing or printer.value(hay).kind not in TEXTS:
        return None
    return Piece(f"contains({printer.value(hay).text}, {printer.text(needle).text})", "boolean")


def _in(printer: Printer, arguments: list[Any]) -> Piece:
    needle, hay = arguments
    if isinstance(hay, list):
        return _one_of(printer, needle, hay)
    kind = get_kind(printer, hay) if isinstance(hay, dict) else "text"
    if kind == "choices":
        return Piece(f"selected({printer.value(hay).text}, {_chosen(printer, needle, hay).text})", "boolean")
    if kind not in TEXTS or (isinstance(needle, str) and not needle):
        raise Unprintable("no_xpath")
    found = f"contains({printer.value(hay).text}, {printer.text(needle).text})"
    if facts(needle, printer.find).is_sure and not may_be_empty(needle):
        return Piece(found, "boolean")
    name = variable(needle)
    if name is None:
        raise Unprintable("no_xpath")
    return Piece(f"{_answered(printer, [name]).text} and {found}", "boolean", AND)


def _chosen(printer: Printer, needle: Any, hay: Any) -> Piece:
    name = variable(hay)
    place = printer.find(name) if name else None
    if isinstance(needle, str):
        written = place.written(needle) if place else needle
        if not written or " " in written:
            raise Unprintable("no_xpath")
        return Piece(quoted(written), "text")
    piece = printer.value(needle)
    if piece.kind not in TEXTS:
        raise Unprintable("no_xpath")
    return piece


def _one_of(printer: Printer, needle: Any, values: list[Any]) -> Piece:
    """One of several constants: selected('a b', ${x}); numbers are compared one by one."""
    piece = printer.value(needle)
    if piece.kind in TEXTS and values and all(isinstance(value, str) for value in values):
        return Piece(f"selected({quoted(choice_list(printer, needle, values))}, {piece.text})", "boolean")
    if piece.kind == "number" and values and all(type(value) in (int, float) for value in values):
        return _joined("or")(printer, [{"==": [needle, value]} for value in values])
    raise Unprintable("no_xpath")


def choice_list(printer: Printer, needle: Any, values: list[str]) -> str:
    name = variable(needle)
    place = printer.find(name) if name else None
    written = [place.written(value) if place else value for value in values]
    if any(not value or re.search(r"\s", value) for value in written):
        raise Unprintable("no_xpath")
    return " ".join(written)


def _rows_that(operator: str) -> Print:
    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        listed, each = arguments
        if operator == "all":
            whole = print_rows.rows(printer, listed).text
            failing = print_rows.filtered(printer, listed, each, is_failing=True)
            return Piece(f"count({failing}) = 0 and count({whole}) > 0", "boolean", AND)
        some = print_rows.rows(printer, {"filter": [listed, each]}).text
        if operator == "some":
            return Piece(f"count({some}) > 0", "boolean", ORDER)
        return Piece(f"count({some}) = 0", "boolean", EQUAL)

    return print_it


def _matches(printer: Printer, arguments: list[Any]) -> Piece:
    """XPath's regex() is about the whole text."""
    value, pattern = printer.text(arguments[0]), arguments[1]
    if not isinstance(pattern, str):
        raise Unprintable("no_xpath")
    if not (pattern.startswith("^") and pattern.endswith("$")) or has_alternatives(pattern):
        pattern = f"(.|\\s)*(?:{pattern})(.|\\s)*"
    return Piece(f"regex({value.text}, {quoted(pattern)})", "boolean")


def _if(printer: Printer, arguments: list[Any]) -> Piece:
    from .print_values import VALUES

    return _truth(VALUES["if"](printer, arguments))


CONDITIONS: dict[str, Print] = {
    "and": _joined("and"),
    "or": _joined("or"),
    "!": _not,
    "!!": _twice,
    "answered": _answered,
    "==": equals("="),
    "!=": equals("!="),
    **{operator: ordered(operator) for operator in ORDERS},
    "in": _in,
    "matches": _matches,
    **{operator: _rows_that(operator) for operator in ("some", "all", "none")},
}
