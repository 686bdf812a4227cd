"""The register of referrals."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.models import User
from notifications.outbox.states import OPEN

from ..models import Case, Referral, ReferralState
from ..urgency import bearing_duty
from .base import Register, case_link, moment_column


class ReferralRegister(Register):
    model = Referral
    menu_icon = "link-external"
    list_display = ("urgency", "partner", "of_case", "made", "answered")
    list_display_add_buttons = "partner"
    exact = ("state",)
    date_field = "made_at"
    list_select_related = ("case", "partner")
    search_fields = ("case__reference",)
    ordering = ("-made_at",)
    inspect_view_fields = ("case", "partner", "services", "state", "made_at", "answered_at")

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        return Referral.objects.filter(case__in=Case.objects.visible_to(user))

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        return models.Q(case__in=cases)

    def overdue(self, now: datetime) -> "models.Q":
        # The referral's notice may have gone on to a deputy; the chase's id stands on all of them.
        late = bearing_duty().filter(chase_id=models.OuterRef("notice_id"), state__in=OPEN, answer_by__lte=now)
        return models.Q(state=ReferralState.PENDING) & models.Q(models.Exists(late))

    def with_urgency(self, rows: "models.QuerySet[Any]", now: datetime) -> "models.QuerySet[Any]":
        yes, no = models.Value(True), models.Value(False)
        return rows.annotate(is_late=models.Case(models.When(self.overdue(now), then=yes), default=no))

    def urgency_of(self, row: Any) -> str:
        return "late" if row.is_late else f"referral_{row.state}"

    def reference_of(self, row: Any) -> str:
        return row.case.reference

    def of_case(self, referral: Referral) -> str:
        return case_link(referral.case.reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]
    of_case.admin_order_field = "case__reference"  # type: ignore[attr-defined]

    made = moment_column("made_at")
    made.short_description = Referral._meta.get_field("made_at").verbose_name
    answered = moment_column("answered_at")
    answered.short_description = Referral._meta.get_field("answered_at").verbose_name
