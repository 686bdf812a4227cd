"""Put values into a text's placeholders, and clean what somebody typed before it stands in a message."""

import re
import unicodedata
from collections.abc import Mapping

from .placeholders import PLACEHOLDERS
from .suspicious import is_suspicious

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class NotFilled(Exception):
    """Raised for a text with a placeholder that has no value here. Names the placeholder, no text and no value."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its values. Only whole placeholders are replaced, and what a value holds stays as it is.

    Raises NotFilled.
    """
    return PLACEHOLDER.sub(lambda found: _get_value(found[1], values), text)


def _get_value(name: str, values: Mapping[str, str]) -> str:
    if name not in values or name not in PLACEHOLDERS:
        raise NotFilled(name)
    return values[name]


def clean(name: str, value: str, instead: str = "") -> str:
    """Return what somebody typed elsewhere (a unit's name or number) as it may stand in a message.

    One line, without signs that nobody sees, and not longer than its placeholder allows. A name with a link, an address
    or a telephone number in it would lead a recipient elsewhere, so `instead` stands in its place.
    """
    visible = "".join(" " if letter.isspace() else letter for letter in value if letter.isspace() or _is_seen(letter))
    line = " ".join(visible.split())
    # In brackets, as it may stand in a sentence: what ends with a colon becomes a link by the sign that follows it.
    if name != "phone" and is_suspicious(f"({line})"):
        line = instead
    longest = PLACEHOLDERS[name].length()
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter)[0] != "C"


def find_names(text: str) -> list[str]:
    """Return the placeholders of a text, each once, in their order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def get_longest(text: str) -> str:
    """Return the text with the longest values that its placeholders can have. Raises NotFilled."""
    return fill(text, {name: PLACEHOLDERS[name].get_longest() for name in find_names(text) if name in PLACEHOLDERS})


def get_sample(text: str) -> str:
    """Return the text with made-up values in the active language. Raises NotFilled."""
    return fill(text, {name: PLACEHOLDERS[name].sample() for name in find_names(text) if name in PLACEHOLDERS})
