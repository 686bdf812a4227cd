"""Find in a text what could lead a recipient elsewhere: links, addresses, telephone numbers.

The only link, address or number in a message is one that the service puts there itself. A colleague who means ill would
otherwise have an officer read on another page, or call somebody else.
"""

import re

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]|//|\\|\bwww\b", re.IGNORECASE)
# Letters on both sides of a dot without a space: how every host is written.
_HOST = re.compile(r"[^\W_][\w-]*\.[^\W\d_][\w-]+", re.UNICODE)
_ABBREVIATIONS = re.compile(r"\b(?:p\.sh|d\.m\.th|e\.g|i\.e)\.", re.IGNORECASE)
# Digits with anything but letters between them: three are a number of the police or of a helpline already.
_DIGITS = re.compile(r"\d(?:[\W_]*\d){2,}", re.UNICODE)


def has_link(text: str) -> bool:
    """Tell whether it holds what a mail program or a phone would make a link of."""
    rest = _ABBREVIATIONS.sub(" ", text)
    return bool(_SCHEME.search(rest) or _HOST.search(rest))


def has_address(text: str) -> bool:
    return "@" in text or "＠" in text


def has_number(text: str) -> bool:
    return bool(_DIGITS.search(text))


def is_suspicious(text: str) -> bool:
    return has_link(text) or has_address(text) or has_number(text)
