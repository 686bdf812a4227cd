"""Breaches of personal data with what was written about each, and snapshots of the record of processing."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault.fields import SealedJSONField


class Decision(models.TextChoices):
    OPEN = "open", _("not decided yet")
    NOTIFIED = "notified", _("the Commissioner was notified")
    NOT_NEEDED = "not_needed", _("no notice is needed: no risk to anybody")


class Told(models.TextChoices):
    OPEN = "open", _("not decided yet")
    TOLD = "told", _("the persons were informed")
    NOT_SAFE = "not_safe", _("not informed: it would put them in danger")
    NOT_NEEDED = "not_needed", _("not informed: no high risk to them")


class Breach(models.Model):
    """One breach. What is known about it stands in its entries; the newest one holds.

    `due_at`: 72 hours after it became known. `next_reminder_at`: null once it is decided whether the Commissioner is
    notified.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    known_at = models.DateTimeField(_("became known"))
    due_at = models.DateTimeField(_("to be notified by"))
    next_reminder_at = models.DateTimeField(null=True, blank=True, db_index=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("breach of personal data")
        verbose_name_plural = _("breaches of personal data")
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.number)


class BreachEntry(models.Model):
    """What was known of a breach at one moment. Rows are only added (`triggers`): a correction is another entry.

    `kinds`, `categories`: codes of `choices`. `people`: how many persons it concerns, null when nobody knows. `words`,
    sealed: {"what", "consequences", "measures", "reason", "protocol"}; no names of the persons belong in them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    breach = models.ForeignKey(Breach, models.PROTECT, related_name="entries", verbose_name=_("breach"))
    kinds = models.JSONField(default=list)
    categories = models.JSONField(default=list)
    people = models.PositiveIntegerField(_("persons"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices, default=Decision.OPEN)
    notified_at = models.DateTimeField(_("notified at"), null=True, blank=True)
    told = models.CharField(_("persons informed"), max_length=12, choices=Told.choices, default=Told.OPEN)
    words = SealedJSONField(default=dict)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("entry of a breach")
        verbose_name_plural = _("entries of a breach")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="breach_notified_says_when",
                condition=Q(decision="notified", notified_at__isnull=False)
                | (~Q(decision="notified") & Q(notified_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.breach} {self.written_at:%Y-%m-%d %H:%M}"


class ProcessingSnapshot(models.Model):
    """The record of processing as it was generated at one moment (`record.build_record`), when it had changed.

    `sha256`: of its canonical JSON. Rows are only added.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    sha256 = models.CharField(_("sha256"), max_length=64)
    content = models.JSONField()

    class Meta:
        verbose_name = _("snapshot of the record of processing")
        verbose_name_plural = _("snapshots of the record of processing")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.sha256[:8]}"
