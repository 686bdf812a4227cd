"""The unit's actions on a tip: take it, answer, close it, begin an identification from it. One mutation each.

Whoever of the unit does any of it has done what the notices asked for, so those that are still open towards the unit,
and what chases them, are withdrawn. Notices to the police and others stay: nobody here answers for them.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import normalize_newlines

from access.models import User
from audit.chain import get_actor, log_event
from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .deciding import RECEIVED, chases_to_join, get_roles_not_notified, notify_recipients
from .locking import lock_tip
from .models import CHOSEN_BY_STAFF, Outcome, Sender, Tip, TipMessage, TipState
from .public_actions import MAX_MESSAGE_LENGTH

TAKEN_IN_HOUSE = "taken_in_house"  # why a notice to the unit was withdrawn (`Notice.reason`)


class TipActionRefused(Exception):
    """An action that this tip doesn't allow now. `code`: closed, frozen, empty, too_long, no_outcome."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def take_tip(*, tip: Tip, by: User, at: datetime | None = None) -> Tip:
    """Note that somebody of the unit has read it and takes care of it.

    Taking it again changes nothing. Raises TipActionRefused.
    """
    with transaction.atomic():
        locked = _locked(tip)
        if locked.state == TipState.NEW:
            _take(locked, by, at or timezone.now())
            locked.save()
            log_event("signal.taken", actor=get_actor(by), target_kind="signal", target_id=locked.pk)
    return locked


def answer_tip(*, tip: Tip, by: User, text: str, key: str, at: datetime | None = None) -> TipMessage:
    """Answer the person. `key` is the page's own: pressing twice answers once. Raises TipActionRefused."""
    moment = at or timezone.now()
    words = normalize_newlines(text).strip()
    if not words:
        raise TipActionRefused("empty")
    if len(words) > MAX_MESSAGE_LENGTH:
        raise TipActionRefused("too_long")
    # With the tip's id: a key that a page of another tip carries can't swallow an answer.
    hashed = hashlib.sha256(f"answer\0{tip.pk}\0{key}".encode()).hexdigest()
    with transaction.atomic():
        # Also a closed one: whoever presses twice finds the answer that the first press stored.
        locked = _locked(tip, even_closed=True)
        earlier = TipMessage.objects.filter(key=hashed).first()
        if earlier is not None:
            return earlier
        if not locked.is_open:
            raise TipActionRefused("closed")
        if locked.frozen_at is not None:
            raise TipActionRefused("frozen")
        message = TipMessage.objects.create(tip=locked, sender=Sender.UNIT, by=by, text=words, key=hashed, at=moment)
        _take(locked, by, moment)
        locked.state, locked.answered_at = TipState.ANSWERED, moment
        locked.save()
        log_event("signal.answered", actor=get_actor(by), target_kind="signal", target_id=locked.pk, message=message.pk)
    return message


def close_tip(*, tip: Tip, by: User, outcome: str, at: datetime | None = None) -> Tip:
    """Close it, saying why. The person may still read what was said, and write again unless it was sent by mistake.

    Raises TipActionRefused.
    """
    if outcome not in CHOSEN_BY_STAFF:
        raise TipActionRefused("no_outcome")
    moment = at or timezone.now()
    with transaction.atomic():
        locked = _locked(tip)
        _take(locked, by, moment)
        locked.state, locked.outcome, locked.closed_at = TipState.CLOSED, Outcome(outcome), moment
        locked.save()
        log_event("signal.closed", actor=get_actor(by), target_kind="signal", target_id=locked.pk, outcome=outcome)
    return locked


def close_as_spam(*, tips: Iterable[Tip], by: User, at: datetime | None = None) -> int:
    """Close several tips that were sent by mistake, each by itself and recorded. Returns how many were closed.

    What is closed already is passed over, and so is what speaks of danger or can't be read: each of those has to be
    opened.
    """
    closed = 0
    for tip in tips:
        try:
            if tip.is_in_danger:
                continue
            close_tip(tip=tip, by=by, outcome=Outcome.SPAM, at=at)
            closed += 1
        # One tip that can't be closed or read must not stop the others.
        except (TipActionRefused, SealBroken, KeyRingError):
            continue
    return closed


def note_identification_begun(*, tip: Tip, draft_id: UUID, by: User, at: datetime | None = None) -> Tip:
    """Note that a worker has begun an identification from it. Raises TipActionRefused."""
    with transaction.atomic():
        locked = _locked(tip)
        _take(locked, by, at or timezone.now())
        locked.identification = draft_id
        locked.save()
        log_event(
            "signal.identification_begun",
            actor=get_actor(by),
            target_kind="signal",
            target_id=locked.pk,
            draft=draft_id,
        )
    return locked


def _locked(tip: Tip, *, even_closed: bool = False, besides: Iterable[UUID] = ()) -> Tip:
    locked = lock_tip(tip.pk, besides=besides)
    if not locked.is_open and not even_closed:
        raise TipActionRefused("closed")
    return locked


def _take(tip: Tip, by: User, at: datetime) -> None:
    if tip.state == TipState.NEW:
        tip.state = TipState.READ
    tip.taken_by, tip.taken_at = tip.taken_by or by, tip.taken_at or at
    tip.changed_at = at
    _withdraw_the_units_notices(tip)


def _withdraw_the_units_notices(tip: Tip) -> None:
    """End each chase towards the unit in which this tip stands, unless another tip in it still waits.

    All of them are locked (`lock_tip`).
    """
    moment = timezone.now()
    further = FurtherReport.objects.filter(notice__role=Role.MOBILE_UNIT, settled_at__isnull=True)
    mine = further.filter(source_id=tip.pk)
    firsts = set(mine.values_list("notice_id", flat=True))
    mine.update(settled_at=moment, alarm_due_at=None)
    own = Notice.objects.open().filter(case_id=tip.pk).select_related("chases__chases")
    roots = {notice.root.pk: notice.root for notice in own if notice.root.role == Role.MOBILE_UNIT}
    roots |= {first.pk: first for first in Notice.objects.filter(pk__in=firsts)}
    for first in roots.values():
        if not further.filter(notice=first).exists() and not _first_waits(first, tip):
            for notice in Notice.objects.open().filter(chase_id=first.chase_id):
                cancel(notice=notice, reason=TAKEN_IN_HOUSE)


def _first_waits(first: Notice, tip: Tip) -> bool:
    """Return whether the tip that a chase began with is another one, and nobody has taken it yet."""
    return Tip.objects.filter(pk=first.case_id, state=TipState.NEW).exclude(pk=tip.pk).exists()


def let_others_know(*, tip: Tip, by: User, at: datetime | None = None) -> Tip:
    """Notify the procedure's other recipients of a tip that was held back, now that the unit has looked at it.

    Doing it twice does nothing more. Raises TipActionRefused.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        roles = get_roles_not_notified(tip)
        joins = chases_to_join(tip, RECEIVED, at=moment, only=roles) if roles else set()
        locked = _locked(tip, besides=joins)
        if locked.held_back:
            locked.held_back = False
            locked.save(update_fields=["held_back"])
            notify_recipients(locked, RECEIVED, at=moment, only=roles, locked=joins)
            _take(locked, by, moment)  # its chases are locked since before `notify_recipients` wrote to the audit chain
            locked.save()
            log_event("signal.let_others_know", actor=get_actor(by), target_kind="signal", target_id=locked.pk)
    return locked
