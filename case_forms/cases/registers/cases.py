"""The register of cases."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import ButtonHelper

from access.languages import get_current_language
from access.models import localize
from notifications.outbox.labels import yes_or_no
from notifications.outbox.states import AWAITING_ANSWER

from ..labels import flags_in_words
from ..models import Case, Deadline
from ..urgency import URGENCIES, bearing_duty, with_urgency
from . import marks
from .base import Register, case_link, day_and_hour
from .exporting import ExportColumn, code_of, columns_of_case, moment_of
from .scope import CaseScope


class PageFirst(ButtonHelper):
    """Buttons of the case register: the reference leads to the case's own page; *Inspect* stands beside it."""

    def get_primary_button(self, obj: Any) -> None:
        return None


class CaseRegister(Register):
    model = Case
    menu_icon = "folder-open-inverse"
    list_display = (
        "urgency",
        "page",
        "status",
        "risk_level",
        "on_child_track",
        "flagged",
        "next_duty",
        "where",
        "leading",
        "opened",
    )
    list_display_add_buttons = "page"
    button_helper_class = PageFirst
    exact = ("status", "risk", "formal_identification", "is_drill")
    date_field = "opened_at"
    list_select_related = ("municipality", "unit", "lead", "opened_by")
    case_field = "pk"
    search_fields = ("reference",)
    export_related = ("region", "unit", "lead", "opened_by", "municipality")
    export_columns = (
        *columns_of_case(lambda case: case),
        ExportColumn(_("Municipality"), lambda case: case.municipality.slug),
        ExportColumn(_("Status"), code_of("status")),
        ExportColumn(_("Formal identification"), code_of("formal_identification")),
        ExportColumn(_("Opened"), moment_of("opened_at")),
        ExportColumn(_("Closed"), moment_of("closed_at")),
        ExportColumn(_("Declared void"), moment_of("voided_at")),
        ExportColumn(_("Drill"), code_of("is_drill")),
    )
    inspect_view_fields = (
        "reference",
        "status",
        "risk",
        "formal_identification",
        "child_track",
        "region",
        "municipality",
        "unit",
        "procedure_version",
        "opened_at",
        "closed_at",
        "voided_at",
        "is_drill",
    )

    def among(self, scope: CaseScope) -> models.Q:
        return scope.of_cases()

    def case_of(self, row: Any) -> Case | None:
        return row

    def overdue(self, now: datetime) -> "models.Q":
        return models.Q(closed_at__isnull=True) & (_breached(now) | _late(now))

    def clock_at(self, colour: str, now: datetime) -> models.Q:
        return marks.of_cases(colour, now)

    def prepare(self, rows: "list[Any]", now: datetime) -> "list[Any]":
        """Give each case its urgency, and the duty whose clock moves next."""
        keys = [row.pk for row in rows]
        judged = dict(with_urgency(Case.objects.filter(pk__in=keys), now, keys).values_list("pk", "urgency"))
        owned = Deadline.objects.unmet().filter(next_mark_at__isnull=False, case__in=keys)
        duties: dict[Any, Deadline] = {}
        for duty in owned.order_by("next_mark_at", "pk").only("case_id", "label", "owner", "next_mark_at"):
            duties.setdefault(duty.case_id, duty)
        for row in rows:
            row.urgency, row.duty = judged[row.pk], duties.get(row.pk)
        return rows

    def urgency_of(self, row: Any) -> str:
        return "closed" if row.closed_at else URGENCIES[row.urgency]

    def reference_of(self, row: Any) -> str:
        return row.reference

    def on_child_track(self, case: Case) -> str:
        return yes_or_no(case.child_track)

    on_child_track.short_description = _("child")  # type: ignore[attr-defined]

    def risk_level(self, case: Case) -> str:
        return str(case.get_risk_display() or "")

    risk_level.short_description = Case._meta.get_field("risk").verbose_name  # type: ignore[attr-defined]
    risk_level.admin_order_field = "risk"  # type: ignore[attr-defined]

    def flagged(self, case: Case) -> str:
        return ", ".join(flags_in_words(case, get_current_language()))

    flagged.short_description = Case._meta.get_field("flags").verbose_name  # type: ignore[attr-defined]

    def next_duty(self, case: Any) -> str:
        """Return the duty whose clock moves next, whose it is and when it does."""
        duty = case.duty
        if case.closed_at is not None or duty is None:
            return ""
        label = localize(duty.label, get_current_language())
        return format_html("{}<br>{}, {}", label, duty.get_owner_display(), day_and_hour(duty.next_mark_at))

    next_duty.short_description = _("next duty")  # type: ignore[attr-defined]

    def where(self, case: Case) -> str:
        return format_html("{}<br>{}", case.municipality, case.unit)

    where.short_description = _("municipality and unit")  # type: ignore[attr-defined]

    def leading(self, case: Case) -> str:
        """Return who of the unit follows the person."""
        lead = case.lead_worker
        return lead.get_full_name() or lead.get_username()

    leading.short_description = Case._meta.get_field("lead").verbose_name  # type: ignore[attr-defined]

    def opened(self, case: Case) -> str:
        """Return when it was opened and, below, when it was closed."""
        opened = day_and_hour(case.opened_at)
        if not case.closed_at:
            return opened
        return format_html("{}<br>{} {}", opened, gettext("closed"), day_and_hour(case.closed_at))

    opened.short_description = Case._meta.get_field("opened_at").verbose_name  # type: ignore[attr-defined]

    def page(self, case: Case) -> str:
        return case_link(case.reference)

    page.short_description = Case._meta.get_field("reference").verbose_name  # type: ignore[attr-defined]


def _late(now: datetime) -> models.Q:
    """Build the condition that a notice bearing a duty of the case should have been answered by now."""
    late = bearing_duty().filter(state__in=AWAITING_ANSWER, answer_by__lte=now)
    return models.Q(pk__in=late.values("case_id"))


def _breached(now: datetime) -> models.Q:
    return models.Q(pk__in=Deadline.objects.unmet().order_by().filter(breach_at__lte=now).values("case_id"))
