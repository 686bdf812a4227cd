"""XPath for operators that give a number, a text or a day."""

from collections.abc import Callable
from typing import Any

from . import print_rows
from .facts import facts, operation, variable
from .functions_days import DATE_SIGNS, ISO_DATE
from .guarding import guarantees
from .idioms import DATE_PARTS, filled
from .printing import ATOM, NEGATIVE, PLUS, TIMES, Piece, Printer, Unprintable, plain_number, quoted

Print = Callable[[Printer, list[Any]], Piece]
SIGNS = {"+": ("+", PLUS), "*": ("*", TIMES), "/": ("div", TIMES), "%": ("mod", TIMES)}
SLICES = {place: sign for sign, place in DATE_SIGNS.items()}


def constant(value: Any) -> Piece:
    if isinstance(value, bool):
        return Piece("true()" if value else "false()", "boolean")
    if isinstance(value, int | float):
        return Piece(plain_number(value), "number", NEGATIVE if value < 0 else ATOM)
    if value is None:
        return Piece("''", "text")
    if not isinstance(value, str):
        raise Unprintable("no_xpath")
    return Piece(quoted(value), "text")


def _variable(printer: Printer, arguments: list[Any]) -> Piece:
    if len(arguments) != 2 or not isinstance(arguments[0], str) or not arguments[0]:
        raise Unprintable("no_xpath")
    return _coalesce(printer, [{"var": arguments[0]}, arguments[1]])


def _arithmetic(operator: str) -> Print:
    sign, binding = SIGNS[operator]

    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        numbers = [printer.number(argument) for argument in arguments]
        if len(numbers) == 1:
            return Piece(f"number({numbers[0].text})", "number")
        first = numbers[0].within(binding if operator in ("+", "*") and numbers[0].binding == binding else binding - 1)
        rest = [number.within(binding) for number in numbers[1:]]
        return Piece(f" {sign} ".join([first, *rest]), "number", binding)

    return print_it


def _minus(printer: Printer, arguments: list[Any]) -> Piece:
    numbers = [printer.number(argument) for argument in arguments]
    if len(numbers) == 1:
        return Piece(f"-{numbers[0].within(NEGATIVE)}", "number", NEGATIVE)
    rest = operation(arguments[1])
    if rest and rest[0] == "%" and rest[1][1:] == [1] and rest[1][0] == arguments[0]:
        return Piece(f"int({numbers[0].text})", "number")
    return Piece(f"{numbers[0].within(PLUS - 1)} - {numbers[1].within(PLUS)}", "number", PLUS)


def _called(name: str, kind: str = "number") -> Print:
    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        numbers = [printer.number(argument).text for argument in arguments]
        return Piece(f"{name}({', '.join(numbers)})", kind)

    return print_it


def _cut(operator: str) -> Print:
    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        known = facts(arguments[0], printer.find)
        number = printer.number(arguments[0])
        if operator == "floor" and known.least is not None and known.least >= 0:
            return Piece(f"int({number.text})", "number")
        return Piece(filled(operator, number.within(PLUS)), "number")

    return print_it


def _extreme(operator: str) -> Print:
    """min and max have no value when an argument has none; XPath's pass it over."""

    def print_it(printer: Printer, arguments: list[Any]) -> Piece:
        numbers = [printer.number(argument) for argument in arguments]
        called = Piece(f"{operator}({', '.join(number.text for number in numbers)})", "number")
        needs = facts({operator: arguments}, printer.find).needs
        if needs is None:
            raise Unprintable("unanswered")
        missing = [key for key in needs if key not in printer.known]
        if not missing:
            return called
        return Piece(f"if({printer.condition({'answered': missing}).text}, {called.text}, '')", "number")

    return print_it


def _reduce(printer: Printer, arguments: list[Any]) -> Piece:
    """min and max as XPath has them: of what there is."""
    operator = print_rows.get_extreme(arguments)
    if operator is None:
        raise Unprintable("no_xpath")
    listed = operation(arguments[0])
    assert listed is not None
    entries = listed[1][0]
    if isinstance(entries, list):
        return Piece(f"{operator}({', '.join(printer.number(entry).text for entry in entries)})", "number")
    return Piece(f"{operator}({print_rows.answers(printer, entries).text})", "number")


def _if(printer: Printer, arguments: list[Any]) -> Piece:
    if len(arguments) < 2:
        raise Unprintable("no_xpath")
    condition = printer.condition(arguments[0])
    before = printer.known

    printer.knows(guarantees(arguments[0]))
    then = _branch(printer, arguments[1])
    printer.known = before
    rest = arguments[2:]
    otherwise = _if(printer, rest) if len(rest) > 1 else _branch(printer, rest[0] if rest else None)
    if then.kind == "date" and isinstance(rest[0] if rest else None, str):
        otherwise = _day_or(printer, rest[0], otherwise)
    elif otherwise.kind == "date":
        then = _day_or(printer, arguments[1], then)
    kinds = {piece.kind for piece, part in ((then, arguments[1]), (otherwise, rest[-1:])) if part not in (None, [None])}
    kind = kinds.pop() if len(kinds) == 1 else "text"
    return Piece(f"if({condition.text}, {then.text}, {otherwise.text})", kind)


def _day_or(printer: Printer, logic: Any, piece: Piece) -> Piece:
    """A date written out beside a date that is worked out."""
    is_day = isinstance(logic, str) and ISO_DATE.fullmatch(logic)
    return printer.day(logic) if is_day else piece


def _branch(printer: Printer, logic: Any) -> Piece:
    piece = printer.value(logic)
    if piece.kind in ("choices", "yesno", "time", "object", "rows"):
        raise Unprintable("no_xpath")
    return piece


