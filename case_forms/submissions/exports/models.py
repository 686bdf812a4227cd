"""Exports that are written in the background: their progress, and the file itself, sealed, until it expires."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import StaffRole, User
from approvals.requests import ReasonedRequest
from case_forms.form_builder.models import FormDefinition
from vault.fields import SealedBytesField, SealedJSONField

MAX_ALONE = 20  # submissions with names that one person takes out in ALONE_WITHIN without a second
ALONE_WITHIN = timedelta(days=30)
WAITS = timedelta(days=7)  # how long a request waits for the second person
KEPT = timedelta(days=365)  # how long it is known who took names out, and why; the file itself lies for hours
MAX_DURATION = timedelta(minutes=20)  # a task is killed after five; the queue may try it again once


def expiry() -> datetime:
    return timezone.now() + timedelta(hours=settings.EXPORT_HOURS)


class Format(models.TextChoices):
    CSV = "csv", _("CSV (one table for each group, in a zip)")
    XLSX = "xlsx", _("XLSX (one sheet for each group)")


class Reason(models.TextChoices):
    """Why answers are taken out with names and typed texts. It stands in the record; the words beside it are sealed."""

    AUTHORITY = "authority", _("A court, a prosecutor or an authority asks for it by law")
    CHECK = "check", _("To check our own register, or to put it right")
    CONTINUITY = "continuity", _("Another service takes over the work with these people")
    OTHER = "other", _("Another reason")


class Decision(models.TextChoices):
    """What a second person decided; none is needed of a file without names, or of a few submissions."""

    NONE = "", _("not needed")
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")


class ExportQuerySet(models.QuerySet["AnswerExport"]):
    def visible_to(self, user: User) -> "ExportQuerySet":
        """Return a person's own exports; nobody downloads another's."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(by=user)

    def expired(self, now: datetime) -> "ExportQuerySet":
        """Return exports that are over; of those with names only once nobody needs to know of them any more."""
        return self.filter(expires_at__lte=now).exclude(with_names=True, expires_at__gt=now - KEPT)

    def to_empty(self, now: datetime) -> "ExportQuerySet":
        """Return exports with names whose file is over and still there."""
        return self.filter(with_names=True, expires_at__lte=now, parts__isnull=False).distinct()

    def to_decide(self, user: User, now: datetime) -> "ExportQuerySet":
        """Return what waits for this person as the second one: any coordinator's but whoever asked."""
        if not user.is_active or not user.has_role(StaffRole.COORDINATOR):
            return self.none()
        return self.filter(decision=Decision.WAITING, expires_at__gt=now).exclude(by=user)

    def taken_alone(self, user: User, since: datetime) -> int:
        """Return how many submissions this person took out with names since then without a second person."""
        alone = self.filter(by=user, with_names=True, decision=Decision.NONE, created_at__gt=since)
        return alone.aggregate(total=models.Sum("total"))["total"] or 0

    def stuck(self, now: datetime) -> "ExportQuerySet":
        """Return exports that were begun and neither finished nor failed within MAX_DURATION."""
        return self.filter(ready_at__isnull=True, failed="", started_at__lte=now - MAX_DURATION)

    def never_begun(self, now: datetime) -> "ExportQuerySet":
        """Return exports that a worker should have begun long ago: the task was lost, or is an older release's."""
        waiting = self.filter(ready_at__isnull=True, failed="", started_at__isnull=True)
        waiting = waiting.filter(decision__in=[Decision.NONE, Decision.AGREED])
        return waiting.filter(created_at__lte=now - MAX_DURATION, expires_at__gt=now)


class AnswerExport(ReasonedRequest):
    """One export. `filters`: {"since", "until": day or None, "unit": slug or "", "drills": bool}; never an answer.

    `with_names`: whether what says who somebody is, and what was typed, is in it; then `reason` says why, and `words`,
    sealed: {"reason", "answer"}, in whose words. Of more than MAX_ALONE submissions another coordinator decides.
    Its state follows from its times and its decision: asked, refused, waiting, working, ready, failed, over.
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
    with_names = models.BooleanField(_("with names"), default=False, db_default=False)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True, db_default="")
    words = SealedJSONField(null=True, blank=True)
    decision = models.CharField(
        _("decision"), max_length=12, choices=Decision.choices, default=Decision.NONE, blank=True, db_default=""
    )

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export of answers")
        verbose_name_plural = _("exports of answers")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="export_is_ready_or_failed", condition=models.Q(ready_at__isnull=True) | models.Q(failed="")
            ),
            models.CheckConstraint(
                # In the database too: no fault of ours lets somebody alone take many people's names out.
                name="export_of_names_takes_two",
                condition=Q(with_names=False, decision="", reason="")
                | (
                    Q(with_names=True)
                    & ~Q(reason="")
                    & (Q(ready_at__isnull=True) | Q(decision="agreed") | Q(decision="", total__lte=MAX_ALONE))
                ),
            ),
            models.CheckConstraint(
                name="export_is_decided_by_another",
                condition=Q(decision__in=["", "waiting"], decided_by__isnull=True, decided_at__isnull=True)
                | (
                    Q(decision__in=["agreed", "refused"], decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decided_by=F("by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form.key} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        if self.failed:
            return "failed"
        if self.expires_at <= timezone.now():
            return "over"
        if self.decision in (Decision.WAITING, Decision.REFUSED):
            return "asked" if self.decision == Decision.WAITING else "refused"
        if self.ready_at:
            return "ready"
        return "working" if self.started_at else "waiting"

    @property
    def filename(self) -> str:
        ending = "xlsx" if self.format == Format.XLSX else "zip"
        kind = "-with-names" if self.with_names else ""
        return f"{self.form.key}{kind}-{timezone.localtime(self.created_at):%Y%m%d-%H%M}.{ending}"


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
