"""The reading of values: truth, number, text, equality, order. The twin of the same functions in static/js/logic.js.

Scalars follow JavaScript, as JSON-Logic does. Where JavaScript would say NaN, `undefined` or "[object Object]", the
language says null, null and "" (docs/expressions.md lists the departures).
"""

import math
import re
from decimal import Decimal
from typing import Any

from .limits import Run

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
WHITESPACE = " \t\n\r\v\f"
NOT_A_NUMBER = math.nan


def truthy(value: Any) -> bool:
    """Return JSON-Logic's truth: false, null, 0, "" and [] are false; everything else, "0" and {} included, is true."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value) or isinstance(value, dict)


def number(value: Any) -> float:
    """Read the value as a double; null is 0 and a numeric text counts; lists, objects and other texts are NaN."""
    if value is None:
        return 0.0
    if isinstance(value, int | float):
        try:
            return float(value)
        # A whole number beyond the doubles; JavaScript would read it as infinite.
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if isinstance(value, str):
        stripped = value.strip(WHITESPACE)
        if not stripped:
            return 0.0
        # The pattern first: float() also takes "1_000", "inf" and "nan".
        return float(stripped) if NUMBER.fullmatch(stripped) else NOT_A_NUMBER
    return NOT_A_NUMBER


def operand(value: Any) -> float:
    """Read the value as an operand of arithmetic: like `number`, but nothing (null or an empty text) is no number."""
    if type(value) is float:
        return value
    if value is None or (type(value) is str and not value.strip(WHITESPACE)):
        return NOT_A_NUMBER
    return number(value)


def result(value: float) -> int | float | None:
    """Return a double as a JSON number: whole ones as int, NaN and infinity as null."""
    if not math.isfinite(value):
        return None
    # From 1e21 on JavaScript writes an exponent, and an int would be written out in full.
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def number_text(value: int | float) -> str:
    """Write a number as JavaScript does: 2, 0.5, 1e+21."""
    double = number(value)
    if not math.isfinite(double):
        return ""
    if double.is_integer() and abs(double) < 2**53:
        return str(int(double))
    # The range in which JavaScript writes no exponent; Python's repr has one from 1e16 on and below 1e-4.
    if 1e-6 <= abs(double) < 1e21:
        return format(Decimal(repr(double)), "f").removesuffix(".0")
    mantissa, _, exponent = repr(double).partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def text(value: Any, run: Run) -> str:
    """Read the value as a text: null and objects are empty, a list is its texts with commas between."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        run.spend(len(value) + 1)
        return ",".join("" if isinstance(part, list) else text(part, run) for part in value)
    return ""


def same(left: Any, right: Any, run: Run, depth: int = 0) -> bool:
    """Compare by strict equality.

    Numbers by value, lists and objects by content (64 levels; anything deeper is unequal).
    """
    # Before numbers: in Python True equals 1.
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return number(left) == number(right)
    if isinstance(left, list) and isinstance(right, list):
        run.spend(len(left) + 1)
        return (
            depth < 64
            and len(left) == len(right)
            and all(same(a, b, run, depth + 1) for a, b in zip(left, right, strict=True))
        )
    if isinstance(left, dict) and isinstance(right, dict):
        run.spend(len(left) + 1)
        return (
            depth < 64
            and left.keys() == right.keys()
            and all(same(left[key], right[key], run, depth + 1) for key in left)
        )
    return type(left) is type(right) and left == right


def alike(left: Any, right: Any, run: Run) -> bool:
    """Compare by loose equality.

    Null only equals null; a number, a truth value and a numeric text are compared as numbers.
    """
    if left is None or right is None:
        return left is right
    scalar = (bool, int, float, str)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, scalar) and isinstance(right, scalar):
        return number(left) == number(right)
    return same(left, right, run)


def before(left: Any, right: Any) -> bool:
    """Compare left < right.

    Two texts in the order of their UTF-16 units, anything else as numbers (NaN is never before).
    """
    if isinstance(left, str) and isinstance(right, str):
        # Among ASCII letters the order of code points and of UTF-16 units is the same.
        if left.isascii() and right.isascii():
            return left < right
        return left.encode("utf-16-be", "surrogatepass") < right.encode("utf-16-be", "surrogatepass")
    return number(left) < number(right)


def at_most(left: Any, right: Any) -> bool:
    """Compare left <= right, by the rules of `before`."""
    if isinstance(left, str) and isinstance(right, str):
        return not before(right, left)
    return number(left) <= number(right)


def lookup(data: Any, path: Any) -> Any:
    """Return what stands at a dotted path ("persons.0.age"), or null. An empty path is the data itself."""
    if path is None or path == "" or path == []:
        return data
    if isinstance(path, str):
        if isinstance(data, dict) and "." not in path:
            return data.get(path)
        names = path.split(".")
    elif isinstance(path, bool) or not isinstance(path, int | float):
        return None
    else:
        names = number_text(path).split(".")
    for name in names:
        if isinstance(data, dict):
            data = data.get(name)
        # isascii: isdigit() also says yes to ² and to Arabic digits. Under ten digits: int() of a long text is slow.
        elif isinstance(data, list) and name.isascii() and name.isdigit() and len(name) < 10:
            position = int(name)
            data = data[position] if position < len(data) else None
        else:
            return None
    return data


def is_nothing(value: Any) -> bool:
    """Return whether there is no answer: null, "", [] or {}."""
    return value is None or (isinstance(value, str | list | dict) and not value)
