"""JSON from outside, read within bounds: no number of thousands of digits, no depth that ends the interpreter."""

import json
from typing import Any

MAX_DIGITS = 30


def parse_json(content: bytes) -> Any:
    """Return the JSON value; None for what is none, or isn't UTF-8, or is nested too deeply."""
    try:
        return json.loads(content.decode("utf-8"), parse_int=_parse_int, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("too long")
    return int(digits)


def _refuse(name: str) -> Any:
    raise ValueError(name)
