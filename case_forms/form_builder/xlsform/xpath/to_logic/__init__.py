"""XPath to JSON-Logic. The meaning stays the same, that of a missing answer too: docs/xlsform.md has the table.

An unanswered question is an empty text to XPath, and no number; here it is null, and null counts as 0 in an order.
Where that makes a difference the converted expression asks `answered` first.
"""

from typing import Any

from ..elements import Element, FormElements
from ..parser import parse
from . import choice_functions, comparisons, idioms, row_functions, scalar_functions  # each registers what it converts
from .converter import Converter
from .typed import TypedLogic

__all__ = ["Converter", "TypedLogic", "choice_functions", "comparisons", "convert_condition", "convert_value", "idioms",
           "row_functions", "scalar_functions"]  # fmt: skip


def convert_value(written: str, form: FormElements, here: Element, **context: Any) -> TypedLogic:
    """Convert an expression to its value where `here` stands. Raises XPathError, and nothing else.

    `context`: see Scope.
    """
    return Converter(form, here, **context).scalar(parse(written))


def convert_condition(written: str, form: FormElements, here: Element, **context: Any) -> Any:
    """Convert to JSON-Logic that is true when the expression is. Raises XPathError, and nothing else."""
    return Converter(form, here, **context).boolean(parse(written)).logic
