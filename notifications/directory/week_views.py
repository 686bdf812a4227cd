"""The page *The week*: the roster of seven days by role and place, with the way to what fills or changes it."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access.models import User

from .filling.plans import check_day
from .holiday_names import get_holiday_name
from .moments import hours_in_words
from .outlook import ROLES
from .outlook_words import name_offices, name_places, name_role
from .scope import get_partners
from .week import DAYS, WeekDay, WeekLine, WeekRow, build_week, get_monday

A_WEEK = timedelta(days=DAYS)


@method_decorator(never_cache, name="dispatch")
class WeekView(WagtailAdminTemplateMixin, View):
    """Seven days from a Monday on, for the places of this coordinator's regions. A day that can't be is today."""

    page_title = _("The week")
    template_name = "directory/week.html"
    header_icon = "calendar-check"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        assert isinstance(user, User)  # the policy table let nobody else in
        self.mine = frozenset(get_partners(user).values_list("pk", flat=True))
        now = timezone.now()
        monday = get_monday(read_day(request.GET.get("day", "")))
        regions = list(user.coordinated_regions().order_by("name"))
        chosen = [region for region in regions if region.slug == request.GET.get("region")]
        role = request.GET.get("role", "")
        role = role if role in {each.value for each in ROLES} else ""
        rows = build_week(chosen or regions, monday, now, role=role)
        self.kept = {"region": chosen[0].slug if chosen else "", "role": role}
        context = self.get_context_data(
            days=[describe_day(monday + timedelta(days=number)) for number in range(DAYS)],
            roles=[
                {"name": name_role(role), "rows": [self._describe_row(row) for row in its_rows]}
                for role, its_rows in groupby(rows, key=lambda row: row.desk.role)
            ],
            gaps=count_gaps(rows, now),
            monday=monday,
            period=" – ".join(
                date_format(day, "SHORT_DATE_FORMAT") for day in (monday, monday + A_WEEK - timedelta(days=1))
            ),
            earlier=self._build_address(monday - A_WEEK),
            later=self._build_address(monday + A_WEEK),
            this_week=self._build_address(None),
            regions=regions if len(regions) > 1 else [],
            role_choices=[(each.value, name_role(each)) for each in ROLES],
            chosen=self.kept,
        )
        return self.render_to_response(context)

    def _build_address(self, monday: date | None) -> str:
        """Return this page's address for another week; "" beyond the time that a roster is about."""
        kept = {name: value for name, value in self.kept.items() if value}
        if monday is not None:
            if read_day(monday.isoformat()) != monday:
                return ""
            kept["day"] = monday.isoformat()
        return reverse("roster_week") + (f"?{urlencode(kept)}" if kept else "")

    def _describe_row(self, row: WeekRow) -> dict[str, Any]:
        own = [office for office in row.desk.offices if office.pk in self.mine]
        fill = reverse("fill_roster", args=[own[0].pk]) if own else ""
        return {
            "offices": name_offices(row.desk),
            "places": name_places(row.desk.places),
            "fill": fill,
            "is_empty": not row.desk.offices,
            "days": [self._describe_cell(day, fill) for day in row.days],
        }

    def _describe_cell(self, day: WeekDay, fill: str) -> dict[str, Any]:
        leaves = [
            {
                "name": leave.contact.name,
                "address": reverse("leave:edit", args=[leave.pk]) if leave.contact.partner_id in self.mine else "",
            }
            for leave in day.leaves
        ]
        return {
            **describe_day(day.day),
            "lines": [self._describe_line(line, fill) for line in day.lines],
            "leaves": leaves,
        }

    def _describe_line(self, line: WeekLine, fill: str) -> dict[str, Any]:
        shift, contacts = line.shift, line.staffed.contacts
        address = fill if line.is_empty and not line.is_over else ""
        if shift is not None and shift.partner_id in self.mine:
            address = reverse("dutyshift:edit", args=[shift.pk])
        return {
            "hours": hours_in_words(line.staffed.stretch),
            "name": contacts[0].name if contacts else "",
            "deputy": contacts[1].name if len(contacts) > 1 else "",
            "lacks_deputy": line.lacks_deputy,
            "is_empty": line.is_empty,
            "is_over": line.is_over,
            "address": address,
        }


def read_day(text: str) -> date:
    """Read a day as a browser's picker sends it; today where it is none, or none that a roster is about."""
    try:
        day = parse_date(text)
        if day is None:
            return timezone.localdate()
        check_day(day)
    except (ValueError, ValidationError):
        return timezone.localdate()
    return day


def describe_day(day: date) -> dict[str, Any]:
    return {"day": day, "is_today": day == timezone.localdate(), "holiday": get_holiday_name(day)}


def count_gaps(rows: list[WeekRow], now: datetime) -> int:
    """Count the lines of the days to come with nobody, and the desks without an office."""
    empty = sum(line.is_empty and not line.is_over for row in rows for day in row.days for line in day.lines)
    return empty + sum(not row.desk.offices for row in rows)
