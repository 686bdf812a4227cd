"""From a code, as somebody typed it, to the session whose card it is."""

import datetime
import re

from ..records.models import InformativeSession

CODE = re.compile(r"[0-9A-Z]{8}")
NO_CODE = "--------"  # the code of no card
BETWEEN = re.compile(r"[\s\-‐‑‒–—_.·]+")
# Characters that no code has, and the one that is probably meant. A wrong guess only leads to "not found".
READ_AS = str.maketrans({"0": "Q", "O": "Q", "1": "J", "I": "J", "L": "J", "U": "V"})


def read_code(typed: str) -> str:
    """Normalise a typed code: upper case, no spaces or dashes. "" for what can't be a code at all."""
    code = BETWEEN.sub("", typed).upper().translate(READ_AS)
    return code if CODE.fullmatch(code) else ""


def written(code: str) -> str:
    """Format the code as papers show it, in two halves: 7K2M 9QXB."""
    return f"{code[:4]} {code[4:]}"


def open_card(code: str, on: datetime.date | None = None) -> InformativeSession | None:
    """Return the session whose card this is, while the card is open; else None.

    An unknown code, an ended card and a cancelled session take the same way through here, one query each, so that
    neither the answer nor its time tells them apart. 27^8 codes: at a thousand tries a second, and with ten thousand
    open cards, the first hit is to be expected after eight hours of trying, and it opens a page without secrets.
    """
    sessions = InformativeSession.objects.with_open_card(on).select_related("unit__region", "municipality__region")
    # Queried for an impossible code too: returning early would be faster, and so reveal it.
    return sessions.filter(card_code=read_code(code) or NO_CODE).first()
