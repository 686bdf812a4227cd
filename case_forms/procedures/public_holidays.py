"""The public holidays by which calendars close, from the package `holidays`, which knows Albania's.

Without the package nobody knows them: the checker then refuses calendars that close on them (`holidays_unknown`), so
that no deadline is ever computed as if there were none.
"""

import importlib
from collections.abc import Container
from datetime import date
from functools import cache

from .clocks import Holidays

COUNTRY = "AL"


class CountryHolidays:
    """The public holidays of one country, as the package has them: a container of days that fills itself by year."""

    def __init__(self, days: Container[date]) -> None:
        self.days = days

    def is_holiday(self, day: date) -> bool:
        return day in self.days


@cache
def get_public_holidays() -> Holidays | None:
    """Return Albania's public holidays; None when the package isn't installed."""
    try:
        package = importlib.import_module("holidays")
    except ModuleNotFoundError:
        return None
    return CountryHolidays(package.country_holidays(COUNTRY))
