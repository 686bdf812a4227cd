"""Statistics of held sessions: by month, region, audience, sex and age group, and what the sessions led to.

What is shown together, on the page and in the file, hides small numbers together (`access.small_numbers`).
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Count, F
from django.db.models import Sum as Added
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.csv_files import Cell as CsvCell
from access.csv_files import iter_csv
from access.models import Region, User
from access.small_numbers import MIN_SHOWN, Sum, find_hidden

from .calendar import get_last_day
from .conversions import BY_CARD, LABELS, SOON, Conversions, count_conversions
from .labels import AgeGroup, Audience, Sex
from .models import InformativeSession, SessionCount, SessionQuerySet

Cell = tuple[str, str]  # sex, age group
CELLS = [(sex.value, age.value) for sex in Sex for age in AgeGroup]
# ("cell", sex, age group), ("sex", sex), ("age", age group), ("people",), ("step", which) or ("later",)
Name = tuple[str | int, ...]
Key = tuple[int, Name]  # the line's place, and which of its numbers
LATER: Name = ("later",)  # tips by the card after 90 days: not shown, and the difference of two that are


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
class Line:
    """The numbers of one month, region and audience, or of all of them. None where a number isn't shown."""

    month: datetime.date | None = None
    region: str = ""
    audience: str = ""
    sessions: int = 0
    numbers: dict[Name, int | None] = field(default_factory=dict)

    @property
    def audience_label(self) -> str:
        return str(Audience(self.audience).label)

    @property
    def people(self) -> int | None:
        return self.numbers[("people",)]

    @property
    def sexes(self) -> list[int | None]:
        return [self.numbers["sex", sex.value] for sex in Sex]

    @property
    def ages(self) -> list[int | None]:
        return [self.numbers["age", age.value] for age in AgeGroup]

    @property
    def cells(self) -> list[int | None]:
        return [self.numbers["cell", *cell] for cell in CELLS]

    @property
    def steps(self) -> list[int | None]:
        return [self.numbers["step", step] for step in range(len(LABELS))]


@dataclass
class Statistics:
    """The lines in order, and the line of all of them together."""

    lines: list[Line]
    total: Line

    @property
    def has_hidden(self) -> bool:
        return any(number is None for line in (*self.lines, self.total) for number in line.numbers.values())

    def matrix(self) -> list[dict[str, Any]]:
        """Return the rows of the table of age by sex, the sums in the last row and column."""
        numbers = self.total.numbers
        rows = [
            {"label": age.label, "numbers": [*(numbers["cell", sex.value, age.value] for sex in Sex), of_age]}
            for age, of_age in zip(AgeGroup, self.total.ages, strict=True)
        ]
        return [*rows, {"label": _("all ages"), "numbers": [*self.total.sexes, self.total.people]}]


@dataclass
class _Counted:
    """What was counted for one line."""

    sessions: int = 0
    cells: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    conversions: Conversions = field(default_factory=Conversions)

    def numbers(self) -> dict[Name, int]:
        cells: dict[Name, int] = {("cell", *cell): self.cells.get(cell, 0) for cell in CELLS}
        sexes: dict[Name, int] = {
            ("sex", sex.value): sum(cells["cell", sex.value, age.value] for age in AgeGroup) for sex in Sex
        }
        ages: dict[Name, int] = {
            ("age", age.value): sum(cells["cell", sex.value, age.value] for sex in Sex) for age in AgeGroup
        }
        steps: dict[Name, int] = {("step", step): number for step, number in enumerate(self.conversions.numbers)}
        later = {LATER: self.conversions.by_card - self.conversions.soon}
        return {**cells, **sexes, **ages, ("people",): sum(sexes.values()), **steps, **later}


def build_statistics(sessions: SessionQuerySet) -> Statistics:
    """Count the sessions that took place, in a handful of queries however many there are."""
    counted = _count(sessions.took_place().order_by())
    audiences = [value for value, _label in Audience.choices]
    keys = sorted(counted, key=lambda key: (key[0], key[1], audiences.index(key[2])))
    numbers = [counted[key].numbers() for key in keys]
    total = {name: sum(line[name] for line in numbers) for name in _Counted().numbers()}
    shown = _hide_small([*numbers, total])
    lines = [Line(*key, counted[key].sessions, line) for key, line in zip(keys, shown, strict=False)]
    return Statistics(lines, Line(sessions=sum(line.sessions for line in lines), numbers=shown[-1]))


