"""That something came in from a gateway, and what became of it: no text, no number."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.outbox.models import Dispatch, Notice
from vault import lasting


class InboundKind(models.TextChoices):
    SMS = "sms", "SMS"
    KEY = "key", _("pressed key")


class InboundOutcome(models.TextChoices):
    TAKEN = "taken", _("answered the notice")
    REFUSED = "refused", _("could not be taken any more")
    UNREADABLE = "unreadable", _("no answer")
    UNKNOWN = "unknown", _("no such code")
    WRONG_SENDER = "wrong_sender", _("not from the recipient's number")
    NOT_HERE = "not_here", _("needs the notice's page")


class InboundRecord(models.Model):
    """One SMS or key that came in.

    `key_hash`: a keyed hash of the gateway's name and its id for it, so that the same one twice is known; the id itself
    may hold a number. `notice` and `dispatch`: only where the sender was its recipient. `confirmed_at`: when an SMS was
    sent back, once for a notice; it is written before sending.
    """

    provider = models.CharField(max_length=40)
    key_hash = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=8, choices=InboundKind.choices)
    outcome = models.CharField(max_length=16, choices=InboundOutcome.choices)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    dispatch = models.ForeignKey(Dispatch, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("what came in")
        verbose_name_plural = _("what came in")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice"], condition=Q(confirmed_at__isnull=False), name="one_sms_back_for_each_notice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.outcome}"


lasting.register_hash_column(lasting.INBOUND, "inbound.InboundRecord", "key_hash")
