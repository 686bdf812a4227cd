"""What each receiver of webhooks about public content is owed."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PublishWebhookQuerySet(models.QuerySet["PublishWebhook"]):
    def owed(self) -> "PublishWebhookQuerySet":
        return self.filter(next_try_at__isnull=False)

    def due(self, now: datetime) -> "PublishWebhookQuerySet":
        return self.filter(next_try_at__lte=now)


class PublishWebhook(models.Model):
    """One receiver of the settings, by its name; never its address, which may be a secret.

    `kinds`, `languages`: of what has changed since a webhook was last taken. `reference`: drawn anew by each change; it
    is part of the webhook's id, so that what is tried again has the same one. `next_try_at` null: nothing is tried,
    since nothing is owed, or it was given up until something changes again. `tries`: of this webhook, with one on its
    way.
    """

    name = models.CharField(_("name"), max_length=40, unique=True)
    kinds = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    reference = models.CharField(max_length=32, blank=True, default="")
    changed_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True, default="")

    objects = PublishWebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook about public content")
        verbose_name_plural = _("webhooks about public content")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="publish_webhook_owes_a_change",
                condition=Q(next_try_at__isnull=True) | (Q(changed_at__isnull=False) & ~Q(reference="")),
            )
        ]

    def __str__(self) -> str:
        return self.name
