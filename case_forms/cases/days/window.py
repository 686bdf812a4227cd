"""The stretches of time that a day's page is divided into, by Albania's calendar and clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from case_forms.procedures.clocks import ZONE
from case_forms.procedures.public_holidays import get_public_holidays

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Window:
    """Today, seen from one moment: `now`, the midnights around it, and the end of the seven days that follow."""

    now: datetime
    today: date
    yesterday_begins: datetime
    tomorrow_begins: datetime
    week_ends: datetime

    @property
    def is_public_holiday(self) -> bool:
        return get_public_holidays().is_holiday(self.today)


def get_window(now: datetime) -> Window:
    """Return the window of this moment. A day has 23 or 25 hours when the clocks change: midnights are computed."""
    today = now.astimezone(ZONE).date()
    return Window(
        now=now,
        today=today,
        yesterday_begins=_midnight(today - timedelta(days=1)),
        tomorrow_begins=_midnight(today + timedelta(days=1)),
        week_ends=_midnight(today + timedelta(days=1) + WEEK),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZONE)