def _count(held: SessionQuerySet) -> dict[tuple[datetime.date, str, str], _Counted]:
    months: dict[tuple[datetime.date, str, str], _Counted] = {}
    sessions_by = held.values("audience", month=TruncMonth("date"), region=F("municipality__region__name"))
    for row in sessions_by.annotate(number=Count("pk")):
        months[row["month"], row["region"], row["audience"]] = _Counted(row["number"])
    counts = SessionCount.objects.order_by().filter(session__in=held.values("pk"))
    grouped = counts.values(
        "sex",
        "age_group",
        audience=F("session__audience"),
        month=TruncMonth("session__date"),
        region=F("session__municipality__region__name"),
    ).annotate(number_of=Added("number"))
    for cell in grouped:
        month = months[cell["month"], cell["region"], cell["audience"]]
        month.cells[cell["sex"], cell["age_group"]] += cell["number_of"]
    conversions = count_conversions(held)
    for pk, *key in held.values_list("pk", TruncMonth("date"), "municipality__region__name", "audience"):
        months[tuple(key)].conversions += conversions.get(pk, Conversions())
    return months


def _hide_small(lines: list[dict[Name, int]]) -> list[dict[Name, int | None]]:
    """Return the lines, the last one the total of the others, with None for what isn't shown."""
    numbers = {(place, name): number for place, line in enumerate(lines) for name, number in line.items()}
    sums = [each for place in range(len(lines)) for each in _iter_sums(place)]
    total = len(lines) - 1
    sums += [Sum((total, name), tuple((place, name) for place in range(total))) for name in lines[total]]
    hidden = find_hidden(numbers, sums)
    return [
        {name: None if (place, name) in hidden else number for name, number in line.items()}
        for place, line in enumerate(lines)
    ]


def _iter_sums(line: int) -> Iterator[Sum[Key]]:
    """Yield how the numbers of a line hang together."""
    sexes, ages = ([(of, each.value) for each in kind] for of, kind in (("sex", Sex), ("age", AgeGroup)))
    for sex in Sex:
        yield _sum(line, ("sex", sex.value), [("cell", sex.value, age.value) for age in AgeGroup])
    for age in AgeGroup:
        yield _sum(line, ("age", age.value), [("cell", sex.value, age.value) for sex in Sex])
    yield _sum(line, ("people",), sexes)
    yield _sum(line, ("people",), ages)
    yield _sum(line, ("step", BY_CARD), [("step", SOON), LATER])


def _sum(line: int, total: Name, parts: Sequence[Name]) -> Sum[Key]:
    return Sum((line, total), tuple((line, part) for part in parts))


def build_csv(numbers: Statistics) -> bytes:
    """Return a table for a spreadsheet.

    A row for each month, region and audience, a column for each sex and age group, and one for each step from session
    to case.
    """
    return b"".join(iter_csv(_iter_csv_rows(numbers)))


def _iter_csv_rows(numbers: Statistics) -> Iterator[Sequence[CsvCell]]:
    """Yield the rows of the CSV file, with a note on what isn't shown at the end."""
    heads = [_("month"), _("region"), _("for whom"), _("sessions"), _("participants")]
    columns = (f"{Sex(sex).label}, {AgeGroup(age).label}" for sex, age in CELLS)
    yield [*heads, *columns, *map(str, LABELS)]
    for line in numbers.lines:
        shown = [_("not shown") if each is None else each for each in (line.people, *line.cells, *line.steps)]
        yield [f"{line.month:%Y-%m}", line.region, line.audience_label, line.sessions, *shown]
    if numbers.has_hidden:
        yield []
        yield [get_hidden_note()]


def get_hidden_note() -> str:
    """Return why some numbers aren't shown."""
    return _(
        "Numbers below %(small)s can identify people. They aren't shown, and neither are others from which they could"
        " be worked out."
    ) % {"small": MIN_SHOWN}
