"""The register of referrals."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.outbox.states import OPEN

from ..models import Referral, ReferralState
from ..urgency import bearing_duty
from .base import Register, case_link, moment_column
from .exporting import ExportColumn, code_of, columns_of_case, moment_of
from .filters import marks_at


class ReferralRegister(Register):
    model = Referral
    menu_icon = "link-external"
    list_display = ("urgency", "partner", "of_case", "made", "answered")
    list_display_add_buttons = "partner"
    exact = ("state",)
    date_field = "made_at"
    list_select_related = ("case", "partner")
    search_fields = ("case__reference",)
    export_columns = (
        *columns_of_case(lambda referral: referral.case),
        ExportColumn(_("Partner"), lambda referral: referral.partner.slug),
        ExportColumn(_("Services"), lambda referral: " ".join(referral.services)),
        ExportColumn(_("Status"), code_of("state")),
        ExportColumn(_("Made"), moment_of("made_at")),
        ExportColumn(_("Answered"), moment_of("answered_at")),
    )
    export_related = (*Register.export_related, "partner")
    inspect_view_fields = ("case", "partner", "services", "state", "made_at", "answered_at")

    def rows(self) -> "models.QuerySet[Any]":
        return Referral.objects.defer("answer_note")

    def overdue(self, now: datetime) -> "models.Q":
        # The referral's notice may have gone on to a deputy; the chase's id stands on all of them.
        late = bearing_duty().filter(chase_id=models.OuterRef("notice_id"), state__in=OPEN, answer_by__lte=now)
        return models.Q(state=ReferralState.PENDING) & models.Q(models.Exists(late))

    def clock_at(self, colour: str, now: datetime) -> models.Q:
        # As `overdue`: the clock is that of whichever notice bears the referral now.
        waiting = bearing_duty().filter(chase_id=models.OuterRef("notice_id"), state__in=OPEN)
        marked = waiting.filter(marks_at(colour, now))
        return models.Q(state=ReferralState.PENDING) & models.Q(models.Exists(marked))

    def prepare(self, rows: "list[Any]", now: datetime) -> "list[Any]":
        keys = [row.pk for row in rows]
        late = set(Referral.objects.filter(self.overdue(now), pk__in=keys).order_by().values_list("pk", flat=True))
        for row in rows:
            row.is_late = row.pk in late
        return rows

    def urgency_of(self, row: Any) -> str:
        return "late" if row.is_late else f"referral_{row.state}"

    def reference_of(self, row: Any) -> str:
        return row.case.reference

    def of_case(self, referral: Referral) -> str:
        return case_link(referral.case.reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]

    made = moment_column("made_at")
    made.short_description = Referral._meta.get_field("made_at").verbose_name
    answered = moment_column("answered_at")
    answered.short_description = Referral._meta.get_field("answered_at").verbose_name
