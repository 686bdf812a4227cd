"""The four ways to fill a roster, each a form of its own on the office's page."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..changes.needs import SOON_WITHIN
from ..models import Contact, DutyShift, Partner
from .ical import MAX_CHARACTERS, read_calendar
from .plans import PlannedShift, Turn, at_hour, check_day, copy_days, read_lines, rotate

# The browser's own pickers: a phone shows its calendar, and people read the day as they write it.
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
HOUR = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
MAX_TEXT = 40_000  # characters pasted
MORNING = time(8)


class PlanForm(forms.Form):
    """One way to fill the roster of an office. `build_plan` is for a valid form; it raises ValidationError."""

    way = ""

    def __init__(
        self, data: Any = None, files: Any = None, *, office: Partner, people: Sequence[Contact], initial: Any = None
    ) -> None:
        self.office, self.people = office, people
        super().__init__(data, files, prefix=self.way, initial=initial)

    @property
    def places(self) -> list[Any]:
        """The fields that say whose turn comes when."""
        return []

    def build_plan(self) -> list[PlannedShift]:
        raise NotImplementedError


class TurnsForm(PlanForm):
    """Turns one after another: a number beside each person says when their turn comes."""

    way = "turns"

    turn = forms.ChoiceField(
        label=_("How long one person is on duty"),
        choices=[(Turn.HALF_DAY, _("12 hours")), (Turn.DAY, _("24 hours")), (Turn.WEEK, _("a week"))],
        initial=Turn.WEEK,
    )
    since = forms.DateField(label=_("from"), widget=DAY, validators=[check_day])
    until = forms.DateField(
        label=_("until"),
        widget=DAY,
        validators=[check_day],
        help_text=_("On this day, at the hour below, the last turn ends."),
    )
    hour = forms.TimeField(label=_("Hour at which people change"), initial=MORNING, widget=HOUR)
    with_deputy = forms.BooleanField(
        label=_("Whoever comes next is the deputy meanwhile"), required=False, initial=True
    )

    def __init__(self, data: Any = None, files: Any = None, **given: Any) -> None:
        super().__init__(data, files, **given)
        for contact in self.people:
            self.fields[f"place{contact.pk}"] = forms.IntegerField(
                label=contact.name, required=False, min_value=1, max_value=99
            )

    @property
    def places(self) -> list[Any]:
        return [self[f"place{contact.pk}"] for contact in self.people]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The end must come after the start."))
        given = [cleaned[name] for name in cleaned if name.startswith("place") and cleaned[name]]
        if not given and not any(name.startswith("place") for name in self.errors):
            raise ValidationError(_("Write 1 beside the person whose turn is first, 2 beside the next, and so on."))
        if len(given) != len(set(given)):
            raise ValidationError(_("Two people have the same number."))
        return cleaned

    def build_plan(self) -> list[PlannedShift]:
        cleaned = self.cleaned_data
        numbered = [(cleaned[f"place{each.pk}"], each.pk) for each in self.people if cleaned[f"place{each.pk}"]]
        return rotate(
            [key for _number, key in sorted(numbered)],
            Turn(cleaned["turn"]),
            at_hour(cleaned["since"], cleaned["hour"]),
            at_hour(cleaned["until"], cleaned["hour"]),
            ranks=2 if cleaned["with_deputy"] else 1,
        )


class CopyForm(PlanForm):
    """The shifts of earlier days once more."""

    way = "copy"

    first = forms.DateField(label=_("Copy the shifts from"), widget=DAY, validators=[check_day])
    last = forms.DateField(label=_("to and including"), widget=DAY, validators=[check_day])
    to = forms.DateField(
        label=_("so that they begin on"),
        widget=DAY,
        validators=[check_day],
        help_text=_("The same day of the week keeps weekends what they are. Shifts without an end aren't copied."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last, to = cleaned.get("first"), cleaned.get("last"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("last", _("This day comes before the first."))
        elif first and to and to <= first:
            self.add_error("to", _("Choose a day after the first of those that are copied."))
        return cleaned

    def build_plan(self) -> list[PlannedShift]:
        cleaned = self.cleaned_data
        first: date = cleaned["first"]
        # A day more on both sides: days begin at midnight in Tirana, moments are stored in UTC.
        around = DutyShift.objects.filter(
            partner=self.office,
            contact__in=[contact.pk for contact in self.people],
            starts_at__date__gte=first - timedelta(days=1),
            starts_at__date__lte=cleaned["last"] + timedelta(days=1),
        )
        return copy_days(around, first, cleaned["last"], cleaned["to"])


class PasteForm(PlanForm):
    """Lines from a spreadsheet."""

    way = "paste"

    lines = forms.CharField(
        label=_("Lines"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_(
            "One line for each shift: name or e-mail, from, until, rank (1 if left out). Cells of a spreadsheet can be"
            " pasted as they are; else write semicolons between. Such as: Ana Hoxha; 1.12.2026 08:00; 2.12.2026 08:00"
        ),
    )

    def clean_lines(self) -> str:
        text: str = self.cleaned_data["lines"]
        self.plan = read_lines(text, self.people)
        return text

    def build_plan(self) -> list[PlannedShift]:
        return self.plan


class CalendarForm(PlanForm):
    """The entries of a calendar: a file, or its text."""

    way = "ical"

    file = forms.FileField(
        label=_("Calendar file (.ics)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )
    text = forms.CharField(
        label=_("or its text"),
        required=False,
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "One entry for each shift, or one that repeats. Its title is the person's name, or it invites their e-mail"
            " address. What begins within 24 hours is left out."
        ),
    )
    rank = forms.ChoiceField(label=_("rank"), choices=[("1", "1"), ("2", "2"), ("3", "3")], initial="1")
    left_out = 0

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded is None:
            return None
        if uploaded.size > MAX_CHARACTERS:
            raise ValidationError(_("This file is too large for a calendar of shifts."))
        try:
            text = uploaded.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(_("This can't be read as a calendar (.ics).")) from None
        # A file isn't sent a second time: what was read of it goes with the plan that is looked at.
        given: Any = self.data
        self.data = given.copy()
        self.data[self.add_prefix("text")] = text  # type: ignore[index]  # a copy can be changed
        return uploaded

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        text = self.data.get(self.add_prefix("text"), "")
        if not self.errors and not text.strip():
            raise ValidationError(_("Choose a file, or paste its text."))
        if not self.errors:
            not_before = timezone.now() + SOON_WITHIN
            read = read_calendar(text, self.people, rank=int(cleaned["rank"]), not_before=not_before)
            self.plan, self.left_out = read.planned, read.left_out
        return cleaned

    def build_plan(self) -> list[PlannedShift]:
        return self.plan


WAYS: dict[str, type[PlanForm]] = {form.way: form for form in (TurnsForm, CopyForm, PasteForm, CalendarForm)}
