"""A phone or browser on which one of our own people is woken."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import Assignment
from access.sessions.models import StaffSession
from vault.fields import SealedJSONField

# A session's cookie is over after half a day, and the night is when a phone must be woken. So a phone outlasts the
# cookie, though not a session that somebody ended, and not for longer than this without signing in on it again.
MAX_AGE = timedelta(days=30)


class StaffPhoneQuerySet(models.QuerySet["StaffPhone"]):
    def counted(self, now: datetime) -> "StaffPhoneQuerySet":
        """Return those that may be woken: signed in there, not signed out since, and still one of us."""
        return self.filter(
            session__ended_at__isnull=True,
            session__started_at__gt=now - MAX_AGE,
            user__is_active=True,
            user__in=Assignment.objects.current().values("user"),
        )

    def due(self, now: datetime) -> "StaffPhoneQuerySet":
        return self.counted(now).filter(owed_at__isnull=False, next_try_at__lte=now)


class StaffPhone(models.Model):
    """One browser of one person, bound to the session in which it was added, or last signed in.

    `secret`: {"endpoint", "p256dh", "auth"}, sealed. `endpoint_hash`: so that one browser wakes for one person only.
    `browser_hash`: of the cookie by which signing in on it again is known. `owed_at`: since when something waits to be
    said; null: nothing. However much happens meanwhile, it is one push, and the next comes PAUSE later.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="phones")
    session = models.ForeignKey(StaffSession, models.CASCADE, related_name="phones")
    name = models.CharField(_("name"), max_length=60)
    secret = SealedJSONField(null=True, editable=False)
    endpoint_hash = models.CharField(max_length=64, unique=True)
    browser_hash = models.CharField(max_length=64)
    only_alarms = models.BooleanField(_("only alarms"), default=False)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    owed_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    woken_at = models.DateTimeField(_("woken at"), null=True, blank=True)

    objects = StaffPhoneQuerySet.as_manager()

    class Meta:
        app_label = "directory"
        verbose_name = _("phone of a member of staff")
        verbose_name_plural = _("phones of staff")
        ordering = ["added_at", "pk"]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(owed_at__isnull=False), name="staff_phone_due")]
        constraints = [
            models.CheckConstraint(
                name="staff_phone_owes_at_a_time",
                condition=Q(owed_at__isnull=True, next_try_at__isnull=True)
                | Q(owed_at__isnull=False, next_try_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"
