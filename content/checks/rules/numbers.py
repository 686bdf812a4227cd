"""Telephone numbers in running text, where they can't disappear by themselves."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from ..facts import Facts, get_digits
from ..findings import STOP, WARN, Finding
from ..pieces import Pieces

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
FEWEST_DIGITS = 6  # of a number nobody has written down as a line


def check(pieces: Pieces, facts: Facts) -> Iterator[Finding]:
    for each in [*pieces.words, *(seen for seen in pieces.seen if not seen.is_address)]:
        for number in numbers_in(each.text, facts):
            yield _finding(number, each.place, facts)
    for kind, target, _text, place in pieces.links:
        if kind == "address" and target.lower().startswith(("tel:", "sms:", "callto:", "whatsapp:")):
            yield _finding(target.partition(":")[2], place, facts)


def numbers_in(text: str, facts: Facts) -> list[str]:
    """What looks like a telephone number. Short ones (129) only when a line has them."""
    left = NOT_A_NUMBER.sub(lambda match: "·" * len(match[0]), text)
    found = []
    for match in CANDIDATE.finditer(left):
        written = match[0].strip()
        digits = get_digits(written)
        if digits in facts.numbers or _looks_like_one(written, digits):
            found.append(written)
    return found


def _looks_like_one(written: str, digits: str) -> bool:
    if not FEWEST_DIGITS <= len(digits) <= MAX_DIGITS:
        return False
    is_sum = SUM.match(written) and not digits.startswith("116") and len(digits) < 9
    return not is_sum


def _finding(number: str, place: str, facts: Facts) -> Finding:
    shown = facts.numbers.get(get_digits(number))
    if shown:
        words = _("A telephone number in the text. Use the block “Helpline”: it disappears when it must.")
        return Finding("number_in_text", words, place, number, WARN)
    if shown is None:
        words = _("Nobody has verified this number. Enter it under “Helplines”, or remove it.")
    else:
        words = _("This helpline may not be shown to readers now. Remove the number, or have the helpline tested.")
    return Finding("unverified_number", words, place, number, STOP)
