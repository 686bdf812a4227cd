"""The filters of a register: values of its own, what is chosen about the case, the clock, days, and what is overdue."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.forms.models import ModelChoiceIterator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.widgets import AdminDateInput

from access.languages import get_current_language
from access.models import Assignment, MobileUnit, Region, StaffRole, User, localize
from audit import clock
from case_forms.form_builder.models import get_fact_catalogue

ALL = ("", _("all"))
YES_NO = [ALL, ("1", _("Yes")), ("0", _("No"))]
AGES = [ALL, ("child", _("child, or may be a child")), ("adult", _("adult"))]
# The worst mark that a duty which isn't done has passed; green has passed none.
COLOURS = [
    ALL,
    ("green", _("green: nothing is late")),
    ("amber", _("amber: due soon")),
    ("red", _("red: late")),
    ("breach", _("breached: deadline missed")),
]
ABOUT_THE_CASE = ("region", "unit", "age", "lead", "exploitation")


class _ReadAtOnce(ModelChoiceIterator):
    """The choices of a field in one query. Django's own opens a cursor on PostgreSQL, reads it and closes it."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.queryset.all():
            yield self.choice(row)


class OneOfFew(forms.ModelChoiceField):
    """A choice among rows that are few enough to be read at once."""

    iterator = _ReadAtOnce


class RegisterFilter(forms.Form):
    """The filter form, which offers only what lies in this person's regions.

    `exact`: names of the model's fields, as `<name>__exact`. `choices`: {name: choices} of a register's own filters.
    """

    region = OneOfFew(queryset=Region.objects.none(), required=False, label=_("Region"), empty_label=ALL[1])
    unit = OneOfFew(queryset=MobileUnit.objects.none(), required=False, label=_("Mobile unit"), empty_label=ALL[1])
    lead = OneOfFew(queryset=User.objects.none(), required=False, label=_("Lead worker"), empty_label=ALL[1])
    age = forms.ChoiceField(required=False, label=_("Age group"), choices=AGES)
    exploitation = forms.ChoiceField(required=False, label=_("Kind of exploitation"))
    clock = forms.ChoiceField(required=False, label=_("Clock"), choices=COLOURS)
    since = forms.DateField(required=False, label=pgettext_lazy("day", "From"), widget=AdminDateInput)
    until = forms.DateField(required=False, label=pgettext_lazy("day", "Until"), widget=AdminDateInput)
    overdue = forms.ChoiceField(
        required=False,
        label=_("Overdue"),
        choices=[ALL, ("1", _("only overdue cases"))],
    )

    def __init__(
        self,
        data: Any,
        *,
        user: User,
        model: type[models.Model],
        exact: Iterable[str],
        choices: Mapping[str, tuple[Any, list[tuple[str, Any]]]] | None = None,
        has_clock: bool = True,
    ) -> None:
        super().__init__(data)
        regions = user.coordinated_regions()
        # A coordinator may also work in a unit of another region, and sees its cases (`Case.visible_to`).
        units = MobileUnit.objects.filter(region__in=regions.values("pk")) | MobileUnit.objects.filter(
            pk__in=user.units().values("pk")
        )
        self._choose_from("region", regions)
        self._choose_from("unit", units)
        # Who has left may still be named in a case, so past assignments count too.
        workers = Assignment.objects.filter(role=StaffRole.WORKER, unit__in=units.values("pk")).values("user")
        self._choose_from("lead", User.objects.filter(pk__in=workers).order_by("username"))
        self.fields["lead"].label_from_instance = _get_name  # type: ignore[attr-defined]
        self.fields["exploitation"].choices = [ALL, *_list_exploitation()]  # type: ignore[attr-defined]
        if not has_clock:
            del self.fields["clock"], self.fields["overdue"]
        # Named as the admin's own filters are: `config.waiting_panel` links to `?state__exact=failed`.
        for name in exact:
            field: Any = model._meta.get_field(name)
            offered = YES_NO if isinstance(field, models.BooleanField) else [ALL, *field.choices]
            self.fields[f"{name}__exact"] = forms.ChoiceField(
                required=False, choices=offered, label=str(field.verbose_name).capitalize()
            )
        for name, (label, own) in (choices or {}).items():
            self.fields[name] = forms.ChoiceField(required=False, choices=[ALL, *own], label=label)
        first = [*(f"{name}__exact" for name in exact), *(choices or {})]
        self.order_fields([*first, "clock", *ABOUT_THE_CASE, "since", "until", "overdue"])

    def _choose_from(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day must not come before the first."))
        return cleaned

    @property
    def used(self) -> list[str]:
        """The names of the filters that narrow something."""
        return [name for name in self.fields if self.data.get(name)]

    @property
    def about_the_case(self) -> dict[str, Any]:
        """What was chosen about the case, for `scope.read_scope`. Only for a valid form."""
        return {name: self.cleaned_data[name] for name in ABOUT_THE_CASE if self.cleaned_data.get(name)}

    def narrow(self, rows: "models.QuerySet[Any]", register: Any) -> "models.QuerySet[Any]":
        """Return the rows that fit what was chosen about the row itself. Only for a valid form."""
        chosen = self.cleaned_data
        for name in self.used:
            if name.endswith("__exact"):
                value = chosen[name]
                field: Any = register.model._meta.get_field(name.removesuffix("__exact"))
                rows = rows.filter(**{name: value == "1" if isinstance(field, models.BooleanField) else value})
        if chosen.get("since"):
            rows = rows.filter(**{f"{register.date_field}__gte": _midnight(chosen["since"])})
        if chosen.get("until"):
            # Up to the next midnight: the day that was chosen is included.
            rows = rows.filter(**{f"{register.date_field}__lt": _midnight(chosen["until"] + timedelta(days=1))})
        if chosen.get("clock"):
            rows = rows.filter(register.clock_at(chosen["clock"], clock.now()))
        if chosen.get("overdue"):
            rows = rows.filter(register.overdue(clock.now()))
        return rows


def marks_at(colour: str, now: datetime) -> models.Q:
    """Return the condition of a row with marks of its own (`amber_at`, `red_at`, `breach_at`) that has this colour."""
    if colour == "breach":
        return models.Q(breach_at__lte=now)
    passed = {mark: models.Q(**{f"{mark}_at__lte": now}) for mark in ("breach", "red", "amber")}
    # A mark that there isn't is one that hasn't passed: `~Q` alone would leave such rows out.
    not_yet = {mark: models.Q(**{f"{mark}_at__isnull": True}) | models.Q(**{f"{mark}_at__gt": now}) for mark in passed}
    if colour == "red":
        return passed["red"] & not_yet["breach"]
    if colour == "amber":
        return passed["amber"] & not_yet["red"] & not_yet["breach"]
    return not_yet["amber"] & not_yet["red"] & not_yet["breach"]


def _get_name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _list_exploitation() -> list[tuple[str, str]]:
    """List the codes that the catalogue of facts has for it, in its words."""
    fact = get_fact_catalogue(["exploitation"]).get("exploitation")
    language = get_current_language()
    return [(choice.value, localize(choice.label, language)) for choice in fact.question.choices] if fact else []


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
