"""What a lost wake-up, a dead worker, a jumping clock or an empty roster left behind is found here, each second."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from audit.chain import record
from notifications import signals
from notifications.directory.models import Contact
from notifications.directory.resolve import Words

from .actions import WAKE_GRACE, cancel, link_hash, recipient_key_of, tell_coordinators
from .delivery import JITTER, LONGEST_UNSENDABLE_BACKOFF
from .models import Notice, Purpose
from .outside_area import headed
from .resolving import resolve_for
from .states import UNSENT, NoticeState
from .waking import CROWDED, URGENT, queue_length, send_wake_up, wake

WAKE_AT_MOST = 100  # ids in one wake-up; the worker finds the others by itself
RESOLVE_SLOWLY = timedelta(seconds=30)
FARTHEST_ATTEMPT = LONGEST_UNSENDABLE_BACKOFF * (1 + JITTER)

log = structlog.get_logger(__name__)


def sweep(now: datetime) -> int:
    """One pass over everything unsent. Returns how many notices were due."""
    mend_times(now)
    resolve_again(now)
    return wake_due(now)


def wake_due(now: datetime) -> int:
    """Wakes a worker for what is due. Nothing is claimed here: a doubled wake-up finds nothing left to do."""
    due = [str(key) for key in Notice.objects.due(now).order_by("owed_at").values_list("pk", flat=True)[:WAKE_AT_MOST]]
    if due:
        waiting = queue_length(URGENT)
        if waiting is None or waiting < CROWDED[URGENT]:
            send_wake_up(due)
        else:
            log.warning("queue_crowded", cluster=URGENT, waiting=waiting, due=len(due))
    return len(due)


def mend_times(now: datetime) -> int:
    """After the clock was set back, times far ahead would keep notices waiting: they are due now. Returns how many."""
    ahead = Notice.objects.filter(state__in=UNSENT, next_attempt_at__gt=now + FARTHEST_ATTEMPT)
    held = Notice.objects.filter(
        state=NoticeState.SENDING, lease_until__gt=now + timedelta(seconds=2 * settings.NOTICE_LEASE_SECONDS)
    )
    mended = ahead.update(next_attempt_at=now) + held.update(lease_until=now)
    if mended:
        log.warning("clock_set_back", notices=mended)
    return mended


def resolve_again(now: datetime) -> int:
    """Asks the directory again for notices that have nobody. Returns how many have a recipient now."""
    found = 0
    waiting = Notice.objects.without_recipient().filter(next_attempt_at__lte=now)
    for notice in waiting.select_related("municipality", "partner", "unit").order_by("owed_at")[:WAKE_AT_MOST]:
        resolution = resolve_for(notice, at=now)
        if resolution.contact is not None:
            found += _give_to(notice, resolution.contact, now, resolution.words)
            continue
        waits = Notice.objects.without_recipient().filter(pk=notice.pk).update(next_attempt_at=now + RESOLVE_SLOWLY)
        # A fallback that has nobody either is asked about by itself, in this same loop.
        if waits and not notice.chasers.filter(purpose=Purpose.FALLBACK).exists():
            tell_coordinators(notice, at=now)
    return found


def _give_to(notice: Notice, contact: Contact, now: datetime, words: Iterable[Words] = ()) -> bool:
    """Gives a notice without recipient to this contact, under a new link. False when somebody was faster."""
    try:
        with transaction.atomic():
            locked = Notice.objects.without_recipient().select_for_update().filter(pk=notice.pk).first()
            if locked is None:
                return False
            token = secrets.token_urlsafe(32)
            locked.contact, locked.partner = contact, contact.partner
            locked.recipient_key = recipient_key_of(contact)
            locked.language = contact.language
            locked.brief = headed(
                locked.brief, role=locked.role, office=contact.partner, municipality=locked.municipality
            )
            locked.link_token, locked.link_hash = token, link_hash(token)
            locked.state, locked.reason = NoticeState.OWED, ""
            locked.token += 1
            locked.next_attempt_at = now + WAKE_GRACE
            locked.save()
            record("notice.resolved", target_kind="notice", target_id=notice.pk, role=notice.role)
            signals.notice_resolved.send(sender=Notice, notice=locked, words=list(words))
            wake(notice.pk, needs_document=notice.needs_document)
    except IntegrityError:
        # This contact is already owed a notice of the same event.
        cancel(notice=notice, reason="same_recipient")
        return False
    return True
