"""The mails about a change that waits: each taken once, and tried again for two days at pauses that double.

A mail server that is away loses no change: the list of what waits stands in the admin. Who was mailed is sealed in the
change, so that one refused address brings nobody else the same mail again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q
from django.utils import timezone

from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .changes import Change

TRIED_FOR = timedelta(days=2)
LONGEST_PAUSE = timedelta(hours=1)
MAX_AT_ONCE = 20  # changes in a run

log = structlog.get_logger(__name__)


def mail_each(change: Change, mails: Mapping[Any, Callable[[], bool]], *, now: datetime | None = None) -> bool:
    """Send the mails that weren't taken yet; True (and `mailed_at`) when the mail server took each.

    `mails`: by a key that JSON can hold and that stays the same from run to run, what sends it.
    """
    moment = now or timezone.now()
    mailed = set(change.values.get("mailed", ()))
    due = {key: send for key, send in mails.items() if key not in mailed}
    taken = {key for key, send in due.items() if send()}
    if len(taken) == len(due):
        type(change)._default_manager.filter(pk=change.pk).update(mailed_at=moment)
        return True
    change.values = {**change.values, "mailed": sorted(mailed | taken), "tried_at": moment.isoformat()}
    change.save(update_fields=["values"])
    return False


def mail_due(model: type[Change], mail: Callable[..., bool], *, still: Q, now: datetime | None = None) -> int:
    """Mail what couldn't be mailed when it was asked for. Return of how many changes.

    `still`: which changes somebody still needs to hear of. `mail(change, now=moment)`: as `mail_each`.
    """
    moment = now or timezone.now()
    unsent = model._default_manager.filter(still, mailed_at=None, asked_at__gt=moment - TRIED_FOR)
    due = [change for change in unsent.order_by("asked_at") if _is_due(change, moment)]
    return sum(mail(change, now=moment) for change in due[:MAX_AT_ONCE])


def _is_due(change: Change, now: datetime) -> bool:
    """Tell whether a mail is due again: after a minute, then after pauses that double, up to an hour."""
    try:
        tried_at = change.values.get("tried_at", "")
    except (SealBroken, KeyRingError) as error:
        # One change whose seal is broken must not stop the mails about all others.
        log.error("change_unreadable", table=change._meta.label_lower, code=type(error).__name__, change=str(change.pk))
        return False
    if not tried_at:
        return now - change.asked_at >= timedelta(minutes=1)
    # The pause is as long as the time from the asking to the last attempt, which doubles it each time.
    last = datetime.fromisoformat(tried_at)
    return now - last >= min(max(last - change.asked_at, timedelta(minutes=1)), LONGEST_PAUSE)
