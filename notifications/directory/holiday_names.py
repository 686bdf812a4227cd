"""The names of Albania's public holidays, for whoever looks at a week of the roster."""

from datetime import date
from functools import cache
from typing import Any

from access.languages import get_current_language

COUNTRY = "AL"
LIBRARY_LANGUAGES = {"sq": "sq", "en": "en_US"}  # what the package calls ours


def get_holiday_name(day: date) -> str:
    """Return the name of a public holiday in the active language; "" for any other day."""
    return str(_read_names(LIBRARY_LANGUAGES.get(get_current_language(), "en_US")).get(day) or "")


@cache
def _read_names(language: str) -> Any:
    # Not with the module: it takes a tenth of a second of each process's start, and most never ask.
    from holidays import country_holidays

    return country_holidays(COUNTRY, language=language)
