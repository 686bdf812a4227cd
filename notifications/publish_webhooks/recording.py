"""Note that public content has changed, once the change is committed: each receiver is owed one webhook about it.

What changes within GATHERING becomes one webhook. While one is tried again, another change takes its place: what is
said is the newest state, and all kinds since a webhook was last taken.
"""

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from access.languages import LANGUAGES
from audit import clock
from content.public_changes import public_content_changed
from notifications.outbox.queueing import enqueue_bulk

from .models import PublishWebhook
from .receivers import ReceiverInvalid, get_receivers

GATHERING = timedelta(seconds=5)
# A webhook that leaves sooner than this may be on its way when a change is noted.
MARGIN = timedelta(seconds=1)
SEND = "notifications.publish_webhooks.sending.send_gathered"

log = structlog.get_logger(__name__)


@receiver(public_content_changed, dispatch_uid="publish_webhooks.public_content_changed")
def note_change(kind: str, language: str, **_more: Any) -> None:
    """Note a change of this kind once the transaction is committed. Costs nothing where nobody is told."""
    if settings.PUBLISH_WEBHOOKS and not clock.is_imagined():
        transaction.on_commit(partial(_record, kind, [language] if language else list(LANGUAGES)))


def _record(kind: str, languages: list[str]) -> None:
    try:
        woken = [_owe(each.name, kind, languages, timezone.now()) for each in get_receivers()]
        if any(woken):
            # No broker: the sending of each minute finds it.
            enqueue_bulk(SEND, "")
    except (DatabaseFailure, ReceiverInvalid) as error:
        # What an editor has published is published: their page mustn't answer with an error because of a webhook.
        log.error("publish_webhook_not_noted", code=type(error).__name__)


def _owe(name: str, kind: str, languages: list[str], now: datetime) -> bool:
    """Note it for this receiver. Return whether a sending must be started."""
    with transaction.atomic():
        row, _made = PublishWebhook.objects.select_for_update().get_or_create(name=name)
        leaves_at = row.next_try_at if row.tries == 0 else None
        is_gathering = leaves_at is not None
        is_known = kind in row.kinds and set(languages) <= set(row.languages)
        if leaves_at is not None and is_known and leaves_at > now + MARGIN:
            return False
        row.kinds = sorted({*row.kinds, kind})
        row.languages = sorted({*row.languages, *languages})
        row.reference, row.changed_at = secrets.token_hex(16), now
        changed = ["kinds", "languages", "reference", "changed_at"]
        if not is_gathering:
            row.next_try_at, row.tries = now + GATHERING, 0
            changed += ["next_try_at", "tries"]
        row.save(update_fields=changed)
        return not is_gathering
