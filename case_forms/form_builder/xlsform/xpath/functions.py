"""The functions of XPath that XLSForms use. What has no counterpart is refused with its reason, never guessed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import functions_days as days
from . import functions_numbers as numbers
from . import functions_texts as texts
from . import functions_truth as truth
from .nodes import Call, XPathError
from .typed import Typed, literal, made
from .values import as_text

if TYPE_CHECKING:
    from .converting import Converter

Function = Callable[["Converter", Call], Typed]
FROM_FILES = frozenset({"pulldata", "instance", "search", "last-saved"})


def call(converter: "Converter", node: Call) -> Typed:
    """Raises XPathError: unknown_function, wrong_arguments, and what the function itself can't take."""
    if node.name in FROM_FILES:
        raise XPathError("from_a_file", node.at, name=node.name)
    if node.name not in FUNCTIONS:
        raise XPathError("unknown_function", node.at, name=node.name[:60])
    fewest, most, function = FUNCTIONS[node.name]
    if not fewest <= len(node.arguments) <= most:
        raise XPathError("wrong_arguments", node.at, name=node.name)
    return function(converter, node)


def _constant(value: bool) -> Function:
    return lambda converter, node: literal(value)


def _from_text(converter: "Converter", node: Call) -> Typed:
    value = converter.scalar(node.arguments[0])
    if value.kind in ("boolean", "yesno"):
        return value.as_kind("boolean")
    return made("in", as_text(value, node.at), ["true", "1"], kind="boolean")


# name: (fewest arguments, most, how it converts)
FUNCTIONS: dict[str, tuple[int, int, Function]] = {
    "true": (0, 0, _constant(True)),
    "false": (0, 0, _constant(False)),
    "not": (1, 1, truth.not_),
    "boolean": (1, 1, truth.boolean),
    "boolean-from-string": (1, 1, _from_text),
    "if": (3, 3, truth.if_),
    "coalesce": (2, 2, truth.coalesce),
    "selected": (2, 2, truth.selected),
    "count-selected": (1, 1, truth.count_selected),
    "selected-at": (2, 2, truth.selected_at),
    "jr:choice-name": (2, 2, truth.choice_name),
    "concat": (0, 200, texts.concat),
    "string": (1, 1, texts.string),
    "string-length": (1, 1, texts.string_length),
    "regex": (2, 2, texts.regex),
    "contains": (2, 2, texts.contains),
    "starts-with": (2, 2, texts.starts_with),
    "ends-with": (2, 2, texts.ends_with),
    "substr": (2, 3, texts.substr),
    "number": (1, 1, numbers.number),
    "int": (1, 1, numbers.int_),
    "round": (1, 2, numbers.round_),
    "abs": (1, 1, numbers.abs_),
    "pow": (2, 2, numbers.pow_),
    "min": (1, 200, numbers.extreme),
    "max": (1, 200, numbers.extreme),
    "count": (1, 1, numbers.count),
    "count-non-empty": (1, 1, numbers.count_non_empty),
    "sum": (1, 1, numbers.sum_),
    "join": (2, 200, numbers.join),
    "position": (0, 1, numbers.position),
    "indexed-repeat": (3, 5, numbers.indexed_repeat),
    "today": (0, 0, days.today),
    "now": (0, 0, days.now),
    "date": (1, 1, days.get_date),
    "date-time": (1, 1, days.date_time),
    "format-date": (2, 2, days.format_date),
    "format-date-time": (2, 2, days.format_date),
    "decimal-date-time": (1, 1, days.decimal_date_time),
    "decimal-time": (1, 1, days.decimal_time),
}
