"""A wish for a new key of a webhook, which waits for a second person. The key itself is made when they agree."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.requests import Decision, Request, RequestQuerySet, decided_whole, decision_field, takes_two

from ..ways.models import ContactWay


class WebhookKeyRequest(Request):
    """What one person asked for, and what another one decided. Holds no key.

    `ends_old`: the keys until now end with the agreement, without an overlap, because one of them leaked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    way = models.ForeignKey(ContactWay, models.PROTECT, related_name="key_requests", verbose_name=_("way to a contact"))
    ends_old = models.BooleanField(_("the keys until now end at once"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    decision = decision_field(Decision.ENDED)

    objects = RequestQuerySet["WebhookKeyRequest"].as_manager()

    class Meta:
        app_label = "directory"
        verbose_name = _("request for a webhook's key")
        verbose_name_plural = _("requests for webhooks' keys")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["way"], condition=Q(decision="waiting"), name="one_key_request_waits_per_way"
            ),
            takes_two("webhook_key_takes_two"),
            decided_whole("webhook_key_is_decided_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.way_id} {self.decision}"