def _coalesce(printer: Printer, arguments: list[Any]) -> Piece:
    pieces = [_branch(printer, argument) for argument in arguments]
    text, kinds = pieces[-1].text, {piece.kind for piece in pieces}
    for piece in reversed(pieces[:-1]):
        text = f"coalesce({piece.text}, {text})"
    return Piece(text, kinds.pop() if len(kinds) == 1 else "text")


def _cat(printer: Printer, arguments: list[Any]) -> Piece:
    parts = [printer.text(argument).text for argument in arguments]
    return Piece(f"concat({', '.join(parts)})" if len(parts) > 1 else f"string({parts[0] if parts else ''})", "text")


def _substr(printer: Printer, arguments: list[Any]) -> Piece:
    if not all(isinstance(argument, int) and not isinstance(argument, bool) for argument in arguments[1:]):
        raise Unprintable("no_xpath")
    start, length = [*arguments[1:], None][:2]
    text = printer.value(arguments[0])
    sign = SLICES.get((start, length))
    if sign and (text.kind == "datetime" or (text.kind == "date" and start < 10)):
        return Piece(f"format-date({text.text}, '{sign}')", "text")
    text = printer.text(arguments[0])
    if length is None:
        return Piece(f"substr({text.text}, {start})", "text")
    if start < 0 or length < 0:
        raise Unprintable("no_xpath")
    return Piece(f"substr({text.text}, {start}, {start + length})", "text")


def _length(printer: Printer, arguments: list[Any]) -> Piece:
    if print_rows.is_rows(printer, arguments[0]) or _is_chosen(printer, arguments[0]):
        return _count(printer, arguments)
    return Piece(f"string-length({printer.text(arguments[0]).text})", "number")


def _count(printer: Printer, arguments: list[Any]) -> Piece:
    if _is_chosen(printer, arguments[0]):
        return Piece(f"count-selected({printer.value(arguments[0]).text})", "number")
    return Piece(f"count({print_rows.rows(printer, arguments[0]).text})", "number")


def _is_chosen(printer: Printer, logic: Any) -> bool:
    name = variable(logic)
    place = printer.find(name) if name else None
    return place is not None and place.kind == "choices"


def _sum(printer: Printer, arguments: list[Any]) -> Piece:
    return Piece(f"sum({print_rows.answers(printer, arguments[0]).text})", "number")


def _join(printer: Printer, arguments: list[Any]) -> Piece:
    listed, separator = arguments
    if _is_chosen(printer, listed):
        if separator != " ":
            raise Unprintable("no_xpath")
        return Piece(printer.value(listed).text, "text")
    parts = [printer.text(separator).text]
    if isinstance(listed, list):
        parts += [printer.text(part).text for part in listed]
    else:
        parts.append(print_rows.answers(printer, listed).text)
    return Piece(f"join({', '.join(parts)})", "text")


def _row(printer: Printer, arguments: list[Any]) -> Piece:
    listed, position = arguments
    if _is_chosen(printer, listed):
        is_written = isinstance(position, int) and not isinstance(position, bool)
        place = str(position - 1) if is_written else f"{printer.number(position).within(PLUS)} - 1"
        return Piece(f"selected-at({printer.value(listed).text}, {place})", "text")
    return print_rows.in_row(printer, listed, printer.number(position).text)


def _days_between(printer: Printer, arguments: list[Any]) -> Piece:
    start, end = (printer.day(argument) for argument in arguments)
    return Piece(f"{end.within(PLUS - 1)} - {start.within(PLUS)}", "number", PLUS)


def _add_days(printer: Printer, arguments: list[Any]) -> Piece:
    start, days = printer.day(arguments[0]), arguments[1]
    if days == 0 and start.kind == "datetime":
        return Piece(f"date({start.text})", "date")
    if not facts(days, printer.find).whole:
        raise Unprintable("not_whole")
    moved = operation(days)
    if isinstance(days, int) and days < 0:
        return Piece(f"date({start.within(PLUS - 1)} - {-days})", "date")
    if moved and moved[0] == "-" and len(moved[1]) == 1:
        return Piece(f"date({start.within(PLUS - 1)} - {printer.number(moved[1][0]).within(PLUS)})", "date")
    return Piece(f"date({start.within(PLUS - 1)} + {printer.number(days).within(PLUS)})", "date")


def _age_on(printer: Printer, arguments: list[Any]) -> Piece:
    born, on = (printer.day(argument) for argument in arguments)
    return Piece(filled("age_on", born.within(PLUS), on.within(PLUS)), "number")


def _date_part(printer: Printer, arguments: list[Any]) -> Piece:
    if arguments[0] not in DATE_PARTS:
        raise Unprintable("no_xpath")
    return Piece(filled(arguments[0], printer.day(arguments[1]).text), "number")


def _today(printer: Printer, arguments: list[Any]) -> Piece:
    return Piece("today()" if printer.row else "date(today())", "date")


VALUES: dict[str, Print] = {
    "var": _variable,
    **{operator: _arithmetic(operator) for operator in SIGNS},
    "-": _minus,
    "round": _called("round"),
    "abs": _called("abs"),
    "floor": _cut("floor"),
    "ceil": _cut("ceil"),
    "min": _extreme("min"),
    "max": _extreme("max"),
    "reduce": _reduce,
    "if": _if,
    "?:": _if,
    "coalesce": _coalesce,
    "cat": _cat,
    "substr": _substr,
    "length": _length,
    "count": _count,
    "sum": _sum,
    "join": _join,
    "row": _row,
    "days_between": _days_between,
    "add_days": _add_days,
    "age_on": _age_on,
    "date_part": _date_part,
    "today": _today,
}
