"""Numbers that come from reference data only: 112, 127, 128, 129 and 116 xxx (content/data/reserved_numbers.json)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "reserved_numbers.json"


@cache
def _reserved() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return facts


def is_reserved(number: str) -> bool:
    """However it is written: `116 111`, `+355 116 111`."""
    digits = plain(number)
    facts = _reserved()
    in_range = any(len(digits) == each["digits"] and digits.startswith(each["begins"]) for each in facts["ranges"])
    return digits in facts["numbers"] or in_range


def plain(number: str) -> str:
    digits = "".join(each for each in number if each.isdigit())
    if number.strip().startswith("+355"):
        return digits.removeprefix("355")
    return digits.removeprefix("00355")


def numbers_in(text: str) -> list[str]:
    """What looks like a telephone number in a text, as it is written there."""
    from ..checks.facts import Facts
    from ..checks.rules import numbers

    return numbers.numbers_in(text, Facts(numbers={}, avoided=(), loud=()))
