"""Telephone numbers: find them in text, compare them, and know those that come from reference data only.

Reserved are 112, 127, 128, 129 and 116 xxx (content/data/reserved_numbers.json).
"""

import json
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "reserved_numbers.json"
# What has digits and is no telephone number: dates, times, laws, years, sums, percentages.
NOT_A_NUMBER = re.compile(
    r"""
      (?<![\d+./-])\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b(?![./-]\d)    # 24.11.2026
    | \b\d{4}-\d{2}-\d{2}\b                        # 2026-11-24
    | \b\d{1,2}[.:]\d{2}\b                         # 08:30
    | \b\d{1,5}\s?/\s?\d{4}\b                      # 499/2018
    | \b(?:1[89]|20)\d\d\s?[-–—/]\s?(?:1[89]|20)?\d\d\b    # 2024-2026
    | \b(?:ligj\w*|law|vkm|dcm|nr|no|neni\w*|nenet|articles?|art|kod\w*|iso|faqe\w*|pages?)
      \.?\s*(?:nr\.?\s*)?\d[\d./-]*              # neni 110/a, ligji nr. 9669
    | \b\d[\d .,]*\s?(?:%|‰|€|\$|lek\b|lekë\b|all\b|euro\b|eur\b|vjeç|vjet|persona|people|raste|cases)
    """,
    re.IGNORECASE | re.VERBOSE,
)
CANDIDATE = re.compile(r"(?<![\w+])(?:\+|00)?\(?\d(?:[\d\s()./\-\u00a0\u2011–]*\d)?(?!\w)")
SUM = re.compile(r"^[1-9]\d{0,2}(?:[ .\u00a0]\d{3})+$")
MAX_DIGITS = 15  # of any telephone number in the world
MIN_DIGITS = 6  # of a number that nobody has entered as a hotline


@cache
def _load_reserved() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return facts


def is_reserved(number: str) -> bool:
    """Return whether the number is reserved, however it is written: `116 111`, `+355 116 111`."""
    digits = strip_country_code(number)
    facts = _load_reserved()
    in_range = any(len(digits) == each["digits"] and digits.startswith(each["begins"]) for each in facts["ranges"])
    return digits in facts["numbers"] or in_range


def strip_country_code(number: str) -> str:
    """Return the digits without the country code."""
    digits = "".join(each for each in number if each.isdigit())
    if number.strip().startswith("+355"):
        return digits.removeprefix("355")
    return digits.removeprefix("00355")


def get_digits(number: str) -> str:
    """Return the digits as they are dialled here: `+355 4 ...`, `00355 4 ...` and `04 ...` are the same number."""
    digits = "".join(each for each in number if each.isdigit())
    if number.strip().startswith("+355") or digits.startswith("00355"):
        digits = "0" + digits.removeprefix("00").removeprefix("355")
    return digits


def find_numbers(text: str, *, known: Collection[str] = ()) -> list[str]:
    """Return what looks like a telephone number, as written; short ones (129) only when `known` has their digits."""
    # Replaced letter for letter, so that what stands on both sides of a date isn't joined to one number.
    left = NOT_A_NUMBER.sub(lambda match: "·" * len(match[0]), text)
    found = []
    for match in CANDIDATE.finditer(left):
        written = match[0].strip()
        digits = get_digits(written)
        if digits in known or _looks_like_a_number(written, digits):
            found.append(written)
    return found


def _looks_like_a_number(written: str, digits: str) -> bool:
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        return False
    # "1 500 000" is a sum of money; "116 111" is written the same way and is a number to call.
    is_sum = SUM.match(written) and not digits.startswith("116") and len(digits) < 9
    return not is_sum
