"""Quarters of a year, as they are in Tirana."""

from dataclasses import dataclass
from datetime import date, datetime

from notifications.directory.moments import get_midnight

QUARTERS = 8  # that can be chosen: this one and those before


@dataclass(frozen=True)
class Quarter:
    """A quarter of a year, as it is in Tirana."""

    year: int
    number: int

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def before(self) -> "Quarter":
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    @property
    def key(self) -> str:
        return f"{self.year}-{self.number}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its first moment and the first one after it."""
        return get_midnight(self.first_day), get_midnight(self.next.first_day)

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)


def list_quarters(today: date) -> list[Quarter]:
    """Return the quarters that can be chosen, the newest first."""
    found = [Quarter.of(today)]
    while len(found) < QUARTERS:
        found.append(found[-1].before)
    return found
