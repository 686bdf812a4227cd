"""Fields and widgets that both forms of a session use."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from access.models import Municipality

from ..labels import Material

MAX_GIVEN = 5000  # copies of one material at one session


class KeysField(forms.MultipleChoiceField):
    """Check boxes, stored as a list of keys in the order of the choices."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, words: type[models.TextChoices], **options: Any) -> None:
        self.keys: list[str] = list(words.values)
        super().__init__(choices=words.choices, **options)

    def clean(self, value: Any) -> list[str]:
        ticked = set(super().clean(value))
        return [key for key in self.keys if key in ticked]


class DayInput(forms.DateInput):
    """The browser's own date picker, which needs ISO dates."""

    def __init__(self, **options: Any) -> None:
        super().__init__({"type": "date", **options}, format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    """The browser's own time picker."""

    def __init__(self, **options: Any) -> None:
        super().__init__({"type": "time", **options}, format="%H:%M")


class MunicipalityField(forms.ModelChoiceField):
    """Every municipality, grouped by region; the regions of `first` (ids) come first."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Municipality"))
        super().__init__(Municipality.objects.select_related("region"), to_field_name="slug", **options)

    def group(self, first: Iterable[int]) -> None:
        """Group the choices by region; those of `first` on top."""
        wanted = set(first)
        towns = sorted(
            self.queryset,  # type: ignore[arg-type]
            key=lambda town: (town.region_id not in wanted, town.region.name, town.name),
        )
        grouped: list[Any] = [("", _("Choose"))]
        for region, members in groupby(towns, key=lambda town: town.region):
            grouped.append((region.name, [(town.slug, town.name) for town in members]))
        self.choices = grouped


def _build_number_field() -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=MAX_GIVEN, required=False)


def _is_invalid_number(value: Any) -> bool:
    """Whether this can't be a number of copies."""
    try:
        _build_number_field().clean(value)
    except ValidationError:
        return True
    return False


class MaterialsWidget(forms.MultiWidget):
    """A number for each kind of material. The template renders the boxes itself (records/materials.html)."""

    def __init__(self) -> None:
        box = {"inputmode": "numeric", "min": "0", "max": str(MAX_GIVEN), "class": "input input-number"}
        super().__init__({kind: forms.NumberInput(box) for kind in Material.values})

    def decompress(self, value: Any) -> list[Any]:
        numbers = {each["kind"]: each["number"] for each in value or ()}
        return [numbers.get(kind) for kind in Material.values]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], Material.labels, strict=True):
            part["label"], part["is_wrong"] = label, _is_invalid_number(part["value"])
        return context


class MaterialsField(forms.MultiValueField):
    """[{"kind": Material, "number": n}] of what was given or shown; the rest is left out."""

    def __init__(self, **options: Any) -> None:
        parts = [_build_number_field() for _kind in Material.values]
        super().__init__(parts, widget=MaterialsWidget(), require_all_fields=False, required=False, **options)

    def compress(self, numbers: Sequence[int | None]) -> list[dict[str, Any]]:
        given = zip(Material.values, numbers or (), strict=False)
        return [{"kind": kind, "number": number} for kind, number in given if number]

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Name the material whose number can't be read."""
        wrong = [
            label for label, number in zip(Material.labels, value or (), strict=False) if _is_invalid_number(number)
        ]
        if wrong:
            text = _("%(what)s: write how many there were, as a number up to %(most)s.")
            raise ValidationError(
                [
                    ValidationError(text, code="not_a_number", params={"what": capfirst(label), "most": MAX_GIVEN})
                    for label in wrong
                ]
            )
        return super().clean(value)
