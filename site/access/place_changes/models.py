"""A change of a unit or a place that waits for a second person, or that was decided."""

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


class PlaceKind(models.TextChoices):
    """The kind of row that is changed: its model's name."""

    UNIT = "mobileunit", _("mobile unit")
    MUNICIPALITY = "municipality", _("municipality")
    REGION = "region", _("region")


class PlaceDecision(models.TextChoices):
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ALONE = "alone", _("made at once")  # a number that was taken away


class PlaceChangeQuerySet(models.QuerySet["PlaceChange"]):
    def waiting(self) -> "PlaceChangeQuerySet":
        return self.filter(decision=PlaceDecision.WAITING)


class PlaceChange(models.Model):
    """What one manager asked for, and what another one decided.

    `values` is sealed, so that one can show later where calls and notices went, and nobody reads it off a backup:

        {"before": {column: value}, "after": {column: value}, "names": {"place": name, "directorates": {key: name}}}

    with only the columns that change (`police_directorate_id`, not the directorate's name). `names`: as they were when
    it was asked for. `mailed`, `tried_at`: state of the mails (`mails.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=PlaceKind.choices)
    entry_id = models.BigIntegerField()
    values = SealedJSONField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    mailed_at = models.DateTimeField(null=True, editable=False)  # when everybody concerned had been mailed
    decision = models.CharField(
        _("decision"), max_length=12, choices=PlaceDecision.choices, default=PlaceDecision.WAITING
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = PlaceChangeQuerySet.as_manager()

    class Meta:
        app_label = "access"
        verbose_name = _("change of a unit or place")
        verbose_name_plural = _("changes of units and places")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["decision", "-asked_at"])]
        constraints = [
            models.CheckConstraint(
                name="place_change_takes_two",
                condition=Q(decision__in=["waiting", "withdrawn", "alone"]) | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="place_change_is_decided_whole",
                condition=Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            # one request for each row waits at a time: a new one replaces the one before
            models.UniqueConstraint(
                name="one_place_change_waits", fields=["kind", "entry_id"], condition=Q(decision="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"

    def names(self) -> dict[str, Any]:
        """Return the names of the place and the directorates at the time of asking; {} when they can't be read."""
        try:
            return dict(self.values.get("names", {}))
        except (SealBroken, KeyRingError):
            return {}

    def sides(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the values before and after the change; None when the seal can't be opened."""
        try:
            return self.values["before"], self.values["after"]
        except (SealBroken, KeyRingError):
            return None
