"""The filters of a register: values of its own, region, unit, days, and what is overdue."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.widgets import AdminDateInput

from access.models import MobileUnit, Region, User

from ..models import Case

ALL = ("", _("all"))
YES_NO = [ALL, ("1", _("Yes")), ("0", _("No"))]


class RegisterFilter(forms.Form):
    """The filter form, which offers only what lies in this person's regions.

    `exact`: names of the model's fields, as `<name>__exact`.
    """

    region = forms.ModelChoiceField(
        queryset=Region.objects.none(), required=False, label=_("Region"), empty_label=ALL[1]
    )
    unit = forms.ModelChoiceField(
        queryset=MobileUnit.objects.none(), required=False, label=_("Mobile unit"), empty_label=ALL[1]
    )
    since = forms.DateField(required=False, label=pgettext_lazy("day", "From"), widget=AdminDateInput)
    until = forms.DateField(required=False, label=pgettext_lazy("day", "Until"), widget=AdminDateInput)
    overdue = forms.ChoiceField(
        required=False,
        label=_("Overdue"),
        choices=[ALL, ("1", _("only overdue cases"))],
    )

    def __init__(self, data: Any, *, user: User, model: type[models.Model], exact: Iterable[str]) -> None:
        super().__init__(data)
        regions = user.coordinated_regions()
        self.fields["region"].queryset = regions  # type: ignore[attr-defined]
        # A coordinator may also work in a unit of another region, and sees its cases (`Case.visible_to`).
        units = MobileUnit.objects.filter(region__in=regions.values("pk")) | MobileUnit.objects.filter(
            pk__in=user.units().values("pk")
        )
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        # Named as the admin's own filters are: `config.waiting_panel` links to `?state__exact=failed`.
        for name in exact:
            field: Any = model._meta.get_field(name)
            choices = YES_NO if isinstance(field, models.BooleanField) else [ALL, *field.choices]
            self.fields[f"{name}__exact"] = forms.ChoiceField(
                required=False, choices=choices, label=str(field.verbose_name).capitalize()
            )
        self.order_fields([*(f"{name}__exact" for name in exact), "region", "unit", "since", "until", "overdue"])

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

    def narrow(self, rows: "models.QuerySet[Any]", register: Any) -> "models.QuerySet[Any]":
        """Return the rows that fit. A filter that can't be understood finds nothing: its error stands beside it."""
        if not self.is_valid():
            return rows.none()
        chosen = self.cleaned_data
        for name in self.used:
            if name.endswith("__exact"):
                value = chosen[name]
                field: Any = register.model._meta.get_field(name.removesuffix("__exact"))
                rows = rows.filter(**{name: value == "1" if isinstance(field, models.BooleanField) else value})
        cases = {name: chosen[name] for name in ("region", "unit") if chosen.get(name)}
        if cases:
            rows = rows.filter(register.of_cases(Case.objects.filter(**cases)))
        if chosen.get("since"):
            rows = rows.filter(**{f"{register.date_field}__gte": _midnight(chosen["since"])})
        if chosen.get("until"):
            # Up to the next midnight: the day that was chosen is included.
            rows = rows.filter(**{f"{register.date_field}__lt": _midnight(chosen["until"] + timedelta(days=1))})
        if chosen.get("overdue"):
            rows = rows.filter(register.overdue(timezone.now()))
        return rows


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
