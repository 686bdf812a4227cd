"""An invitation to set a password, and a request to take away a second factor that somebody lost."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime | None = None) -> "InvitationQuerySet":
        """Invitations whose link still works."""
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at or timezone.now())


class Invitation(models.Model):
    """A link by mail with which one person sets their own password, once. Only the link's hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)  # the mail server took it
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        app_label = "access"
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, *, user: models.Model, made_by: models.Model | None) -> tuple["Invitation", str]:
        """A new invitation and its token, which can't be read again."""
        token = secrets.token_urlsafe(32)
        expires_at = timezone.now() + timedelta(hours=settings.INVITATION_HOURS)
        made = cls.objects.create(user=user, made_by=made_by, token_hash=cls.hash_of(token), expires_at=expires_at)
        return made, token


class FactorResetQuerySet(models.QuerySet["FactorReset"]):
    def waiting(self, at: datetime | None = None) -> "FactorResetQuerySet":
        """Requests that a second person can still decide."""
        oldest = (at or timezone.now()) - timedelta(hours=settings.FACTOR_RESET_HOURS)
        return self.filter(decided_at__isnull=True, asked_at__gt=oldest)


class FactorReset(models.Model):
    """One person asks that somebody's lost second factor is taken away; another one decides. Never the same, and never
    the person whose factor it is."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factor_resets")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_approved = models.BooleanField(null=True)

    objects = FactorResetQuerySet.as_manager()

    class Meta:
        app_label = "access"
        verbose_name = _("request to reset a second factor")
        verbose_name_plural = _("requests to reset a second factor")
        constraints = [
            models.CheckConstraint(
                name="factor_reset_takes_two",
                condition=~Q(asked_by=F("user"))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("user"))),
            ),
            models.CheckConstraint(
                name="factor_reset_is_decided_whole",
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, is_approved__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, is_approved__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.asked_at:%Y-%m-%d}"
