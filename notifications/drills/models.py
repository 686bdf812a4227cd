"""When a region has its drills, each drill, and what became of it by role and way."""

import uuid
from datetime import datetime, time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import Region
from notifications.directory.models import Contact, Partner, Role

LAST_DAY = 28  # every month has it
SHORTEST, LONGEST = 10, 240  # minutes
EARLIEST, LATEST = time(7), time(18)  # of a drill by plan: a drill is no reason to wake anybody


class DrillPlan(models.Model):
    """When drills are held in a region; a region without a row has none.

    Each month, on the first working day from `day` on, begun between two local times of day. Its notices are open for
    `minutes`. `climbs`: whoever doesn't answer is reminded and passed over as with a real notice; else nobody is.
    `on_since`: from when on a month without a drill counts as missed.
    """

    region = models.OneToOneField(Region, models.CASCADE, related_name="drill_plan", verbose_name=_("region"))
    is_on = models.BooleanField(_("hold a drill each month"), default=False)
    on_since = models.DateTimeField(null=True, blank=True, editable=False)
    day = models.PositiveSmallIntegerField(_("from this day of the month on"), default=10)
    hours_from = models.TimeField(_("from (time of day)"), default=time(10))
    hours_until = models.TimeField(_("until (time of day)"), default=time(15))
    minutes = models.PositiveSmallIntegerField(_("minutes to open and answer"), default=30)
    climbs = models.BooleanField(_("practise the escalation, too"), default=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("plan of drills")
        verbose_name_plural = _("plans of drills")
        ordering = ["region"]
        constraints = [
            models.CheckConstraint(name="drill_day_of_every_month", condition=Q(day__gte=1, day__lte=LAST_DAY)),
            models.CheckConstraint(name="drill_hours_in_order", condition=Q(hours_from__lt=F("hours_until"))),
            models.CheckConstraint(name="drill_minutes", condition=Q(minutes__gte=SHORTEST, minutes__lte=LONGEST)),
            models.CheckConstraint(name="drill_on_since_known", condition=Q(is_on=False) | Q(on_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.region}"

    def clean(self) -> None:
        errors = {}
        if not 1 <= (self.day or 0) <= LAST_DAY:
            errors["day"] = _("Choose a day from 1 to 28, which every month has.")
        if not SHORTEST <= (self.minutes or 0) <= LONGEST:
            errors["minutes"] = _("Choose from 10 to 240 minutes.")
        if self.hours_from and self.hours_until:
            if self.hours_from >= self.hours_until:
                errors["hours_until"] = _("The second time must be later than the first one.")
            elif self.hours_from < EARLIEST or self.hours_until > LATEST:
                errors["hours_from"] = _("Choose times between 7:00 and 18:00: a drill wakes nobody.")
        if errors:
            raise ValidationError(errors)


class DrillState(models.TextChoices):
    WAITING = "waiting", _("begins shortly")
    RUNNING = "running", _("in progress")
    PASSED = "passed", _("went well")
    UNANSWERED = "unanswered", _("went out, but not everybody opened it")
    FAILED = "failed", _("failed")
    MISSED = "missed", _("not held")


S = DrillState

UNENDED = (S.WAITING, S.RUNNING)
# What people must hear of; the operator, whose machine may be the reason, only of those in FAULTS.
BAD = (S.UNANSWERED, S.FAILED, S.MISSED)
FAULTS = (S.FAILED, S.MISSED)


class DrillRunQuerySet(models.QuerySet["DrillRun"]):
    def ended(self) -> "DrillRunQuerySet":
        return self.exclude(state__in=UNENDED)

    def newest(self) -> "DrillRunQuerySet":
        """Return each region's last drill that has ended."""
        of_region = DrillRun.objects.ended().filter(region=OuterRef("region")).order_by("-ended_at", "-pk")
        return self.filter(pk=Subquery(of_region.values("pk")[:1]))


class DrillRun(models.Model):
    """One drill of a region: by plan (`month` such as "2026-11"), or asked for by somebody (`asked_by`; no month).

    `case_id` is its marked case's, null where it never began. `reason`: a code, why it failed (`words.REASONS`).
    `alarm_at`: when the coordinators are to be mailed of it next; null when nothing, or nothing more, is to be said.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, models.CASCADE, related_name="drills", verbose_name=_("region"))
    month = models.CharField(_("month"), max_length=7, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    state = models.CharField(_("state"), max_length=12, choices=DrillState.choices, default=DrillState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    case_id = models.UUIDField(null=True, blank=True, db_index=True)
    minutes = models.PositiveSmallIntegerField(default=30)
    climbs = models.BooleanField(default=False)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    begun_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    alarm_at = models.DateTimeField(null=True, blank=True)

    objects = DrillRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("drill")
        verbose_name_plural = _("drills")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["state", "ends_at"]), models.Index(fields=["region", "-ended_at"])]
        constraints = [
            # Whichever sweeper, worker or restart comes first: one in a month.
            models.UniqueConstraint(fields=["region", "month"], condition=~Q(month=""), name="one_drill_a_month"),
            models.UniqueConstraint(
                fields=["region"], condition=Q(state__in=["waiting", "running"]), name="one_drill_at_a_time"
            ),
            models.CheckConstraint(
                name="drill_known_state", condition=Q(state__in=[value for value, _label in DrillState.choices])
            ),
            models.CheckConstraint(
                name="drill_running_is_whole",
                condition=~Q(state="running")
                | Q(case_id__isnull=False, begun_at__isnull=False, ends_at__isnull=False, ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="drill_ended_has_time", condition=Q(state__in=["waiting", "running"]) | Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.asked_at:%Y-%m-%d}"


class DrillResult(models.Model):
    """What became of one notice of a drill by one way. Kept when the notice itself is forgotten.

    `channel` is "" where the directory named nobody. `taken_at`: a provider took it; `error_code`: why none did, or why
    it came back. `not_needed`: the notice had been opened before this way's turn.
    """

    run = models.ForeignKey(DrillRun, models.CASCADE, related_name="results", verbose_name=_("drill"))
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    office = models.ForeignKey(Partner, models.SET_NULL, null=True, related_name="+", verbose_name=_("partner"))
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+", verbose_name=_("recipient"))
    channel = models.CharField(_("way"), max_length=16, blank=True)
    not_needed = models.BooleanField(default=False)
    taken_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    awaits_answer = models.BooleanField(default=False)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("result of a drill")
        verbose_name_plural = _("results of drills")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.role} {self.channel}"

    @property
    def has_failed(self) -> bool:
        """Whether it didn't go out by this way, or came back."""
        return bool(self.error_code) or (self.taken_at is None and not self.not_needed)

    @property
    def was_met(self) -> bool:
        """Whether its recipient opened or answered it."""
        return self.opened_at is not None or self.answered_at is not None

    @property
    def is_unmet(self) -> bool:
        return self.awaits_answer and not self.was_met


def get_minutes(run: DrillRun, at: datetime | None) -> int | None:
    """Return how many minutes after its beginning something came, at least 0; None where it didn't."""
    if at is None or run.begun_at is None:
        return None
    return max(round((at - run.begun_at).total_seconds() / 60), 0)
