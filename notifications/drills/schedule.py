"""When a region's drill is due: by its plan, in the hours of working days of Tirana. Reads nothing but the plan."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils import timezone

from notifications.directory.holiday_names import get_holiday_name

from .models import DrillPlan

MAX_MONTHS = 12  # of which a drill is called missed, however long the service stood still


def get_month(day: date) -> str:
    """Return the month's key, such as "2026-11"."""
    return f"{day:%Y-%m}"


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not get_holiday_name(day)


def get_first_day(plan: DrillPlan, month: date) -> date:
    """Return the first working day from the plan's day on; the last one before it where the month has none left."""
    wanted = month.replace(day=plan.day)
    day = wanted
    while day.month == wanted.month:
        if is_working_day(day):
            return day
        day += timedelta(days=1)
    day = wanted
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def get_first_moment(plan: DrillPlan, month: date) -> datetime:
    """Return from when on the month's drill is due."""
    return timezone.make_aware(datetime.combine(get_first_day(plan, month), plan.hours_from))


def is_in_hours(plan: DrillPlan, now: datetime) -> bool:
    """Tell whether a drill by plan may begin now."""
    local = timezone.localtime(now)
    return is_working_day(local.date()) and plan.hours_from <= local.time() < plan.hours_until


def is_due(plan: DrillPlan, now: datetime) -> bool:
    """Tell whether this month's drill may begin now, if it hasn't been held: on its day, or on a later one."""
    return plan.is_on and is_in_hours(plan, now) and now >= get_first_moment(plan, timezone.localdate(now))


def get_next_day(plan: DrillPlan, now: datetime, held: set[str]) -> date | None:
    """Return the day of the next drill; None without a plan. `held`: months that have had one."""
    if not plan.is_on:
        return None
    today = timezone.localdate(now)
    if get_month(today) not in held:
        day = max(get_first_day(plan, today), today)
        while day.month == today.month:
            ends = timezone.make_aware(datetime.combine(day, plan.hours_until))
            if is_working_day(day) and now < ends:
                return day
            day += timedelta(days=1)
    return get_first_day(plan, get_next_month(today))


def iter_over(plan: DrillPlan, now: datetime) -> Iterator[date]:
    """Yield the months that are over and should have had a drill, by their first day, the oldest first."""
    if not plan.is_on or plan.on_since is None:
        return
    this = timezone.localdate(now).replace(day=1)
    month = max(timezone.localdate(plan.on_since).replace(day=1), _go_back(this, MAX_MONTHS))
    while month < this:
        # One that was switched on after its day had the rest of the month; too little of it to call that missed.
        if get_first_moment(plan, month) >= plan.on_since:
            yield month
        month = get_next_month(month)


def get_next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _go_back(month: date, count: int) -> date:
    for _each in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
    return month
