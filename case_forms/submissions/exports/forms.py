"""The form of the export page: which form, from when to when, which unit, in which format."""

from collections import defaultdict
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormDefinition, FormVersion

from ..models import Submission
from .models import Format, Reason
from .selection import Filters

HOW = [("labels", _("Labels, for people")), ("codes", _("Codes, for programs"))]


def _find_used_forms(seen: "QuerySet[Submission]") -> list[int]:
    """Return the keys of forms that have a submission among these.

    Each is asked by itself, with its keys in the statement. Asked of all in one, PostgreSQL doesn't know that a form
    has none before it has read the submissions of all others: nine seconds of a million (docs/growth.md).
    """
    versions: dict[int, list[int]] = defaultdict(list)
    for form, version in FormVersion.objects.order_by().values_list("form", "pk"):
        versions[form].append(version)
    return [form for form, keys in versions.items() if seen.filter(form_version__in=keys).exists()]


def _find_used_units(seen: "QuerySet[Submission]") -> list[int]:
    units = MobileUnit.objects.order_by().values_list("pk", flat=True)
    return [unit for unit in units if seen.filter(unit=unit).exists()]


class ExportForm(forms.Form):
    """What to export, offered from what this person may see."""

    form = forms.ModelChoiceField(FormDefinition.objects.none(), label=_("Form"), to_field_name="key", empty_label=None)
    since = forms.DateField(
        label=_("Happened from"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Happened until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    unit = forms.ModelChoiceField(
        MobileUnit.objects.none(), label=_("Mobile unit"), required=False, to_field_name="slug", empty_label=_("all")
    )
    format = forms.ChoiceField(label=_("File"), choices=Format.choices, initial=Format.XLSX, widget=forms.RadioSelect)
    how = forms.ChoiceField(label=_("Columns and choices as"), choices=HOW, initial="labels", widget=forms.RadioSelect)
    drills = forms.BooleanField(label=_("Include drills"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # only forms and units with something to export: the lists say no more than the person may see anyway
        seen = Submission.objects.visible_in_known_ways(user).order_by()
        self._choose_from("form", FormDefinition.objects.filter(pk__in=_find_used_forms(seen)))
        self._choose_from("unit", MobileUnit.objects.filter(pk__in=_find_used_units(seen)))

    def _choose_from(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def filters(self) -> Filters:
        """Return the chosen filters. Only for a valid form."""
        chosen = self.cleaned_data
        unit = chosen["unit"].slug if chosen["unit"] else ""
        return Filters(chosen["since"], chosen["until"], unit, chosen["drills"])


class NamesForm(ExportForm):
    """The same choice for a file with names and typed texts, and why."""

    reason = forms.ChoiceField(label=_("Why are names needed?"), choices=Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Explain it in your own words, without anybody's name"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )


class DecisionForm(forms.Form):
    """What the second person decides about a file with names."""

    decision = forms.ChoiceField(choices=[("agree", _("Agree")), ("refuse", _("Refuse"))])
    words = forms.CharField(
        label=_("Your words, for whoever asked"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
