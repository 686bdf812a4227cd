"""Legal holds: while one stands, nothing of its case is forgotten."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault.fields import SealedTextField


class CaseHoldQuerySet(models.QuerySet["CaseHold"]):
    def standing(self) -> "CaseHoldQuerySet":
        return self.filter(lifted_at__isnull=True)


class CaseHold(models.Model):
    """A reason why a case may not be forgotten yet, such as open proceedings. One person places it, two lift it.

    `words`, sealed: why. `lift_asked_by`: who has asked that it ends; `lifted_by`: somebody else, who agreed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="holds", verbose_name=_("case"))
    words = SealedTextField(_("why"), owner="case_id")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(_("placed at"), default=timezone.now)
    lift_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lift_asked_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)

    objects = CaseHoldQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("hold on a case")
        verbose_name_plural = _("holds on cases")
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(lifted_at__isnull=True), name="one_standing_hold_for_each_case"
            ),
            models.CheckConstraint(
                # In the database too: nobody lifts alone what keeps evidence.
                name="case_hold_is_lifted_by_two",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lift_asked_by__isnull=False) & ~Q(lifted_by=F("lift_asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.placed_at:%Y-%m-%d}"
