"""A change of the directory that waits for a second person, or that took effect at once in an emergency."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault.fields import SealedJSONField
from vault.keyring import KeyRingError
from vault.seal import SealBroken


class ChangedKind(models.TextChoices):
    """Which kind of entry is changed: the model's name."""

    PARTNER = "partner", _("partner")
    CONTACT = "contact", _("contact")
    SHIFT = "dutyshift", _("duty shift")
    LEAVE = "leave", _("leave of absence")
    WAY = "contactway", _("way to a contact")
    AGREEMENT = "agreement", _("agreement")
    AGREEMENT_RULE = "agreementrule", _("rule about agreements")


class Act(models.TextChoices):
    ADD = "add", _("add")
    CHANGE = "change", _("change")
    DELETE = "delete", _("delete")


class Decision(models.TextChoices):
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("ended by itself: nobody agreed in time")


class DirectoryChangeQuerySet(models.QuerySet["DirectoryChange"]):
    def waiting(self) -> "DirectoryChangeQuerySet":
        return self.filter(decision=Decision.WAITING)


class DirectoryChange(models.Model):
    """What one person asked for, and what another one decided.

    `entry_id` is the row's key, empty for a new one until it is made. `office_id` is the office concerned, empty for a
    new office. `values` is sealed, because it holds addresses and the hash of a PIN:

        {"before": {field: value}, "after": {field: value}, "concerned": {address: language},
         "contacts": {address: key of the contact}}

    with only the fields that change; values as JSON has them (keys of rows, ISO times). An emergency (`at_once`) took
    effect when it was asked for; a second person still agrees or undoes it, or it ends by itself (`emergency`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=ChangedKind.choices)
    act = models.CharField(_("what"), max_length=8, choices=Act.choices)
    entry_id = models.BigIntegerField(null=True, blank=True)
    office = models.ForeignKey(
        "directory.Partner", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("partner")
    )
    values = SealedJSONField()
    at_once = models.BooleanField(_("emergency"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    mailed_at = models.DateTimeField(null=True, editable=False)  # when everybody concerned had been mailed
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices, default=Decision.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = DirectoryChangeQuerySet.as_manager()

    class Meta:
        app_label = "directory"
        verbose_name = _("change of the directory")
        verbose_name_plural = _("changes of the directory")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["decision", "-asked_at"])]
        constraints = [
            models.CheckConstraint(
                # In the database too, so that no fault of ours lets somebody agree to their own change.
                name="directory_change_takes_two",
                condition=Q(decision__in=["waiting", "withdrawn"]) | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="directory_change_is_decided_whole",
                condition=Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision="ended", decided_by__isnull=True, decided_at__isnull=False)
                | (~Q(decision__in=["waiting", "ended"]) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"

    def sides(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the values before and after the change; None when the seal can't be opened."""
        try:
            return self.values["before"], self.values["after"]
        except (SealBroken, KeyRingError):
            return None
