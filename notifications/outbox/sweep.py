"""Repair what a lost task, a dead worker, a jumping clock or an empty roster left behind. Runs each second."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from access.languages import Texts
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications import signals
from notifications.directory.models import Contact

from .actions import WAKE_GRACE, cancel, get_recipient_key, hash_link_token, notify_coordinators
from .agreement_limit import fit_to_office
from .backoff import JITTER, MAX_UNSENDABLE_BACKOFF
from .delivery import send_due
from .escalation_policy import FIRST_DAY
from .models import Notice, Purpose
from .queueing import CROWDED, URGENT, enqueue_delivery, enqueue_on_commit, enqueue_ways, queue_length
from .resolving import resolve_for
from .sharing import may_receive
from .states import UNSENT, NoticeState
from .ways.models import Dispatch, DispatchState
from .ways.planning import plan_ways
from .ways.sending import send_due_ways
from .ways.words import is_urgent

SEND_SECONDS = (
    3.0  # of sending by the sweeper itself in one pass; clocks and heartbeat wait so long, and one batch more
)
MAX_IDS = 100  # in one task; the worker finds the others by itself
RESOLVE_INTERVAL = timedelta(seconds=30)
RESOLVE_INTERVAL_AFTER_A_DAY = timedelta(minutes=5)  # when nobody has been found for a day
SAME_RECIPIENT = "same_recipient"  # why a notice without a recipient is withdrawn: whoever was found has one already
RESOLVE = "notice.resolve"  # the kind under which a notice is put aside when it can't be resolved
MAX_ATTEMPT_DELAY = MAX_UNSENDABLE_BACKOFF * (1 + JITTER)

log = structlog.get_logger(__name__)


def sweep(now: datetime) -> int:
    """Run one pass over everything unsent. Return how many notices were due."""
    # In this order: what an earlier one makes due, a later one finds in the same pass.
    fix_times_after_clock_change(now)
    resolve_again(now)
    enqueue_due_ways(now)
    return enqueue_due(now)


def enqueue_due(now: datetime) -> int:
    """Enqueue what is due. Nothing is claimed here: a doubled task finds nothing left to do.

    When no broker takes the task, the sweeper sends the notices itself: slower, but never not at all.
    """
    due = [str(key) for key in _find_due(now=now)]
    if due:
        waiting = queue_length(URGENT)
        if waiting is None or waiting < CROWDED[URGENT]:
            if not enqueue_delivery(due):
                log.warning("sweeper_sends", sent=send_due(due, seconds=SEND_SECONDS), due=len(due))
        else:
            # The tasks that wait already will find what is due: each sends everything that is.
            log.warning("queue_crowded", cluster=URGENT, waiting=waiting, due=len(due))
    return len(due)


def enqueue_due_ways(now: datetime) -> bool:
    """Enqueue that what is due by other ways than e-mail is sent; send it here when no broker takes the task.

    After a moment's grace for the task that was enqueued with it. False when nothing was due.
    """
    if not Dispatch.objects.due(now - WAKE_GRACE).exists():
        return False
    waiting = queue_length(URGENT)
    if waiting is not None and waiting >= CROWDED[URGENT]:
        return True  # what waits there already finds all that is due
    if not enqueue_ways():
        log.warning("sweeper_sends_ways", sent=send_due_ways(seconds=SEND_SECONDS))
    return True


def fix_times_after_clock_change(now: datetime) -> int:
    """Make notices due whose times lie far ahead after the clock was set back. Return how many."""
    ahead = Notice.objects.filter(state__in=UNSENT, next_attempt_at__gt=now + MAX_ATTEMPT_DELAY)
    fixed = ahead.update(next_attempt_at=now)
    # No lease is that long: only a clock that was set back explains it.
    far = now + timedelta(seconds=2 * settings.NOTICE_LEASE_SECONDS)
    fixed += Notice.objects.filter(state=NoticeState.SENDING, lease_until__gt=far).update(lease_until=now)
    fixed += Dispatch.objects.filter(state=DispatchState.SENDING, lease_until__gt=far).update(lease_until=now)
    if fixed:
        log.warning("clock_set_back", notices=fixed)
    return fixed


def resolve_again(now: datetime) -> int:
    """Ask the directory again for notices without a recipient, each by itself. Return how many have one now."""
    keys = _find_without_recipient(now=now, aside=get_put_aside_keys(RESOLVE, now))
    return for_each_row(RESOLVE, keys, lambda key: _resolve_one(key, now), at=now)


def _resolve_one(key: UUID, now: datetime) -> bool:
    rows = Notice.objects.without_recipient().select_related("municipality", "partner", "unit").defer("brief")
    notice = rows.filter(pk=key).first()
    if notice is None:
        return False
    resolution = resolve_for(notice, at=now)
    # The office that was found may be another one than the consent named.
    if resolution.contact is not None and may_receive(notice, resolution.contact, now):
        return _assign_contact(notice, resolution.contact, now, resolution.words)
    pause = RESOLVE_INTERVAL if now - notice.owed_at < FIRST_DAY else RESOLVE_INTERVAL_AFTER_A_DAY
    waits = Notice.objects.without_recipient().filter(pk=notice.pk).update(next_attempt_at=now + pause)
    # A fallback without a recipient is resolved by itself, in this same loop: no second one is needed.
    if waits and not notice.chasers.filter(purpose=Purpose.FALLBACK).exists():
        notify_coordinators(notice, at=now)
    return False


def _assign_contact(notice: Notice, contact: Contact, now: datetime, words: Iterable[Texts] = ()) -> bool:
    """Assign this contact to a notice without recipient, under a new link. False when another process was faster."""
    try:
        with transaction.atomic():
            locked = Notice.objects.without_recipient().select_for_update().filter(pk=notice.pk).first()
            if locked is None:
                return False
            if not _has_open_call(locked, contact):
                token = secrets.token_urlsafe(32)
                locked.contact, locked.partner = contact, contact.partner
                locked.recipient_key = get_recipient_key(contact)
                locked.language = contact.language
                locked.brief = fit_to_office(
                    locked.brief, role=locked.role, office=contact.partner, municipality=locked.municipality, at=now
                )
                locked.link_token, locked.link_hash = token, hash_link_token(token)
                locked.link_expires_at = now + timedelta(hours=settings.BRIEF_LINK_HOURS)
                locked.link_revoked_at = None  # it was another link that was revoked
                locked.state, locked.reason = NoticeState.OWED, ""
                # Whoever had it before may have been notified and may have read it; this contact has not.
                locked.sent_at = locked.delivered_at = locked.opened_at = locked.repeated_at = None
                locked.repeats, locked.tries_before = 0, locked.attempts
                locked.token += 1
                locked.next_attempt_at = now + WAKE_GRACE
                locked.save()
                log_event("notice.resolved", target_kind="notice", target_id=notice.pk, role=notice.role)
                signals.notice_resolved.send(sender=Notice, notice=locked, words=list(words))
                enqueue_on_commit(notice.pk)
                plan_ways(locked, is_urgent=is_urgent(locked), at=now)
                return True
    except IntegrityError:
        pass  # this contact has a notice of the same event already
    cancel(notice=notice, reason=SAME_RECIPIENT)  # outside that transaction: it locks the whole chain, the oldest first
    return False


def _has_open_call(notice: Notice, contact: Contact) -> bool:
    """Tell whether a call without recipient would be a second one for this coordinator in the same escalation chain."""
    # A call with a clock isn't withdrawn as a duplicate: its chain would be left without one.
    if notice.purpose != Purpose.CALL or notice.next_step_at is not None:
        return False
    others = Notice.objects.open().filter(chase_id=notice.chase_id, purpose=Purpose.CALL, contact=contact)
    return others.with_recipient().filter(link_revoked_at__isnull=True).exclude(pk=notice.pk).exists()


def _find_due(now: datetime) -> QuerySet[Notice, UUID]:
    return Notice.objects.due(now).order_by("owed_at").values_list("pk", flat=True)[:MAX_IDS]


def _find_without_recipient(now: datetime, aside: Collection[str]) -> QuerySet[Notice, UUID]:
    return (
        Notice.objects.without_recipient()
        .filter(next_attempt_at__lte=now)
        .exclude(pk__in=aside)
        .order_by("owed_at")
        .values_list("pk", flat=True)[:MAX_IDS]
    )
