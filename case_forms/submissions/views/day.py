"""The day of whoever is signed in: what is overdue, due today and this week, what was answered, and what waits."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import get_current_language
from access.models import User
from access.reach import list_regions_shown, read_reach, reads_once
from access.short_lists import ShortList, shorten
from audit import clock
from case_forms.cases.closing.shown import describe_home
from case_forms.cases.days.day import ANSWERED, ON_DAY, ON_PART, OVERDUE, PARTS, TODAY, WEEK, Day, build_part
from case_forms.cases.days.scope import DayFilter, list_choices, read_day_cases
from case_forms.cases.days.window import Window, get_window
from case_forms.cases.finding.home import build_home
from case_forms.cases.rights.shown import describe_home as describe_rights_home
from case_forms.session_requests.reading import list_for_home
from case_forms.session_rules.waiting import list_for_day
from case_forms.tips.dashboard import lines_for_home
from case_forms.zones.models import PlannedVisit
from outreach_pages.records.labels import SessionState
from outreach_pages.records.models import InformativeSession

from .page import frame, staff

MAX_PLANNED = 20
HEADINGS: dict[str, Promise] = {
    OVERDUE: _("Overdue"),
    TODAY: _("Today"),
    WEEK: _("The next seven days"),
    ANSWERED: _("Answered and done since yesterday"),
}
EMPTY: dict[str, Promise] = {
    OVERDUE: _("Nothing is overdue."),
    TODAY: _("Nothing more is due today."),
    WEEK: _("Nothing is due in the next seven days."),
    ANSWERED: _("No answers, and nothing done, since yesterday."),
}


@reads_once
def day(request: HttpRequest) -> HttpResponse:
    """Show all parts of the day, or one of them in pages."""
    user = staff(request)
    wanted = DayFilter.asked(request.GET)
    window = get_window(clock.now())
    whole_day = Day(read_day_cases(user, wanted), window)
    part = request.GET.get("part", "")
    part = part if part in PARTS else ""
    if part:
        parts = [build_part(part, whole_day, number=request.GET.get("page"), size=ON_PART)]
    else:
        parts = [build_part(each, whole_day, size=ON_DAY) for each in PARTS]
    context: dict[str, Any] = frame(
        request,
        wanted=wanted,
        window=window,
        part=part,
        parts=[(each, HEADINGS[each.name], EMPTY[each.name]) for each in parts],
        choices=list_choices(user),
        regions=list_regions_shown(user),
        own_units=set(read_reach(user).units),
        filter_query=_query(request),
    )
    if not part:
        context |= {
            "sessions": _sessions(user, wanted, window),
            "session_tasks": list_for_day(user, unit=wanted.unit, most=MAX_PLANNED),
            "visits": _visits(user, wanted, window),
            "tips": lines_for_home(user),
            "session_requests": list_for_home(user, get_current_language()),
            "finding": build_home(user),
            **describe_home(user),
            **describe_rights_home(user),
        }
    return render(request, "submissions/day.html", context)


def _query(request: HttpRequest) -> str:
    """Return the filter of this address as a query string, for links to its other parts and pages."""
    asked = request.GET.copy()
    for name in ("part", "page"):
        asked.pop(name, None)
    return asked.urlencode()


def _sessions(user: User, wanted: DayFilter, window: Window) -> ShortList[InformativeSession]:
    last = window.today + timedelta(days=7)
    found = InformativeSession.objects.visible_to(user).filter(
        date__gte=window.today, date__lte=last, state=SessionState.PLANNED
    )
    if wanted.unit:
        found = found.filter(unit__slug=wanted.unit)
    return shorten(found.select_related("municipality", "unit").order_by("date", "starts_at", "pk"), MAX_PLANNED)


def _visits(user: User, wanted: DayFilter, window: Window) -> ShortList[PlannedVisit]:
    last = window.today + timedelta(days=7)
    found = PlannedVisit.objects.visible_to(user).not_cancelled().filter(on__gte=window.today, on__lte=last)
    if wanted.unit:
        found = found.filter(unit__slug=wanted.unit)
    return shorten(found.select_related("zone__municipality", "unit").order_by("on", "pk"), MAX_PLANNED)
