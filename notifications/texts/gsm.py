"""The letters of GSM 03.38, in which an SMS is sent, and how many messages a text takes.

160 letters fit into one message; of several, each holds 153, since seven go to what joins them. One letter outside the
alphabet, and all are sent as UCS-2: 70, or 67 of several.
"""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # two letters each
SINGLE, JOINED = 160, 153
SINGLE_WIDE, JOINED_WIDE = 70, 67
# As people type on a phone: Albanian without its marks, and plain signs for the printer's.
_FOLDED = str.maketrans(
    dict(zip("ëËçÇ“”„«»‘’–—\u00a0", 'eEcC"""""\'\'-- ', strict=True)) | {"…": "..."},
)


@dataclass(frozen=True)
class SmsSize:
    """`letters`: as GSM 03.38 counts them, or UTF-16 units where `is_wide`. `messages`: how many are sent and paid."""

    letters: int
    messages: int
    is_wide: bool


def fold(text: str) -> str:
    """Write a text in the letters of GSM 03.38, as people type Albanian on a phone."""
    return text.translate(_FOLDED)


def find_foreign(text: str) -> list[str]:
    """Return the letters that GSM 03.38 doesn't know, each once."""
    return list(dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in EXTENDED))


def count_sms(text: str) -> SmsSize:
    """Count a text as gateways do. A letter of two units is never cut in half between two messages."""
    whole = unicodedata.normalize("NFC", text)
    is_wide = bool(find_foreign(whole))
    sizes = [_get_size(letter, is_wide) for letter in whole]
    single, joined = (SINGLE_WIDE, JOINED_WIDE) if is_wide else (SINGLE, JOINED)
    total = sum(sizes)
    return SmsSize(total, 1 if total <= single else _count_joined(sizes, joined), is_wide)


def _get_size(letter: str, is_wide: bool) -> int:
    if is_wide:
        return 2 if ord(letter) > 0xFFFF else 1
    return 2 if letter in EXTENDED else 1


def _count_joined(sizes: list[int], room: int) -> int:
    messages, used = 1, 0
    for size in sizes:
        if used + size > room:
            messages, used = messages + 1, 0
        used += size
    return messages
