"""PIN tries, the sessions that a right PIN opens, reports added to a notice, and what a corrected brief said before."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.outbox.models import Notice
from vault.fields import SealedJSONField


class PinTry(models.Model):
    """One PIN entered. `address_hash` is a keyed hash: addresses themselves aren't stored.

    Written as failed before the PIN is compared, so that tries made side by side count each other.
    """

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="pin_tries")
    address_hash = models.CharField(max_length=100, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    succeeded = models.BooleanField()

    class Meta:
        verbose_name = _("PIN try")
        verbose_name_plural = _("PIN tries")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.at:%H:%M:%S}"


class BriefSession(models.Model):
    """The session that a right PIN opens: one notice, in one browser, until it is closed or idle for too long."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="sessions")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("brief session")
        verbose_name_plural = _("brief sessions")
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.opened_at:%H:%M:%S}"


class FurtherReport(models.Model):
    """A later report about the same place, added to an open notice instead of getting a notice and a clock of its own.

    `notice` is the first of its escalation chain: whoever is notified in it reads this too. `source_id` and `event_id`
    say what it is about and which event brought it (this room knows nothing of either), `origin` where it came from, as
    a code. `brief` is what the notice's role may read, composed as a notice's. `alarm_due_at`: the recipients are sent
    a new mail for it, and haven't been yet; `alarmed_at`: when they were. `settled_at`: somebody takes care of it.
    `like`: the first report of this notice with about the same text; null: this is the first. `flood_at`: a recipient
    marked it as part of a flood (`floods`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="further_reports")
    source_id = models.UUIDField(db_index=True)
    event_id = models.UUIDField()
    reference = models.CharField(max_length=8)
    origin = models.CharField(max_length=40, blank=True)
    is_urgent = models.BooleanField(default=False)
    brief = SealedJSONField(owner="source_id")
    at = models.DateTimeField(default=timezone.now)
    alarm_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    like = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    flood_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("further report")
        verbose_name_plural = _("further reports")
        ordering = ["-at"]
        indexes = [models.Index(fields=["notice", "-at"]), models.Index(fields=["event_id"])]
        constraints = [
            models.UniqueConstraint(fields=["notice", "event_id"], name="one_further_report_per_event"),
            models.CheckConstraint(
                name="further_report_is_alarmed_once",
                condition=models.Q(alarm_due_at__isnull=True) | models.Q(alarmed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice.code} + {self.reference}"


class EarlierBrief(models.Model):
    """What a notice's brief said before the form behind it was corrected.

    `event_id`: the event that the correction is. `seen_at`: when its recipient had opened the notice; null: nobody had
    read this version. It is shown to them beside the corrected one, so that they see what has changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="earlier_briefs")
    event_id = models.UUIDField()
    brief = SealedJSONField(owner="notice.case_id")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("earlier brief")
        verbose_name_plural = _("earlier briefs")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["notice", "event_id"], name="one_earlier_brief_per_correction")]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.at:%Y-%m-%d %H:%M}"


class ProtocolYear(models.Model):
    """The last protocol number that was given in a year."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("year of protocol numbers")
        verbose_name_plural = _("years of protocol numbers")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class ProtocolNumber(models.Model):
    """The number under which a notice on paper stands in the organisation's register (`protocol`)."""

    notice = models.OneToOneField(Notice, models.PROTECT, primary_key=True, related_name="protocol_number")
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("protocol number")
        verbose_name_plural = _("protocol numbers")
        ordering = ["year", "number"]
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="one_notice_per_protocol_number")]

    def __str__(self) -> str:
        return f"{self.number}/{self.year}"


# The models of this room's packages belong to its app, too.
from .talk.models import AwaitedOutcome, TalkMessage, TalkNotice, UnreadAcceptance  # noqa: E402,F401
