"""The public holidays by which calendars close, from the package `holidays`, which knows Albania's."""

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
def get_public_holidays() -> Holidays:
    """Return Albania's public holidays."""
    # Not with the module: it takes a tenth of a second of each process's start, and most never ask.
    from holidays import country_holidays

    return CountryHolidays(country_holidays(COUNTRY))
