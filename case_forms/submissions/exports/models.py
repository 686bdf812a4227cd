"""Exports that are written in the background: their progress, and the file itself, sealed, until it expires."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from case_forms.form_builder.models import FormDefinition
from vault.fields import SealedBytesField

MAX_DURATION = timedelta(minutes=20)  # a task is killed after five; the queue may try it again once


def expiry() -> datetime:
    return timezone.now() + timedelta(hours=settings.EXPORT_HOURS)


class Format(models.TextChoices):
    CSV = "csv", _("CSV (one table for each group, in a zip)")
    XLSX = "xlsx", _("XLSX (one sheet for each group)")


class ExportQuerySet(models.QuerySet["AnswerExport"]):
    def visible_to(self, user: User) -> "ExportQuerySet":
        """Return a person's own exports; nobody downloads another's."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(by=user)

    def expired(self, now: datetime) -> "ExportQuerySet":
        return self.filter(expires_at__lte=now)

    def stuck(self, now: datetime) -> "ExportQuerySet":
        """Return exports that were begun and neither finished nor failed within MAX_DURATION."""
        return self.filter(ready_at__isnull=True, failed="", started_at__lte=now - MAX_DURATION)

    def never_begun(self, now: datetime) -> "ExportQuerySet":
        """Return exports that a worker should have begun long ago: the task was lost, or is an older release's."""
        waiting = self.filter(ready_at__isnull=True, failed="", started_at__isnull=True)
        return waiting.filter(created_at__lte=now - MAX_DURATION, expires_at__gt=now)


class AnswerExport(models.Model):
    """One export. `filters`: {"since", "until": day or None, "unit": slug or "", "drills": bool}; never an answer.

    Its state follows from its times: waiting, working, ready, failed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.ForeignKey(FormDefinition, models.PROTECT, related_name="exports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="answer_exports")
    filters = models.JSONField(default=dict)
    format = models.CharField(max_length=4, choices=Format.choices)
    labels = models.BooleanField(default=True)
    language = models.CharField(max_length=10)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    failed = models.CharField(max_length=40, blank=True)
    expires_at = models.DateTimeField(default=expiry, db_index=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export of answers")
        verbose_name_plural = _("exports of answers")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="export_is_ready_or_failed", condition=models.Q(ready_at__isnull=True) | models.Q(failed="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.form.key} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        if self.failed:
            return "failed"
        if self.ready_at:
            return "ready"
        return "working" if self.started_at else "waiting"

    @property
    def filename(self) -> str:
        ending = "xlsx" if self.format == Format.XLSX else "zip"
        return f"{self.form.key}-{timezone.localtime(self.created_at):%Y%m%d-%H%M}.{ending}"


class ExportPart(models.Model):
    """A piece of an export's file, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(AnswerExport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = SealedBytesField()

    class Meta:
        verbose_name = _("part of an export")
        verbose_name_plural = _("parts of exports")
        ordering = ["export", "number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_export_part_per_number")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"
