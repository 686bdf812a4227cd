"""A wish for a new key of a webhook, which waits for a second person. The key itself is made when they agree."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..changes.models import Decision
from ..ways.models import ContactWay


class WebhookKeyRequest(models.Model):
    """What one person asked for, and what another one decided. Holds no key.

    `ends_old`: the keys until now end with the agreement, without an overlap, because one of them leaked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    way = models.ForeignKey(ContactWay, models.PROTECT, related_name="key_requests", verbose_name=_("way to a contact"))
    ends_old = models.BooleanField(_("the keys until now end at once"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices, default=Decision.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        app_label = "directory"
        verbose_name = _("request for a webhook's key")
        verbose_name_plural = _("requests for webhooks' keys")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["way"], condition=Q(decision="waiting"), name="one_key_request_waits_per_way"
            ),
            models.CheckConstraint(
                # In the database too, so that no fault of ours lets somebody agree to their own wish.
                name="webhook_key_takes_two",
                condition=Q(decision__in=["waiting", "withdrawn"]) | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="webhook_key_is_decided_whole",
                condition=Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way_id} {self.decision}"
