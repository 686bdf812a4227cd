"""Send what is owed by SMS, push and webhook, and ring: claim, attempt, send, record, as `outbox.delivery` does mail.

Each channel has batches of its own, in a task of its own: a gateway that hangs holds up neither the mails nor another
channel. A batch that has been sending for longer than SLOW is left alone with its channel, and other workers go on with
the rest. What can't be handed over doesn't wait in vain: the contact's next way is taken at once.

Many notices for one phone, after an outage, are one message that names their codes; and a phone that had
settings.NOTICE_WAY_BURST messages in ten minutes gets one each two minutes, which names what waits.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from audit import clock
from audit.chain import AuditEvent, log_events
from audit.sealed_rows import keep_intact
from notifications.channels.base import (
    ChannelPool,
    PayloadError,
    RecipientGone,
    RecipientRefused,
    Taken,
    Unreached,
)
from notifications.directory.ways.ending import end_way

from .. import journal
from ..backoff import get_backoff
from ..journal import DISPATCH, Accepted
from ..models import Attempt, AttemptOutcome, Notice
from ..outcomes import write_attempts
from ..states import OPEN
from .models import D, Dispatch
from .words import build_way_message

RUN_SECONDS = 8.0  # one last batch on top is still far below the cluster's timeout of 60
SLOW = timedelta(seconds=2)
BURST_WINDOW = timedelta(minutes=10)
BURST_PAUSE = timedelta(minutes=2)
MANY = 3  # so many notices that are due for one phone are one message; after an outage all of them are
MAX_TOGETHER = 200
LONGEST_WAIT = timedelta(minutes=5)
WAY_GONE = "gone"
LATE = "late"
NOT_TRIED = "not_tried"
# By these channels many notices can be named in one message.
GATHERING = frozenset({"sms", "push"})
# One provider takes all of a channel's messages; a push service and an institution's system are others for each way.
BY_GATEWAY = frozenset({"sms", "voice"})
ON_PHONES = GATHERING | {"voice"}  # an institution's system has no bursts: it is sent each notice at once

_DEFERRED = ("notice__brief", "notice__ladder")

log = structlog.get_logger(__name__)


@dataclass
class Sending:
    """One message: a claimed dispatch, those that it stands for too, and what became of it."""

    dispatches: list[Dispatch]
    attempts: list[Attempt]
    outcome: str = AttemptOutcome.STARTED
    code: str = ""
    wait: float | None = None
    taken: Taken = field(default_factory=Taken)

    @property
    def first(self) -> Dispatch:
        return self.dispatches[0]

    def finish(self, outcome: str, code: str = "", *, wait: float | None = None) -> None:
        self.outcome, self.code, self.wait = outcome, code, wait
        now = clock.now()
        for attempt in self.attempts:
            attempt.outcome, attempt.error_code, attempt.finished_at = outcome, code, now


def send_due_ways(*, seconds: float = RUN_SECONDS, heartbeat: Callable[[], None] = lambda: None) -> int:
    """Send what is due, channel by channel, until nothing is left. Return how many notices a channel accepted."""
    until = time.monotonic() + seconds
    channels = ChannelPool()
    accepted = 0
    try:
        while time.monotonic() < until and (channel := _find_channel(clock.now(), channels.down)):
            heartbeat()
            batch = claim(channel, clock.now())  # empty when all of it was ended, held back, or taken by another
            send(batch, channels)
            record_results(batch)
            journal.clear()
            accepted += sum(len(each.dispatches) for each in batch if each.outcome == AttemptOutcome.ACCEPTED)
    finally:
        channels.close()
    return accepted


def _find_channel(now: datetime, without: Collection[str]) -> str | None:
    """Return the channel whose oldest is due the longest, without those that are down or slow just now."""
    lease = timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    slow = Dispatch.objects.filter(
        state=D.SENDING, lease_until__gt=now, lease_until__lt=now + lease - SLOW
    ).values_list("channel", flat=True)
    due = Dispatch.objects.due(now).exclude(channel__in={*without, *slow})
    return due.order_by("owed_at").values_list("channel", flat=True).first()


def claim(channel: str, now: datetime) -> list[Sending]:
    """Claim a batch of this channel's messages, oldest first. Nothing is claimed twice.

    What isn't needed any more, or whose time is over, ends here instead.
    """
    wanted = []
    for dispatch in _get_candidates(channel, now):
        if reason := find_reason_not_to_send(dispatch, now):
            _end(dispatch, reason, now)
        else:
            wanted.append(dispatch)
    groups = _group(*_hold_back_bursts(wanted, now))
    with transaction.atomic():
        claimed = [[one for one in group if _claim_row(one, now)] for group in groups]
        sendings = [Sending(group, [_build_attempt(one, now) for one in group]) for group in claimed if group]
        journal.note_claims(DISPATCH, [(one.pk, one.token) for group in claimed for one in group])
        Attempt.objects.bulk_create([attempt for each in sendings for attempt in each.attempts])
    return sendings


def _get_candidates(channel: str, now: datetime) -> list[Dispatch]:
    ready = (
        Dispatch.objects.due(now)
        .filter(channel=channel)
        .select_related("way", "notice__contact__partner")
        .defer(*_DEFERRED)
    )
    found = list(ready.order_by("attempts", "owed_at", "pk")[: settings.NOTICE_BATCH])
    if channel in GATHERING and found:
        # Whatever else waits for the same phones, so that it is named in the same message.
        beside = ready.filter(way__in={one.way_id for one in found}).exclude(pk__in=[one.pk for one in found])
        found += beside.order_by("owed_at", "pk")[:MAX_TOGETHER]
    return found


def find_reason_not_to_send(dispatch: Dispatch, now: datetime) -> str:
    """Return why this needn't, or mustn't, go out any more; "" when it is to be sent."""
    notice, way, contact = dispatch.notice, dispatch.way, dispatch.notice.contact
    if notice.state not in OPEN or notice.link_revoked_at is not None:
        return "settled"
    if contact is None or contact.pk != way.contact_id:
        return "another_contact"
    if not (contact.is_active and contact.partner.is_active and contact.reachable_at and way.is_active):
        return "inactive"
    if not keep_intact([contact]) or not keep_intact([way]):
        return "inactive"
    # Opened by another way since this was owed: the contact knows of it. A call asks for an answer all the same.
    if dispatch.channel != "voice" and notice.opened_at is not None and notice.opened_at >= dispatch.owed_at:
        return "opened"
    return LATE if dispatch.give_up_at <= now else ""


def _end(dispatch: Dispatch, reason: str, now: datetime) -> None:
    Dispatch.objects.due(now).filter(pk=dispatch.pk, token=dispatch.token).update(
        state=D.FAILED if reason == LATE else D.NOT_NEEDED,
        token=F("token") + 1,
        lease_until=None,
        next_attempt_at=None,
    )


def _hold_back_bursts(dispatches: Sequence[Dispatch], now: datetime) -> tuple[list[Dispatch], set[int]]:
    """Return those whose way may take a message now, and the ways on which they are named in one message.

    A phone that had its burst gets one message each BURST_PAUSE, and never nothing for long: whoever floods us with
    reports must not keep the next notice from an officer's phone.
    """
    taken: dict[int, set[datetime]] = defaultdict(set)
    phones = {one.way_id for one in dispatches if one.channel in ON_PHONES}
    recent = Dispatch.objects.filter(way__in=phones, taken_at__gt=now - BURST_WINDOW)
    for way, taken_at in recent.order_by().values_list("way", "taken_at"):
        assert taken_at is not None
        taken[way].add(taken_at)  # what stood in one message was taken at one moment
    full = {way: max(moments) for way, moments in taken.items() if len(moments) >= settings.NOTICE_WAY_BURST}
    resting = {way: newest + BURST_PAUSE for way, newest in full.items() if newest + BURST_PAUSE > now}
    for way, until in resting.items():
        Dispatch.objects.filter(way=way, state=D.WAITING, next_attempt_at__lte=now).update(next_attempt_at=until)
    return [one for one in dispatches if one.way_id not in resting], set(full) - set(resting)


def _group(dispatches: Sequence[Dispatch], full: Collection[int]) -> list[list[Dispatch]]:
    """Put what waits for one phone into one message: where that is much, the phone is `full`, or it was tried before.

    Else each stands by itself.
    """
    by_way: dict[int, list[Dispatch]] = defaultdict(list)
    for one in dispatches:
        by_way[one.way_id].append(one)
    groups: list[list[Dispatch]] = []
    for way, waiting in by_way.items():
        together = len(waiting) >= MANY or way in full or any(one.attempts for one in waiting)
        if together and waiting[0].channel in GATHERING:
            groups.append(waiting)
        else:
            groups += [[one] for one in waiting]
    return groups[: settings.NOTICE_BATCH]


def _claim_row(dispatch: Dispatch, now: datetime) -> bool:
    """Run the conditional UPDATE: still due, and the token still as it was read."""
    lease = clock.now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    taken = (
        Dispatch.objects.due(now)
        .filter(pk=dispatch.pk, token=dispatch.token)
        .update(
            state=D.SENDING,
            attempts=F("attempts") + 1,
            token=F("token") + 1,
            lease_until=lease,
            next_attempt_at=None,
        )
    )
    if taken:
        dispatch.attempts, dispatch.token, dispatch.state = dispatch.attempts + 1, dispatch.token + 1, D.SENDING
    return bool(taken)


def _build_attempt(dispatch: Dispatch, now: datetime) -> Attempt:
    return Attempt(
        notice=dispatch.notice,
        dispatch=dispatch,
        number=dispatch.attempts,
        token=dispatch.token,
        channel=dispatch.channel,
        address=dispatch.way.address,
        started_at=now,
    )


def send(batch: Iterable[Sending], channels: ChannelPool) -> None:
    """Send each message of the batch and set its outcome. What is left when the batch's time is over isn't tried."""
    stop_at = time.monotonic() + settings.NOTICE_BATCH_SECONDS
    broken = ""
    for sending in batch:
        name = sending.first.channel
        if broken or time.monotonic() >= stop_at:
            sending.finish(AttemptOutcome.UNREACHED, broken if name in channels.down else NOT_TRIED)
            continue
        try:
            sending.taken = _send_one(sending, channels) or Taken()
        except PayloadError as error:
            sending.finish(AttemptOutcome.UNSENDABLE, error.code)
        except RecipientRefused as error:
            channels.record_success(name)  # a provider that refuses a recipient for good is up
            sending.finish(AttemptOutcome.REFUSED, error.code)
            if isinstance(error, RecipientGone):
                sending.code = WAY_GONE
        except Unreached as error:
            sending.finish(AttemptOutcome.UNREACHED, error.code, wait=error.wait)
            if error.connection_lost:
                broken = error.code
                channels.record_loss(name)
        except DatabaseError:
            raise  # no message is to blame; the leases run out
        except Exception as error:  # noqa: BLE001  # one that can't be rendered: the batch goes on
            sending.finish(AttemptOutcome.UNSENDABLE, f"fault_{type(error).__name__}"[:40])
        else:
            channels.record_success(name)
            sending.finish(AttemptOutcome.ACCEPTED)
            _note_accepted(sending)


def _note_accepted(sending: Sending) -> None:
    """Note in the journal, before the next is sent, that the provider took this message."""
    for one, attempt in zip(sending.dispatches, sending.attempts, strict=True):
        assert attempt.finished_at is not None
        accepted = Accepted(attempt.finished_at, sending.taken.provider, sending.taken.provider_id, texts=attempt.texts)
        journal.note_accepted(DISPATCH, one.pk, one.token, accepted)


def _send_one(sending: Sending, channels: ChannelPool) -> Taken | None:
    first = sending.first
    message = build_way_message(
        first.notice,
        first.way,
        reference=first.reference.hex,
        now=clock.now(),
        others=[one.notice for one in sending.dispatches[1:]],
    )
    for attempt in sending.attempts:
        attempt.texts = message.texts
    return channels.get(first.channel).send(message)


def record_results(batch: Sequence[Sending]) -> None:
    """Write the outcomes of the batch, in one transaction.

    A dispatch that was taken over meanwhile has another token and keeps its state; its attempt row is written all the
    same. What wasn't handed over makes the contact's next way due now.
    """
    now = clock.now()
    accepted = [each for each in batch if each.outcome == AttemptOutcome.ACCEPTED]
    failed = [each for each in batch if each.code != NOT_TRIED and each not in accepted]
    with transaction.atomic():
        # Notices before dispatches, each by key, as whoever records the mails does (docs/outbox.md).
        _mark_notified({one.notice_id for each in accepted for one in each.dispatches}, now)
        write_attempts(attempt for each in batch for attempt in each.attempts)
        for each in batch:
            for dispatch in each.dispatches:
                _record_one(each, dispatch, now)
        hasten_ways([one.notice_id for each in failed for one in each.dispatches], now)
        _retry_unreached(accepted, now)
        log_events([event for each in accepted for event in _build_events(each)])
    # Rows of the directory come before notices, so not in that transaction. Dying between: it is refused again.
    for way in {each.first.way_id: each.first.way for each in batch if each.code == WAY_GONE}.values():
        end_way(way, reason=WAY_GONE, at=now)
    for each in batch:
        _log_failure(each)


def _record_one(sending: Sending, dispatch: Dispatch, now: datetime) -> None:
    held = Dispatch.objects.filter(pk=dispatch.pk, token=dispatch.token, state=D.SENDING)
    if sending.outcome == AttemptOutcome.ACCEPTED:
        held.update(
            state=D.TAKEN,
            error_code="",
            lease_until=None,
            taken_at=sending.attempts[0].finished_at,
            provider=sending.taken.provider[:40],
            provider_id=sending.taken.provider_id[:100],
        )
        return
    if sending.code == NOT_TRIED:
        held.update(state=D.WAITING, lease_until=None, next_attempt_at=now)
        return
    if sending.outcome == AttemptOutcome.REFUSED:
        held.update(state=D.FAILED, error_code=sending.code, lease_until=None)
    else:
        wait = get_backoff(dispatch.attempts, unsendable=sending.outcome == AttemptOutcome.UNSENDABLE)
        if sending.wait is not None:
            wait = max(wait, timedelta(seconds=sending.wait))
        held.update(
            state=D.WAITING,
            error_code=sending.code,
            lease_until=None,
            next_attempt_at=now + min(wait, LONGEST_WAIT),
        )


def hasten_ways(notices: Collection[UUID], now: datetime) -> int:
    """Make due now what these notices are still to take by other ways: a way before it failed. Return how many."""
    if not notices:
        return 0
    later = Dispatch.objects.filter(notice__in=set(notices), state=D.WAITING, attempts=0, next_attempt_at__gt=now)
    return _make_due(later, now)


def _retry_unreached(accepted: Sequence[Sending], now: datetime) -> None:
    """Make due what waits only because the other side was away, where one that had to wait was taken just now.

    All at once, so that what waits for one phone stands in one message: each by its own backoff would be a storm.
    """
    back = [each.first for each in accepted if any(one.attempts > 1 for one in each.dispatches)]
    if not back:
        return
    same_side = Q(channel__in={one.channel for one in back if one.channel in BY_GATEWAY}) | Q(
        way__in={one.way_id for one in back}
    )
    waiting = Dispatch.objects.filter(same_side, state=D.WAITING, attempts__gt=0, next_attempt_at__gt=now)
    _make_due(waiting, now)


def _make_due(waiting: QuerySet[Dispatch], now: datetime) -> int:
    # Locked by key, as everybody locks several of them.
    keys = list(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
    return Dispatch.objects.filter(pk__in=keys, state=D.WAITING).update(next_attempt_at=now)


def _mark_notified(notices: Collection[UUID], now: datetime) -> None:
    """Record on these notices that their contacts were notified, whatever became of the e-mails.

    Their state stays that of the e-mail, which goes on being tried: two ways are better than one.
    """
    if not notices:
        return
    keys = list(
        Notice.objects.select_for_update(no_key=True)
        .filter(pk__in=notices, state__in=OPEN)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Notice.objects.filter(pk__in=keys).update(
        # A check constraint: what was sent was attempted.
        sent_at=Coalesce("sent_at", Value(now)),
        attempts=Greatest(F("attempts"), 1),
    )


def _build_events(sending: Sending) -> list[AuditEvent]:
    return [
        AuditEvent(
            "notice.sent",
            target_kind="notice",
            target_id=dispatch.notice_id,
            detail={"attempt": dispatch.attempts, "way": dispatch.channel, "case": dispatch.notice.case_id},
        )
        for dispatch in sending.dispatches
    ]


def _log_failure(sending: Sending) -> None:
    if sending.outcome == AttemptOutcome.ACCEPTED or sending.code == NOT_TRIED:
        return
    write_log = log.error if sending.outcome == AttemptOutcome.UNSENDABLE else log.warning
    write_log(
        "notice_not_sent_by_way",
        notice=str(sending.first.notice_id),
        way=sending.first.channel,
        attempt=sending.first.attempts,
        outcome=str(sending.outcome),
        code=sending.code,
    )
