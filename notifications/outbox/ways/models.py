"""A notice's sending by one way beside e-mail: one row for each, in the transaction that owes the notice."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import ContactWay


class DispatchState(models.TextChoices):
    WAITING = "waiting", _("queued")
    SENDING = "sending", _("sending")
    TAKEN = "taken", _("sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")
    NOT_NEEDED = "not_needed", _("not needed any more")


D = DispatchState

PENDING = (D.WAITING, D.SENDING)


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def due(self, now: datetime) -> "DispatchQuerySet":
        """Return what may be sent: its time has come, or its holder's lease ran out."""
        return self.filter(Q(state=D.WAITING, next_attempt_at__lte=now) | Q(state=D.SENDING, lease_until__lte=now))


class Dispatch(models.Model):
    """One sending of a notice by one way. It has its own attempts, lease and fencing token, as a notice has.

    `number`: 1 for the first time that this notice takes this way, 2 for the next. `reference` is what a provider names
    it by in receipts and replies; it can't be guessed, and says nothing. `give_up_at`: after this it isn't tried any
    more, since an SMS about a notice of yesterday wakes nobody to any use. `error_code`: the last attempt's, never the
    other side's own text.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey("outbox.Notice", models.PROTECT, related_name="dispatches", verbose_name=_("notice"))
    way = models.ForeignKey(ContactWay, models.PROTECT, related_name="dispatches", verbose_name=_("way"))
    number = models.PositiveIntegerField(default=1)
    reference = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(_("channel"), max_length=16)
    state = models.CharField(_("state"), max_length=12, choices=D.choices, default=D.WAITING)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField()
    provider = models.CharField(max_length=40, blank=True)
    provider_id = models.CharField(max_length=100, blank=True)
    owed_at = models.DateTimeField(_("created at"), default=timezone.now)
    taken_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        app_label = "outbox"
        verbose_name = _("sending by another way")
        verbose_name_plural = _("sendings by other ways")
        ordering = ["owed_at", "pk"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["way", "taken_at"]),
            models.Index(fields=["provider", "provider_id"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["notice", "way", "number"], name="one_dispatch_per_way_and_sending"),
            models.CheckConstraint(
                name="dispatch_known_state", condition=Q(state__in=[value for value, _label in D.choices])
            ),
            models.CheckConstraint(
                name="dispatch_lease_only_while_sending",
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="dispatch_waiting_has_next_attempt",
                condition=~Q(state="waiting") | Q(next_attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="dispatch_sent_states_have_times",
                condition=(~Q(state__in=["taken", "delivered"]) | Q(taken_at__isnull=False))
                & (~Q(state="delivered") | Q(delivered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.channel} {self.state}"
