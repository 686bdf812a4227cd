"""What is due for one person, for their own calendar: moments alone (`outreach_pages.records.calendar_tasks`)."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q

from access.models import User
from audit import clock
from notifications.directory.models import Role
from outreach_pages.records.calendar_tasks import MAX_TASKS, DueMoment, register_moments

from .scope import MINE, DayFilter, get_cases
from .sources import due_duties

BACK, AHEAD = timedelta(days=14), timedelta(days=400)  # the last follow-up is due after a year


def iter_due_moments(user: User) -> Iterator[DueMoment]:
    """Yield when the person's own duties are due: of the cases that they lead, and what a coordinator has to do.

    Not the whole unit's, which a calendar couldn't tell apart: the page does.
    """
    now = clock.now()
    led = get_cases(user, DayFilter(worker=MINE)).values("pk")
    coordinated = get_cases(user, DayFilter()).filter(_near(user)).values("pk")
    is_led = Q(case__in=led, owner__in=("", Role.MOBILE_UNIT.value))
    is_coordinators = Q(case__in=coordinated, owner=Role.COORDINATOR.value)
    duties = due_duties(get_cases(user, DayFilter())).filter(is_led | is_coordinators)
    soon = duties.filter(due__gte=now - BACK, due__lt=now + AHEAD).order_by("due", "pk")
    for pk, due in soon.values_list("pk", "due")[: MAX_TASKS + 1]:
        yield DueMoment(f"duty {pk}", due)


def _near(user: User) -> Q:
    regions = user.coordinated_regions().values("pk")
    return Q(region__in=regions) | Q(unit__region__in=regions)


def register() -> None:
    """Let calendars have what is due in cases."""
    register_moments(iter_due_moments)
