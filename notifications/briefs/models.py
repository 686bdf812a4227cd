"""PIN tries, so that guessing is throttled per link and per address."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.outbox.models import Notice


class PinTry(models.Model):
    """One PIN entered. `address_hash` is a keyed hash: addresses themselves aren't kept."""

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
