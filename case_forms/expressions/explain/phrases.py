"""The phrases of operators whose words depend on what they are applied to.

The twin of static/js/builder/phrases.js.
"""

from collections.abc import Mapping
from typing import Any

from ..operators import LOOPS
from .reader import Phrase, Reader, opened

OPPOSITES = {"==": "!=", "!=": "==", "===": "!=", "!==": "==", "some": "none", "none": "some"}
ASKING = frozenset({"some", "all", "none"})
AMOUNTS = {"==": "exactly", "<": "fewer_than", "<=": "at_most", ">": "more_than", ">=": "at_least"}


def joined(reader: Reader, operator: str, arguments: list[Any]) -> str:
    # Brackets only where there are several parts to keep apart.
    said = reader.condition if len(arguments) == 1 else reader.enclosed
    return reader.words[operator].join(map(said, arguments))


def compared(reader: Reader, operator: str, arguments: list[Any]) -> str:
    """Read two sides (or three); a constant is named as a value of the variable on the other side."""
    are_days = operator not in ("==", "!=") and any(map(reader.is_day, arguments))
    if len(arguments) == 3:
        word = "within" if operator == "<=" else "between_days" if are_days else "between"
        return reader.say(word, *(reader.value(argument) for argument in arguments))
    left, right = arguments
    if operator in ("==", "!=") and (left is None or right is None):
        asked = reader.value(right if left is None else left)
        return reader.say("unanswered" if operator == "==" else "answered", asked)
    if amount := _amount(reader, operator, left, right):
        return amount
    word = f"day{operator}" if are_days else operator
    return reader.say(
        word, reader.value(left, reader.variable_in(right)), reader.value(right, reader.variable_in(left))
    )


def _amount(reader: Reader, operator: str, counted: Any, count: Any) -> str:
    """Read “It has at least 2 rows” for the number of a variable's rows beside a constant, else ""."""
    name, arguments = opened(counted)
    rows = build_rows(arguments[0]) if name == "count" else None
    if rows is None or isinstance(count, bool) or not isinstance(count, int | float) or operator not in AMOUNTS:
        return ""
    # "At least 1 row" reads better than "more than 0 rows".
    if operator == ">" and count == 0:
        operator, count = ">=", 1
    source, where = rows
    noun = "row" if where is not None else "choice" if reader.variable_in(source) in reader.values else "entry"
    said_noun = reader.words[f"one_{noun}" if count == 1 else f"several_{noun}"]
    amount = reader.say(AMOUNTS[operator], reader.number(count), said_noun)
    if where is None:
        return reader.say("has", reader.value(source), amount)
    return reader.say("has_where", reader.value(source), amount, within(reader, source, where))


def within(reader: Reader, source: Any, condition: Any) -> str:
    """Read a condition on the entries of a list."""
    # Loops stand within loops: the outer list is named again once this one is read.
    outer, reader.entry = reader.entry, reader.variable_in(source)
    said = reader.enclosed(condition)
    reader.entry = outer
    return said


def negated(reader: Reader, operator: str, arguments: list[Any]) -> str:
    inner = arguments[0]
    name, parts = opened(inner)
    # "is not" instead of "it is not so that ... is".
    if name in OPPOSITES:
        return reader.value({OPPOSITES[name]: parts})
    if name == "answered" and len(parts) == 1:
        return reader.say("unanswered", reader.variable(parts[0]))
    if name == "in":
        return contained(reader, "not_in", parts)
    if name == "matches":
        return matched(reader, "not_matches", parts)
    if name == "or":
        return reader.say("none_of", "; ".join(map(reader.condition, parts)))
    return reader.say("not", reader.enclosed(inner))


def answered(reader: Reader, operator: str, arguments: list[Any]) -> str:
    if len(arguments) == 1:
        return reader.say("answered", reader.variable(arguments[0]))
    return reader.say("all_answered", ", ".join(map(reader.variable, arguments)))


def missing(reader: Reader, operator: str, arguments: list[Any]) -> str:
    keys = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
    return reader.say("missing", ", ".join(map(reader.variable, keys)))


def missing_some(reader: Reader, operator: str, arguments: list[Any]) -> str:
    keys = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
    return reader.say("missing_some", reader.value(arguments[0]), ", ".join(map(reader.variable, keys)))


def contained(reader: Reader, operator: str, arguments: list[Any]) -> str:
    """Read in, and "not_in"."""
    needle, haystack = arguments
    if isinstance(haystack, list):
        word = "none_among" if operator == "not_in" else "one_of"
        return reader.say(word, reader.value(needle), reader.value(haystack, reader.variable_in(needle)))
    word = "excludes" if operator == "not_in" else "includes"
    return reader.say(word, reader.value(needle, reader.variable_in(haystack)), reader.value(haystack))


def chosen(reader: Reader, operator: str, arguments: list[Any]) -> str:
    if len(arguments) < 2:
        return reader.value(arguments[0]) if arguments else reader.words["nothing"]
    said = ""
    for position in range(0, len(arguments) - 1, 2):
        word = "else_if" if said else "if"
        said += reader.say(word, reader.condition(arguments[position]), reader.value(arguments[position + 1]))
    return said + (reader.say("else", reader.value(arguments[-1])) if len(arguments) % 2 else "")


