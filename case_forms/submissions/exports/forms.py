"""The form of the export page: which form, from when to when, which unit, in which format."""

from typing import Any

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from case_forms.form_builder.models import FormDefinition, FormVersion

from ..models import Submission
from .models import Format
from .selection import Filters

HOW = [("labels", _("Labels, for people")), ("codes", _("Codes, for programs"))]


def _with_one(rows: "QuerySet[Any]", seen: "QuerySet[Submission]", of: str) -> "QuerySet[Any]":
    """Return the rows that have a submission among these: the first one found for each is enough.

    Not as EXISTS, which PostgreSQL answers by reading all submissions there are. In the order of the index that each of
    these has, for the same reason: what has none is then known by one look, and not once all others are read.
    """
    first = seen.filter(**{of: OuterRef("pk")}).order_by("-received_at").values("pk")[:1]
    return rows.filter(pk__in=rows.annotate(first=Subquery(first)).filter(first__isnull=False).order_by().values("pk"))


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
        seen = Submission.objects.visible_to(user)
        used = _with_one(FormVersion.objects.all(), seen, "form_version")
        self._choose_from("form", FormDefinition.objects.filter(pk__in=used.values("form")))
        self._choose_from("unit", _with_one(MobileUnit.objects.all(), seen, "unit"))

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
