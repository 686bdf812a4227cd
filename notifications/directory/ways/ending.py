"""End a way that can't be used any more, whoever found that out."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from notifications import signals

from .models import ContactWay


@transaction.atomic
def end_way(way: ContactWay, *, reason: str, at: datetime) -> bool:
    """End a way, and say so (`signals.way_ended`). False where it has ended already: it is said once.

    Rows of the directory are locked before notices (`outbox.locking`), so no notice may be held.
    """
    ended = ContactWay.objects.filter(pk=way.pk, is_active=True).update(
        is_active=False, ended_at=at, end_reason=reason, version=F("version") + 1
    )
    if ended:
        way.refresh_from_db()
        signals.way_ended.send(sender=ContactWay, way=way)
    return bool(ended)