def chained(reader: Reader, operator: str, arguments: list[Any]) -> str:
    if len(arguments) == 1:
        return reader.say("negative", reader.value(arguments[0])) if operator == "-" else reader.value(arguments[0])
    said = reader.value(arguments[0])
    for argument in arguments[1:]:
        said = reader.say(operator, said, reader.value(argument))
    return said


def listed(reader: Reader, operator: str, arguments: list[Any]) -> str:
    return reader.say(operator, ", ".join(reader.value(argument) for argument in arguments))


def matched(reader: Reader, operator: str, arguments: list[Any]) -> str:
    """Read matches, and "not_matches"."""
    return reader.say(operator, reader.value(arguments[0]), reader.say("quote", arguments[1]))


def separated(reader: Reader, operator: str, arguments: list[Any]) -> str:
    separator = arguments[1]
    between = reader.say("quote", separator) if isinstance(separator, str) else reader.value(separator)
    return reader.say("join", reader.value(arguments[0]), between)


def rounded(reader: Reader, operator: str, arguments: list[Any]) -> str:
    word = "round_to" if len(arguments) > 1 else "round"
    return reader.say(word, *(reader.value(argument) for argument in arguments))


def aged(reader: Reader, operator: str, arguments: list[Any]) -> str:
    birth, on = arguments
    name, parts = opened(on)
    if name == "today" or (name == "var" and parts == ["_today"]):
        return reader.say("age_today", reader.value(birth))
    if name == "var" and parts == ["_occurred_on"]:
        return reader.say("age_then", reader.value(birth))
    return reader.say("age_on", reader.value(birth), reader.value(on))


def days_apart(reader: Reader, operator: str, arguments: list[Any]) -> str:
    """Read add_days: a day before or after another."""
    day, days = reader.value(arguments[0]), arguments[1]
    if isinstance(days, bool) or not isinstance(days, int | float):
        return reader.say("days_after", day, reader.value(days))
    side = "before" if days < 0 else "after"
    if abs(days) == 1:
        return reader.say(f"day_{side}", day)
    return reader.say(f"days_{side}", day, reader.number(abs(days)))


def part_of_date(reader: Reader, operator: str, arguments: list[Any]) -> str:
    return reader.say(f"part_{arguments[0]}", reader.value(arguments[1]))


def counted(reader: Reader, operator: str, arguments: list[Any]) -> str:
    rows = build_rows(arguments[0])
    if rows is None:
        return reader.say("count", reader.value(arguments[0]))
    source, where = rows
    if where is None:
        has_choices = reader.variable_in(source) in reader.values
        return reader.say("count_choices" if has_choices else "count", reader.value(source))
    return reader.say("count_where", reader.value(source), within(reader, source, where))


def summed(reader: Reader, operator: str, arguments: list[Any]) -> str:
    name, parts = opened(arguments[0])
    rows = build_rows(parts[0]) if name == "map" else None
    if rows is None:
        return reader.say("sum", reader.value(arguments[0]))
    source, where = rows
    if where is None:
        return reader.say("sum_of", reader.value(parts[1]), reader.value(source))
    return reader.say("sum_where", reader.value(parts[1]), reader.value(source), within(reader, source, where))


def row_at(reader: Reader, operator: str, arguments: list[Any]) -> str:
    name, parts = opened(arguments[0])
    if name == "map" and opened(parts[1])[0] == "var":
        return reader.say("row_part", reader.value(parts[0]), reader.value(arguments[1]), reader.value(parts[1]))
    return reader.say("row", reader.value(arguments[0]), reader.value(arguments[1]))


def looped(reader: Reader, operator: str, arguments: list[Any]) -> str:
    source, body, *rest = arguments
    said_source = reader.value(source)
    name, parts = opened(body)
    # "Includes at least one of", without speaking of entries.
    if operator in ASKING and name == "in" and parts[0] == {"var": ""} and isinstance(parts[1], list):
        return reader.say(f"includes_{operator}", said_source, reader.value(parts[1], reader.variable_in(source)))
    if operator == "map" and name == "var" and parts:
        return reader.say("each", said_source, reader.value(body))
    if operator in ("map", "reduce"):
        return reader.say(operator, said_source, reader.value(body), *map(reader.value, rest))
    return reader.say(operator, said_source, within(reader, source, body))


def build_rows(expression: Any) -> tuple[Any, Any] | None:
    """Return a list that is a variable, and the condition its rows must meet (None: all rows).

    None for any other list.
    """
    operator, arguments = opened(expression)
    if operator == "var":
        return expression, None
    if operator == "filter" and opened(arguments[0])[0] == "var":
        return arguments[0], arguments[1]
    return None


PHRASES: Mapping[str, Phrase] = {
    "var": lambda reader, operator, arguments: reader.variable(arguments[0] if arguments else ""),
    "!!": lambda reader, operator, arguments: reader.condition(arguments[0]),
    **dict.fromkeys(("and", "or"), joined),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), compared),
    "!": negated,
    "answered": answered,
    "missing": missing,
    "missing_some": missing_some,
    "in": contained,
    "if": chosen,
    **dict.fromkeys(("+", "-", "*"), chained),
    **dict.fromkeys(("min", "max", "cat", "merge", "substr", "coalesce"), listed),
    "matches": matched,
    "join": separated,
    "round": rounded,
    "age_on": aged,
    "add_days": days_apart,
    "date_part": part_of_date,
    "count": counted,
    "sum": summed,
    "row": row_at,
    **dict.fromkeys(LOOPS, looped),
}
