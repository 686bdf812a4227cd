"""The form on what happened at a session and who came: a table of sex by age group, in whole numbers."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..actions import OUTCOME, Cell, get_counts
from ..labels import AgeGroup, Audience, PartnerKind, SessionState, Sex, Topic
from ..models import MAX_PER_CELL, InformativeSession
from .confirmable import ConfirmableForm, FormWarning
from .fields import KeysField, MaterialsField
from .kits import KitVersionField, UsedMaterialsField

CLASS_SIZE = 60  # more than this in a classroom is worth a second look (../shared: one class is 16 to 45)
IN_CLASS = (Audience.GRADE_9, Audience.HIGH_SCHOOL)


class OutcomeForm(ConfirmableForm):
    """The outcome with its counts.

    The counts are fields of their own, named `count-<sex>-<age group>`; `total` is what was counted at the door.
    `used` has the boxes of `shown_version`; the page posts back as SHOWN_VERSION whose boxes it has shown.
    """

    SHOWN_VERSION = "materials_of"

    total = forms.IntegerField(
        label=gettext_lazy("How many took part, in total"),
        min_value=1,
        max_value=18 * MAX_PER_CELL,
        help_text=gettext_lazy("Counted at the door. The table below must add up to it."),
        widget=forms.NumberInput({"inputmode": "numeric", "class": "input input-number"}),
        error_messages={"min_value": gettext_lazy("Write how many came: one or more. If nobody came, cancel it.")},
    )
    topics = KeysField(Topic, label=gettext_lazy("Topics covered"))
    partners = KeysField(PartnerKind, label=gettext_lazy("Who was there with you"), required=False)
    materials = MaterialsField(label=gettext_lazy("Materials"))
    kit_version = KitVersionField()
    used = UsedMaterialsField()

    fields_without_names = ("partner_names", "materials_note", "questions_raised")

    class Meta:
        model = InformativeSession
        fields = list(OUTCOME)
        labels = {
            "method": gettext_lazy("Method"),
            "partner_names": gettext_lazy("Which organisations"),
            "questions_raised": gettext_lazy("What people asked"),
        }
        help_texts = {
            "partner_names": gettext_lazy("Names of organisations, never of people."),
            "questions_raised": gettext_lazy("Briefly, so that nobody can be identified. No names, no numbers."),
        }
        widgets = {"questions_raised": forms.Textarea({"rows": 5})}

    def __init__(self, *args: Any, named_kit: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["method"].required = True
        known = get_counts(self.instance)
        for sex, age in CELLS:
            self.fields[cell_name(sex, age)] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=MAX_PER_CELL,
                label=f"{Sex(sex).label}, {AgeGroup(age).label}",
                initial=known.get((sex, age)),
                widget=forms.NumberInput({"inputmode": "numeric", "class": "input count-cell", "data-count": ""}),
            )
        if known:
            self.initial["total"] = sum(known.values())
        self._offer_kits(named_kit)

    def _offer_kits(self, named: int | None) -> None:
        """Offer the kits, and the materials of the chosen one. A reported session keeps the version that it names."""
        self.shown_version = self.instance.kit_version
        if self.instance.state == SessionState.REPORTED and self.shown_version is not None:
            del self.fields["kit_version"]
        else:
            field: Any = self.fields["kit_version"]
            field.offer(self.instance, self.instance.audience, named)
            if self.is_bound:
                chosen = self["kit_version"].value() or ""
                # What can't be read is told by the field itself.
                self.shown_version = field.queryset.filter(pk=chosen).first() if str(chosen).isdecimal() else None
        self.fields["used"].offer(self.shown_version)  # type: ignore[attr-defined]
        if self.instance.pk and not self.is_bound:
            self.initial["used"] = [
                str(page) for page in self.instance.used_materials.values_list("page_id", flat=True)
            ]

    def counts(self) -> dict[Cell, int]:
        """Return {(sex, age group): how many} of what could be read, without zeros."""
        cleaned = getattr(self, "cleaned_data", {})
        return {cell: number for cell in CELLS if (number := cleaned.get(cell_name(*cell)))}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        total, summed = cleaned.get("total"), sum(self.counts().values())
        # Typed, not derived, so that a slip in the table is found on the spot (docs/adr/0025).
        if total is not None and summed != total and not self._count_errors():
            self.add_error("total", _get_sum_message(total, summed))
        has_boxes = self.shown_version is not None and self.fields["used"].choices  # type: ignore[attr-defined]
        if has_boxes and self.data.get(self.SHOWN_VERSION) != str(self.shown_version.pk):
            text = _("These are the materials of the kit that you chose. Tick those that were used, and save again.")
            self.add_error("used", text)
        return cleaned

    def _count_errors(self) -> bool:
        return any(cell_name(*cell) in self.errors for cell in CELLS)

    def _find_warnings(self) -> list[FormWarning]:
        warnings = super()._find_warnings()
        total = self.cleaned_data["total"]
        # A question and not an error: it may be right (docs/adr/0025).
        if total > CLASS_SIZE and self.instance.audience in IN_CLASS:
            text = _("%(total)s is more than a class: is it one session? Two separate classes are two sessions.")
            warnings.append(FormWarning("total", text % {"total": total}, _("It was one session")))
        if self.fields["used"].choices and not self.cleaned_data["used"]:  # type: ignore[attr-defined]
            text = _("You named a kit, and no material of it is ticked.")
            warnings.append(FormWarning("used", text, _("None of them was used")))
        return warnings

    # ---- for the page ----

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each age group: its name, its cells with their column, and their sum as far as known."""
        rows = []
        for age in AgeGroup:
            boxes = [self[cell_name(sex.value, age.value)] for sex in Sex]
            cells = [{"field": box, "column": sex.label} for box, sex in zip(boxes, Sex, strict=True)]
            rows.append({"label": age.label, "cells": cells, "sum": _sum(boxes)})
        return rows

    def sexes(self) -> list[dict[str, Any]]:
        """Return the columns, each with its sum."""
        columns = [(sex.label, [self[cell_name(sex.value, age.value)] for age in AgeGroup]) for sex in Sex]
        return [{"label": label, "sum": _sum(boxes)} for label, boxes in columns]

    def whole_sum(self) -> int:
        return sum(column["sum"] for column in self.sexes())


CELLS: tuple[Cell, ...] = tuple((sex.value, age.value) for sex in Sex for age in AgeGroup)


def cell_name(sex: str, age: str) -> str:
    return f"count-{sex}-{age}"


def _sum(boxes: list[BoundField]) -> int:
    """Add up the numbers in these boxes; what isn't a number counts as zero."""
    return sum(int(text) for box in boxes if (text := str(box.value() or "").strip()).isdecimal())


def _get_sum_message(total: int, summed: int) -> str:
    """Return the message about a table that doesn't add up."""
    if summed < total:
        return ngettext(
            "The table adds up to %(summed)s: one is missing. Add it; unknown goes under “not recorded”.",
            "The table adds up to %(summed)s: %(missing)s are missing. Add them; unknown goes under “not recorded”.",
            total - summed,
        ) % {"summed": summed, "missing": total - summed}
    return _("The table adds up to %(summed)s, which is more. Check both.") % {"summed": summed}
