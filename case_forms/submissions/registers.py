"""The register of submissions: which form came in when, from which unit and about which case; never what it says."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User, localize
from case_forms.cases.registers import Registers
from case_forms.cases.registers.base import Register, case_link, moment_column
from case_forms.cases.registers.exporting import ExportColumn, code_of, columns_of_case, moment_of
from case_forms.cases.registers.filters import RegisterFilter
from case_forms.cases.registers.scope import CaseScope, read_scope
from case_forms.form_builder.models import FormDefinition, FormVersion

from .models import Submission

CURRENT, CORRECTED = "current", "corrected"
# What only a case has: a form that belongs to none fits no choice of these.
OF_CASES_ONLY = frozenset({"age", "lead", "exploitation"})


class SubmissionRegister(Register):
    model = Submission
    menu_icon = "doc-full"
    list_display = ("urgency", "form", "of_case", "sending_unit", "happened", "received")
    list_display_add_buttons = "form"
    exact = ("is_drill", "is_unmatched")
    date_field = "received_at"
    has_clock = False  # a form waits for nobody: its case does
    list_select_related = ("case", "unit", "corrected_by")
    search_fields = ("case__reference",)
    export_columns = (
        *columns_of_case(lambda submission: submission.case),
        ExportColumn(_("Submission"), lambda submission: str(submission.pk)),
        ExportColumn(_("Form"), lambda submission: submission.form_version.form.key),
        ExportColumn(_("Version"), lambda submission: submission.form_version.number),
        ExportColumn(_("Sent by unit"), lambda submission: submission.unit.slug),
        ExportColumn(_("Date and time of the event"), moment_of("occurred_at")),
        ExportColumn(_("Received"), moment_of("received_at")),
        ExportColumn(_("Corrected since"), lambda submission: hasattr(submission, "corrected_by")),
        ExportColumn(_("Drill"), code_of("is_drill")),
    )
    export_related = (*Register.export_related, "unit", "corrected_by")
    inspect_view_fields = (
        "form_version",
        "unit",
        "occurred_at",
        "received_at",
        "handled_at",
        "is_unmatched",
        "is_drill",
    )

    def rows(self) -> "models.QuerySet[Any]":
        # Deferred: everything sealed, and what only the sending program reads.
        return Submission.objects.defer(
            "answers", "carried_over", "confirmed", "explanation", "correction_reason", "receipt", "fingerprint"
        )

    def chosen(self, user: User, form: RegisterFilter) -> "tuple[models.QuerySet[Any], CaseScope | None]":
        if not form.is_valid():
            return self.rows().none(), None
        about = form.about_the_case
        scope = read_scope(user, about)
        seen = self.among(scope)
        if OF_CASES_ONLY.isdisjoint(about):
            without_case = models.Q(case__isnull=True, unit__in=_list_units(user, about))
            seen = scope.condition_beside_others(self.case_field) | without_case
        rows = form.narrow(self.rows().filter(seen), self)
        for name in self.own_choices():
            if form.cleaned_data.get(name):
                rows = self.narrow_by(name, form.cleaned_data[name], rows)
        return rows, scope

    def own_choices(self) -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
        # The title alone: a definition is long, and the list is drawn with every page.
        titles = FormDefinition.objects.order_by("key").values_list("key", "definition__title")
        forms = [(key, localize(title or {}) or key) for key, title in titles]
        states = [(CURRENT, _("as it stands")), (CORRECTED, _("corrected since"))]
        return {"form": (_("Form"), forms), "state": (_("Status"), states)}

    def narrow_by(self, name: str, value: str, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        if name == "form":
            return rows.filter(form_version__form__key=value)
        return rows.filter(corrected_by__isnull=value == CURRENT)

    def prepare(self, rows: "list[Any]", now: datetime) -> "list[Any]":
        # Each version once, not once for each of its rows: its text is long.
        versions = FormVersion.objects.in_bulk({row.form_version_id for row in rows})
        for row in rows:
            row.form_version = versions[row.form_version_id]
        return rows

    def read_for_export(self, keys: list[Any]) -> dict[Any, Any]:
        rows = super().read_for_export(keys)
        used = {row.form_version_id for row in rows.values()}
        versions = FormVersion.objects.select_related("form").defer("canonical", "form__definition").in_bulk(used)
        for row in rows.values():
            row.form_version = versions[row.form_version_id]
        return rows

    def urgency_of(self, row: Any) -> str:
        return "corrected" if hasattr(row, "corrected_by") else "received"

    def reference_of(self, row: Any) -> str:
        return row.case.reference if row.case else ""

    def form(self, submission: Submission) -> str:
        return submission.form_version.title

    form.short_description = _("form")  # type: ignore[attr-defined]

    def of_case(self, submission: Submission) -> str:
        return case_link(submission.case.reference) if submission.case else ""

    of_case.short_description = _("case")  # type: ignore[attr-defined]

    def sending_unit(self, submission: Submission) -> str:
        return format_html("{}", submission.unit)

    sending_unit.short_description = MobileUnit._meta.verbose_name  # type: ignore[attr-defined]

    happened = moment_column("occurred_at")
    happened.short_description = Submission._meta.get_field("occurred_at").verbose_name
    received = moment_column("received_at")
    received.short_description = Submission._meta.get_field("received_at").verbose_name


def _list_units(user: User, about: dict[str, Any]) -> list[int]:
    """List the units whose forms without a case this person sees, narrowed by what was chosen."""
    regions = user.coordinated_regions().values("pk")
    units = MobileUnit.objects.filter(models.Q(region__in=regions) | models.Q(pk__in=user.units().values("pk")))
    if about.get("unit"):
        units = units.filter(pk=about["unit"].pk)
    if about.get("region"):
        units = units.filter(region=about["region"])
    return list(units.values_list("pk", flat=True))


class AllRegisters(Registers):
    items = (*Registers.items[:3], SubmissionRegister, *Registers.items[3:])
