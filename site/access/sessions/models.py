"""Sessions of staff, the PIN that unlocks them, secrets and seals of second factors, and calls for help."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.sealed_rows import SealedQuerySet, SealedRow
from vault.fields import SealedTextField

KEPT = Q(ended_at__isnull=True)


class StaffSession(models.Model):
    """One sign-in on one device. The Django session carries this row's id; an ended row opens nothing any more.

    `device` is a browser and a system in words, from the User-Agent header; no network address is stored.
    """

    class Ended(models.TextChoices):
        SIGNED_OUT = "signed_out", _("signed out there")
        BY_OWNER = "by_owner", _("ended from another device")
        BY_KEEPERS = "by_keepers", _("ended by two keepers")
        WRONG_PINS = "wrong_pins", _("ended after wrong PINs")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_sessions")
    device = models.CharField(max_length=80, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    # Not in the session's own data, which a concurrent request could write back as it was.
    is_locked = models.BooleanField(default=False)
    in_duress = models.BooleanField(default=False)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=16, choices=Ended.choices, blank=True, default="")

    class Meta:
        app_label = "access"
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-seen_at"]
        constraints = [
            models.CheckConstraint(
                name="staff_session_ends_for_a_reason",
                condition=Q(ended_at__isnull=True, ended_why="") | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
            )
        ]
        indexes = [models.Index(fields=["user", "-seen_at"], condition=KEPT, name="staff_session_open")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class StaffPin(models.Model):
    """The short PIN with which a person unlocks their own session, as argon2 hashes.

    `duress` is always a hash, of a random text where no duress PIN was chosen: the table doesn't show who has one.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="pin")
    pin = models.CharField(max_length=256)
    duress = models.CharField(max_length=256)
    ask_at_sign_in = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "access"
        verbose_name = _("PIN")
        verbose_name_plural = _("PINs")

    def __str__(self) -> str:
        return str(self.user_id)


class DuressAlarm(models.Model):
    """A call for help by duress PIN. The person's coordinators are mailed until one of them acknowledges it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="duress_alarms")
    at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)  # rounds of mails that went out
    next_try_at = models.DateTimeField(null=True, default=timezone.now)
    told_at = models.DateTimeField(null=True)  # when the mail server took the first of them
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "access"
        verbose_name = _("call for help")
        verbose_name_plural = _("calls for help")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                name="duress_alarm_is_seen_by_another",
                condition=Q(seen_by__isnull=True, seen_at__isnull=True)
                | (Q(seen_by__isnull=False, seen_at__isnull=False) & ~Q(seen_by=F("user"))),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d %H:%M}"


class FactorSecret(models.Model):
    """The sealed secret of an authenticator app or of recovery codes. allauth's row names this one (`factors`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = SealedTextField()

    class Meta:
        app_label = "access"
        verbose_name = _("secret of a second factor")
        verbose_name_plural = _("secrets of second factors")

    def __str__(self) -> str:
        return str(self.pk)


class FactorSeal(SealedRow):
    """Binds a second factor, which is allauth's row, to its owner and to what it holds (`factors`)."""

    factor = models.OneToOneField("mfa.Authenticator", models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)  # SHA-256 of its kind and its data

    SEALED = ("factor_id", "owner_id", "digest")

    objects = SealedQuerySet["FactorSeal"].as_manager()

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("seal of a second factor")
        verbose_name_plural = _("seals of second factors")

    def __str__(self) -> str:
        return str(self.factor_id)
