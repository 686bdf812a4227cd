"""Who opened a brief, and who tried to: PIN tries and the sessions that a right PIN opens."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.outbox.models import Notice


class PinTry(models.Model):
    """One PIN entered. `address_hash` is a keyed hash: addresses themselves aren't kept.

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
    """What a right PIN opens: this one notice, in this one browser, until it is closed or silent for too long."""

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
