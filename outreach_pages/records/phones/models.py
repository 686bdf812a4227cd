"""Records that a phone delivered and that couldn't be stored as they came. Somebody of the unit decides about each."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from access.reach import get_unit_keys
from vault.fields import SealedJSONField

from ..models import InformativeSession


class ReturnedWhy(models.TextChoices):
    REFUSED = "refused", _("Something in it has to be corrected.")
    CONFIRM = "confirm", _("Something in it has to be confirmed.")
    CHANGED = "changed", _("The session was recorded by somebody else meanwhile. Compare before you save.")
    CANCELLED = "cancelled", _("The session is cancelled. Set it back to planned first, if it was held.")
    TOO_EARLY = "too_early", _("The session hasn't begun yet, by the service's clock.")
    REPORTED = "reported", _("The session has its report, which names another version of the kit.")
    NOT_THERE = "not_a_worker", _("Whoever wrote it doesn't work in the session's unit now.")
    ENDED = "device_ended", _("The phone had ended when it arrived.")
    RESCUED = "rescued", _("It wasn't finished on the phone.")
    NO_PLAN = "no_plan", _("Its session was planned on the phone, and that plan isn't entered yet.")
    SAME_TIME = "same_time", _("The unit has a session in this municipality at that time already.")


class PhoneRecordKind(models.TextChoices):
    RECORD = "record", _("what happened")
    PLAN = "plan", _("a plan")


class PhoneRecordQuerySet(models.QuerySet["PhoneRecord"]):
    def visible_to(self, user: User) -> "PhoneRecordQuerySet":
        """Return those of a worker's units. A coordinator records for no unit, and sees none."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(unit__in=get_unit_keys(user)))

    def waiting(self) -> "PhoneRecordQuerySet":
        return self.filter(ended_at__isnull=True)


class PhoneRecord(models.Model):
    """One of them. fields: [[name, value], …] as the page of its kind posts them; empty once it is decided.

    `user`: who wrote it. `session`: None where the phone named none that there is; of a plan, the session that it is by
    now. `named`: what a record's phone named, a session or a plan that may be still to come. `reminded_at`: when
    somebody was last mailed about it; `warned_at`: when it was first mailed that it is about to be deleted (`ending`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by"))
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("mobile unit"))
    session = models.ForeignKey(
        InformativeSession,
        models.PROTECT,
        related_name="phone_records",
        null=True,
        blank=True,
        verbose_name=_("informative session"),
    )
    named = models.UUIDField(null=True, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=8, choices=PhoneRecordKind.choices, default=PhoneRecordKind.RECORD)
    fields = SealedJSONField(default=list)
    reason = models.CharField(_("why it waits"), max_length=16, choices=ReturnedWhy.choices)
    arrived_at = models.DateTimeField(_("arrived at"), default=timezone.now)
    ended_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)

    objects = PhoneRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record from a phone")
        verbose_name_plural = _("records from phones")
        ordering = ["arrived_at"]

    def __str__(self) -> str:
        return f"{self.pk} {self.reason}"

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be decided about it now: its plan is still to come, or somebody has decided."""
        return self.ended_at is not None or self.reason == ReturnedWhy.NO_PLAN
