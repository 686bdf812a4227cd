"""An office that an upgrade set inactive, because another one of its role answered for the same area."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OfficeConflict(models.Model):
    """A pair of such offices, shown at the start page until two people have checked it.

    `were_moved`: the office that was set inactive has no people. An earlier release may have moved them, with their
    shifts, to the one that stayed, so each of those has to be looked at too.
    """

    kept = models.ForeignKey(
        "directory.Partner", models.CASCADE, related_name="+", verbose_name=_("office that stayed")
    )
    switched_off = models.OneToOneField(
        "directory.Partner", models.CASCADE, related_name="conflict", verbose_name=_("office switched off")
    )
    were_moved = models.BooleanField(default=False)
    found_at = models.DateTimeField(default=timezone.now)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "directory"
        verbose_name = _("two offices for one area")
        verbose_name_plural = _("two offices for one area")
        ordering = ["found_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="office_conflict_takes_two",
                condition=Q(confirmed_by__isnull=True)
                | (Q(checked_by__isnull=False) & ~Q(confirmed_by=F("checked_by"))),
            )
        ]

    def __str__(self) -> str:
        return f"{self.switched_off_id} {self.found_at:%Y-%m-%d}"
