"""Validator of free texts: they may contain nothing that identifies one person.

Telephone numbers, e-mail addresses, profiles and numbers of identity documents are refused. A name can't be told from a
place for certain, so what looks like one is only asked about (`likely_names`).
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d\b")
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@.]", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?:^|[\s(,;:])@\w{2,}|\b(?:facebook|fb|instagram|tiktok|snapchat|t|wa)\.(?:com|me)/", re.IGNORECASE
)
_PAPER = re.compile(r"\b[A-Z]\s?\d{8}\s?[A-Z]\b|\b[A-Z]{2}\s?\d{7}\b", re.IGNORECASE)
# With a country code, an area code, or as a mobile number without its zero; else eight digits in a row.
_PHONE = re.compile(r"(?:\+|\b0|\b6[6-9])(?:[\s()./-]{0,2}\d){6,}|\d{8,}")


def plain(text: str) -> str:
    """Normalise look-alike digits and remove invisible characters, so that no number hides behind them."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def details_in(text: str) -> list[str]:
    """Return what identifies one person in this text: some of email, profile, paper, phone."""
    told = plain(text)
    # A date or a span of years has as many digits as a telephone number.
    without_dates = _DATE.sub(" ", told)
    found = {
        "email": _EMAIL.search(told),
        "profile": _PROFILE.search(told),
        "paper": _PAPER.search(without_dates),
        "phone": _PHONE.search(without_dates),
    }
    return [kind for kind, match in found.items() if match]


def without_details(text: str) -> None:
    """Refuse a text with such details. Raises ValidationError, which never repeats what was written."""
    words = {
        "email": _("Remove the e-mail address."),
        "profile": _("Remove the profile or user name."),
        "paper": _("Remove the number of the identity document."),
        "phone": _("Remove the telephone number."),
    }
    found = details_in(text)
    if found:
        why = _("Nothing that could identify a person is stored with a session.")
        raise ValidationError([*(ValidationError(words[kind], code=kind) for kind in found), why])
