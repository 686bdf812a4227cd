"""Forms of the outreach pages: a zone, and a planned visit."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Municipality, User
from case_forms.zones.models import PlannedVisit, Zone


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"class": "input"})


class ZoneForm(forms.ModelForm):
    """Form of a zone. `seen`: when it was last changed as the page was made: no change is overwritten unseen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    class Meta:
        model = Zone
        fields = ["municipality", "name", "kind", "note", "every_days", "is_active"]
        labels = {"municipality": _("Municipality")}
        help_texts = {
            "name": _("A neighbourhood, a market, a village. Never a person’s address."),
            "note": _("How to get there, or when people are there. Nothing about a person."),
            "every_days": _("For example 30. Empty: a zone counts as late after 90 days."),
            "is_active": _("Untick it when the unit no longer goes there. Past visits keep its name."),
        }

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        towns = Municipality.objects.filter(region__in=user.coordinated_regions())
        self.fields["municipality"].queryset = towns.order_by("name")  # type: ignore[attr-defined]
        # the slug, as in answers and in the API
        self.fields["municipality"].to_field_name = "slug"  # type: ignore[attr-defined]
        self.fields["municipality"].empty_label = _("Choose")  # type: ignore[attr-defined]
        self.fields["every_days"].validators += [_at_most_a_year]
        if self.instance._state.adding:
            del self.fields["is_active"]
        else:
            self.initial["municipality"] = self.instance.municipality.slug
            self.initial["seen"] = self.instance.changed_at.isoformat()
        for name, field in self.fields.items():
            if name not in ("is_active", "seen"):
                field.widget.attrs["class"] = "input"

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def is_stale(self) -> bool:
        """Return whether the zone was changed after the page was made."""
        current = Zone.objects.filter(pk=self.instance.pk).values_list("changed_at", flat=True).first()
        return current is not None and self.cleaned_data.get("seen") != current.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        others = Zone.objects.exclude(pk=self.instance.pk)
        if others.filter(municipality=cleaned.get("municipality"), name=cleaned.get("name")).exists():
            self.add_error("name", _("This municipality has a zone of this name already."))
        return cleaned


def _at_most_a_year(days: int) -> None:
    if not 1 <= days <= 365:
        raise forms.ValidationError(_("From 1 to 365 days."))


class PlanForm(forms.ModelForm):
    """Form of a planned visit, for the units that this person may plan for."""

    class Meta:
        model = PlannedVisit
        fields = ["unit", "zone", "on", "note"]
        widgets = {"on": DayInput()}
        help_texts = {"note": _("For example: with the CPU, in the morning. Nothing about a person.")}

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        regions = user.coordinated_regions()
        units = MobileUnit.objects.filter(is_active=True, pk__in=user.units()) | MobileUnit.objects.filter(
            is_active=True, region__in=regions
        )
        unit: Any = self.fields["unit"]
        unit.queryset, unit.to_field_name, unit.empty_label = units.distinct(), "slug", None
        zone: Any = self.fields["zone"]
        zone.queryset = Zone.objects.visible_to(user).active().select_related("municipality").distinct()
        zone.empty_label = _("Choose")
        self.fields["on"].initial = timezone.localdate()
        # nothing to choose: the only unit is sent along, hidden
        if units.distinct().count() == 1:
            unit.widget = forms.HiddenInput()
            unit.initial = units.first()
            self.initial["unit"] = units.first().slug  # type: ignore[union-attr]
        for name, field in self.fields.items():
            if name != "unit" or not field.widget.is_hidden:
                field.widget.attrs["class"] = "input"
