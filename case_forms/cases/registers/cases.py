"""The register of cases."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import ButtonHelper

from access.languages import get_current_language
from access.models import User, localize
from notifications.outbox.labels import yes_or_no
from notifications.outbox.states import AWAITING_ANSWER

from ..labels import flags_in_words
from ..models import Case, Deadline
from ..urgency import URGENCIES, bearing_duty, with_urgency
from .base import Register, case_link, day_and_hour


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
        "opened",
    )
    list_display_add_buttons = "page"
    button_helper_class = PageFirst
    exact = ("status", "risk", "child_track", "formal_identification", "is_drill")
    date_field = "opened_at"
    list_select_related = ("municipality", "unit")
    search_fields = ("reference",)
    ordering = ("-opened_at",)
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

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        # One query for all rows of the page.
        owned = Deadline.objects.unmet().filter(next_mark_at__isnull=False).order_by("next_mark_at", "pk")
        return Case.objects.visible_to(user).prefetch_related(
            models.Prefetch("deadlines", owned.only("case_id", "label", "owner", "next_mark_at"), to_attr="duties")
        )

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        return models.Q(pk__in=cases.values("pk"))

    def overdue(self, now: datetime) -> "models.Q":
        return models.Q(closed_at__isnull=True) & (models.Q(_breached(now)) | models.Q(_late(now)))

    def with_urgency(self, rows: "models.QuerySet[Any]", now: datetime) -> "models.QuerySet[Any]":
        return with_urgency(rows, now)

    def urgency_of(self, row: Any) -> str:
        return "closed" if row.closed_at else URGENCIES[row.urgency]

    def reference_of(self, row: Any) -> str:
        return row.reference

    def on_child_track(self, case: Case) -> str:
        return yes_or_no(case.child_track)

    on_child_track.short_description = _("child")  # type: ignore[attr-defined]
    on_child_track.admin_order_field = "child_track"  # type: ignore[attr-defined]

    def risk_level(self, case: Case) -> str:
        return str(case.get_risk_display() or "")

    risk_level.short_description = Case._meta.get_field("risk").verbose_name  # type: ignore[attr-defined]
    risk_level.admin_order_field = "risk"  # type: ignore[attr-defined]

    def flagged(self, case: Case) -> str:
        return ", ".join(flags_in_words(case, get_current_language()))

    flagged.short_description = Case._meta.get_field("flags").verbose_name  # type: ignore[attr-defined]

    def next_duty(self, case: Any) -> str:
        """Return the duty whose clock moves next, whose it is and when it does."""
        if case.closed_at is not None or not case.duties:
            return ""
        duty = case.duties[0]
        label = localize(duty.label, get_current_language())
        return format_html("{}<br>{}, {}", label, duty.get_owner_display(), day_and_hour(duty.next_mark_at))

    next_duty.short_description = _("next duty")  # type: ignore[attr-defined]

    def where(self, case: Case) -> str:
        return format_html("{}<br>{}", case.municipality, case.unit)

    where.short_description = _("municipality and unit")  # type: ignore[attr-defined]
    where.admin_order_field = "municipality__name"  # type: ignore[attr-defined]

    def opened(self, case: Case) -> str:
        """Return when it was opened and, below, when it was closed."""
        opened = day_and_hour(case.opened_at)
        if not case.closed_at:
            return opened
        return format_html("{}<br>{} {}", opened, gettext("closed"), day_and_hour(case.closed_at))

    opened.short_description = Case._meta.get_field("opened_at").verbose_name  # type: ignore[attr-defined]
    opened.admin_order_field = "opened_at"  # type: ignore[attr-defined]

    def page(self, case: Case) -> str:
        return case_link(case.reference)

    page.short_description = Case._meta.get_field("reference").verbose_name  # type: ignore[attr-defined]
    page.admin_order_field = "reference"  # type: ignore[attr-defined]


def _late(now: datetime) -> models.Exists:
    """Build the condition that a notice bearing a duty of the outer query's case should have been answered by now."""
    late = bearing_duty().filter(state__in=AWAITING_ANSWER, answer_by__lte=now)
    return models.Exists(late.filter(case_id=models.OuterRef("pk")))


def _breached(now: datetime) -> models.Exists:
    unmet = Deadline.objects.unmet().filter(case=models.OuterRef("pk"))
    return models.Exists(unmet.filter(breach_at__lte=now))
