"""Statistics of held sessions: by month, region, audience, sex and age group, and what the sessions led to."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.csv_files import Cell as CsvCell
from access.csv_files import iter_csv
from access.models import Region, User

from .calendar import get_last_day
from .conversions import LABELS, Conversions, count_conversions
from .labels import AgeGroup, Audience, Sex
from .models import InformativeSession, SessionCount, SessionQuerySet

MIN_ANONYMOUS = 10  # a smaller number may identify people, and stays inside the organisation
Cell = tuple[str, str]


class StatisticsForm(forms.Form):
    """The months and the region. Default: this year, all that the person may see."""

    since = forms.DateField(
        label=gettext_lazy("From the month"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput({"type": "month", "placeholder": "2026-01"}, format="%Y-%m"),
    )
    until = forms.DateField(
        label=gettext_lazy("To the month"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput({"type": "month", "placeholder": "2026-12"}, format="%Y-%m"),
    )
    region = forms.ModelChoiceField(
        Region.objects.none(),
        label=gettext_lazy("Region"),
        required=False,
        to_field_name="slug",
        empty_label=gettext_lazy("all"),
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("For whom"), required=False, choices=[("", gettext_lazy("all")), *Audience.choices]
    )

    def __init__(self, data: Any, *, user: User) -> None:
        today = timezone.localdate()
        asked = data.copy()
        asked.setdefault("since", f"{today:%Y}-01")
        asked.setdefault("until", f"{today:%Y-%m}")
        super().__init__(asked)
        seen = InformativeSession.objects.visible_to(user).order_by()
        regions = Region.objects.filter(pk__in=seen.values("municipality__region"))
        self.fields["region"].queryset = regions  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].error_messages["invalid"] = _("Write a month as 2026-11.")
        if len(regions) < 2:
            del self.fields["region"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This month is before the first one."))
        return cleaned

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """Apply the filters; only for a valid form."""
        chosen = self.cleaned_data
        if since := chosen.get("since"):
            sessions = sessions.filter(date__gte=since)
        if until := chosen.get("until"):
            sessions = sessions.filter(date__lte=get_last_day(until))
        if region := chosen.get("region"):
            sessions = sessions.in_region(region)
        if audience := chosen.get("audience"):
            sessions = sessions.filter(audience=audience)
        return sessions


@dataclass
class MonthRow:
    """One month, region and audience: how many sessions, and who came to them."""

    month: datetime.date
    region: str
    audience: str
    sessions: int = 0
    cells: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    conversions: Conversions = field(default_factory=Conversions)

    @property
    def audience_label(self) -> str:
        return str(Audience(self.audience).label)

    @property
    def people(self) -> int:
        return sum(self.cells.values())

    def of_sexes(self) -> list[int]:
        return [sum(self.cells.get((sex.value, age.value), 0) for age in AgeGroup) for sex in Sex]

    def of_ages(self) -> list[int]:
        return [sum(self.cells.get((sex.value, age.value), 0) for sex in Sex) for age in AgeGroup]


@dataclass
class Statistics:
    """The rows in order, and their totals."""

    rows: list[MonthRow]

    def __post_init__(self) -> None:
        self.sessions = sum(row.sessions for row in self.rows)
        self.cells: dict[Cell, int] = defaultdict(int)
        for row in self.rows:
            for cell, number in row.cells.items():
                self.cells[cell] += number
        self.people = sum(self.cells.values())
        self.conversions = sum((row.conversions for row in self.rows), Conversions())

    @property
    def has_small(self) -> bool:
        shown = (number for row in self.rows for number in (*row.cells.values(), *row.conversions.numbers))
        return any(0 < number < MIN_ANONYMOUS for number in shown)

    def matrix(self) -> list[dict[str, Any]]:
        """Return the rows of the table of age by sex, the sums in the last row and column."""
        rows = [self._row(age.label, [self.cells.get((sex.value, age.value), 0) for sex in Sex]) for age in AgeGroup]
        sums = [sum(self.cells.get((sex.value, age.value), 0) for age in AgeGroup) for sex in Sex]
        return [*rows, self._row(_("all ages"), sums)]

    @staticmethod
    def _row(label: Any, numbers: list[int]) -> dict[str, Any]:
        return {"label": label, "numbers": [*numbers, sum(numbers)]}


def build_statistics(sessions: SessionQuerySet) -> Statistics:
    """Count the sessions that took place, in a handful of queries however many there are."""
    held = sessions.took_place().order_by()
    months: dict[tuple[datetime.date, str, str], MonthRow] = {}
    sessions_by = held.values("audience", month=TruncMonth("date"), region=F("municipality__region__name"))
    for row in sessions_by.annotate(number=Count("pk")):
        key = (row["month"], row["region"], row["audience"])
        months[key] = MonthRow(*key, sessions=row["number"])
    counts = SessionCount.objects.order_by().filter(session__in=held.values("pk"))
    grouped = counts.values(
        "sex",
        "age_group",
        audience=F("session__audience"),
        month=TruncMonth("session__date"),
        region=F("session__municipality__region__name"),
    ).annotate(number_of=Sum("number"))
    for cell in grouped:
        month = months[cell["month"], cell["region"], cell["audience"]]
        month.cells[cell["sex"], cell["age_group"]] += cell["number_of"]
    conversions = count_conversions(held)
    for pk, *key in held.values_list("pk", TruncMonth("date"), "municipality__region__name", "audience"):
        months[tuple(key)].conversions += conversions.get(pk, Conversions())
    audiences = [value for value, _label in Audience.choices]
    return Statistics(sorted(months.values(), key=lambda row: (row.month, row.region, audiences.index(row.audience))))


def build_csv(numbers: Statistics) -> bytes:
    """Return a table for a spreadsheet.

    A row for each month, region and audience, a column for each sex and age group, and one for each step from session
    to case.
    """
    return b"".join(iter_csv(_iter_csv_rows(numbers)))


def _iter_csv_rows(numbers: Statistics) -> Iterator[Sequence[CsvCell]]:
    """Yield the rows of the CSV file, with a note on small numbers at the end."""
    heads = [_("month"), _("region"), _("for whom"), _("sessions"), _("participants")]
    yield [*heads, *(f"{sex.label}, {age.label}" for sex, age in _iter_cells()), *map(str, LABELS)]
    for row in numbers.rows:
        cells = [row.cells.get((sex.value, age.value), 0) for sex, age in _iter_cells()]
        place: list[CsvCell] = [
            f"{row.month:%Y-%m}",
            row.region,
            str(row.audience_label),
            row.sessions,
            row.people,
        ]
        yield [*place, *cells, *row.conversions.numbers]
    if numbers.has_small:
        yield []
        yield [get_small_numbers_note()]


def get_small_numbers_note() -> str:
    """Return the warning about small numbers."""
    return _(
        "Numbers below %(small)s can identify people: use them only inside the organisation. Before you pass "
        "this on, leave them out, and with each one another number of its row, so that it can't be worked "
        "out."
    ) % {"small": MIN_ANONYMOUS}


def _iter_cells() -> Iterator[tuple[Sex, AgeGroup]]:
    return ((sex, age) for sex in Sex for age in AgeGroup)
