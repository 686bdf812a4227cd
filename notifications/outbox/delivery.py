"""Send due notices: claim, attempt, send, record. docs/outbox.md draws it and gives the reasons for the numbers.

1. claim: one conditional UPDATE (attempts + 1, fencing token + 1, lease) and the Attempt rows, in one transaction; all
   of it is on disk before the first byte goes out.
2. send: the batch over one connection. A failure is stored with its code, never with the server's words.
3. record: Attempt rows, audit entries, and the notice's new state WHERE token = ours, in one transaction.

A process that dies between any two lines leaves rows whose lease runs out; the sweeper has them sent again, with the
same Message-ID.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from secrets import SystemRandom
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from audit import clock
from audit.chain import AuditEvent, log_events
from notifications.channels.base import ChannelPool, PayloadError, RecipientRefused, Unreached

from .messages import build_message
from .models import Attempt, AttemptOutcome, Notice, Purpose
from .outcomes import NewState, write_attempts, write_states
from .queueing import enqueue_delivery
from .states import NO_CONTACT, UNREACHED, NoticeState

RUN_SECONDS = 10.0  # one last batch on top is still far below the cluster's timeout of 60
FIRST_BACKOFF = timedelta(seconds=2)
MAX_BACKOFF = timedelta(minutes=5)
MANY_ATTEMPTS = 300  # about a day; from there on an hour is often enough, and a month leaves no thousands of rows
UNSENDABLE_BACKOFF = timedelta(minutes=5)
MAX_UNSENDABLE_BACKOFF = timedelta(hours=1)
JITTER = 0.25

_DEFERRED = ("brief", "ladder")  # long, and a damaged one mustn't hold up the batch

NOT_TRIED = "not_tried"
CONTACT_INACTIVE = "contact_inactive"

log = structlog.get_logger(__name__)
_random = SystemRandom()


class _Contested(Exception):
    """Raised when another worker claimed one of these notices first."""


@dataclass
class ClaimedNotice:
    """A claimed notice and the outcome of this attempt. `notice` is as it was just before the claim."""

    notice: Notice
    attempt: Attempt

    def finish(self, outcome: str, code: str = "") -> None:
        self.attempt.outcome = outcome
        self.attempt.error_code = code
        self.attempt.finished_at = clock.now()


def send_due(
    notice_ids: Sequence[str] = (),
    *,
    seconds: float = RUN_SECONDS,
    heartbeat: Callable[[], None] = lambda: None,
) -> int:
    """Send these notices, then whatever else is due, until nothing is left. Return how many a channel accepted.

    Leaves out a channel whose other side is down (the sweeper comes back to it); enqueues a successor when its time is
    over. `heartbeat` is called before each batch.
    """
    until = time.monotonic() + seconds
    channels = ChannelPool()
    accepted, wanted = 0, notice_ids
    try:
        while batch := claim(now=clock.now(), wanted=wanted, without=channels.down):
            wanted = ()
            heartbeat()
            send(batch, channels)
            record_results(batch)
            accepted += sum(claimed.attempt.outcome == AttemptOutcome.ACCEPTED for claimed in batch)
            if time.monotonic() >= until:
                # The task ends here and a new one goes on: django-q2 kills a task that overruns its timeout, and a
                # worker that is killed can leave the queue locked.
                enqueue_delivery(())
                break
    finally:
        channels.close()
    return accepted


def claim(*, now: datetime, wanted: Sequence[str] = (), without: Collection[str] = ()) -> list[ClaimedNotice]:
    """Claim a batch of notices: the wanted ones, then untried ones before retries, oldest first.

    `without`: channels that are down. Empty when nothing is claimable. Each notice has exactly one holder: the UPDATE
    repeats the condition and each token that was read.
    """
    while candidates := _get_candidates(now, wanted, without):
        with transaction.atomic():
            taken = _claim_candidates(candidates, now)
            attempts = Attempt.objects.bulk_create(_build_attempt(notice) for notice in taken)
        if taken:
            return [ClaimedNotice(notice, attempt) for notice, attempt in zip(taken, attempts, strict=True)]
    return []


def _get_candidates(now: datetime, wanted: Sequence[str], without: Collection[str]) -> list[Notice]:
    size = settings.NOTICE_BATCH
    ready = (
        Notice.objects.claimable(now)
        .exclude(channel__in=without)
        .select_related("contact__partner", "chases__chases", "municipality", "unit")
        .defer(*_DEFERRED, *(f"{above}__{name}" for above in ("chases", "chases__chases") for name in _DEFERRED))
        # Untried ones before retries, so that an outage's backlog doesn't hold up what is new.
        .order_by("attempts", "owed_at")
    )
    found = list(ready.filter(pk__in=wanted)[:size]) if wanted else []
    if len(found) < size:
        found += ready.exclude(pk__in=[notice.pk for notice in found])[: size - len(found)]
    return found


def _claim_candidates(candidates: Sequence[Notice], now: datetime) -> list[Notice]:
    """Return the candidates that are ours now: one UPDATE for all, or one each when another worker interfered."""
    try:
        with transaction.atomic():
            # The UPDATE only says how many rows it took, not which. So a partial success is rolled back, and the rows
            # are claimed one by one.
            if _claim_rows(candidates, now) == len(candidates):
                return list(candidates)
            raise _Contested
    except _Contested:
        return [notice for notice in candidates if _claim_rows([notice], now)]


def _claim_rows(notices: Sequence[Notice], now: datetime) -> int:
    """Run the conditional UPDATE: still claimable, and the token still as it was read. Return how many rows it took."""
    return (
        Notice.objects.claimable(now)
        .filter(_match_tokens((notice.pk, notice.token) for notice in notices))
        .update(
            state=NoticeState.SENDING,
            attempts=F("attempts") + 1,
            token=F("token") + 1,
            # From the claim itself, not from when the candidates were read.
            lease_until=clock.now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS),
            next_attempt_at=None,
        )
    )


def _match_tokens(rows: Iterable[tuple[UUID, int]]) -> Q:
    """Build a condition: one of these notices, with the token given."""
    return reduce(or_, (Q(pk=pk, token=token) for pk, token in rows))


def _build_attempt(notice: Notice) -> Attempt:
    return Attempt(
        notice=notice,
        number=notice.attempts + 1,
        token=notice.token + 1,
        channel=notice.channel,
        address=notice.contact.email if notice.contact else "",
        started_at=clock.now(),
    )


def send(batch: Iterable[ClaimedNotice], channels: ChannelPool) -> None:
    """Send each notice of the batch and set its outcome.

    After a lost connection, or when the batch's time is over, the rest isn't tried: it would outlive its lease. It is
    due again at once, or, when the server is down, after its backoff.
    """
    stop_at = time.monotonic() + settings.NOTICE_BATCH_SECONDS
    broken: dict[str, str] = {}
    for claimed in batch:
        name = claimed.notice.channel
        if name in broken or time.monotonic() >= stop_at:
            claimed.finish(AttemptOutcome.UNREACHED, broken[name] if name in channels.down else NOT_TRIED)
            continue
        try:
            _send_one(claimed, channels)
        except PayloadError as error:
            claimed.finish(AttemptOutcome.UNSENDABLE, error.code)
        except RecipientRefused as error:
            channels.record_success(name)  # a server that refuses a recipient for good is up
            claimed.finish(AttemptOutcome.REFUSED, error.code)
        except Unreached as error:
            claimed.finish(AttemptOutcome.UNREACHED, error.code)
            if error.connection_lost:
                broken[name] = error.code
                channels.record_loss(name)
        except DatabaseError:
            raise  # no notice is to blame; the leases run out
        except Exception as error:  # noqa: BLE001  # one notice that can't be rendered: the batch goes on
            claimed.finish(AttemptOutcome.UNSENDABLE, f"fault_{type(error).__name__}"[:40])
        else:
            channels.record_success(name)
            claimed.finish(AttemptOutcome.ACCEPTED)


def _send_one(claimed: ClaimedNotice, channels: ChannelPool) -> None:
    contact = claimed.notice.contact
    # The directory may have changed between creating and sending; the sweeper then looks for somebody else.
    if contact is None or not (contact.is_active and contact.partner.is_active):
        raise PayloadError(CONTACT_INACTIVE)
    if claimed.notice.purpose != Purpose.TEST and (contact.reachable_at is None or claimed.notice.link_revoked_at):
        raise PayloadError(CONTACT_INACTIVE)  # a new address waits for its test; an old link opens nothing
    message = build_message(claimed.notice, contact, now=clock.now())
    channels.get(claimed.notice.channel).send(message)


def record_results(batch: Sequence[ClaimedNotice]) -> None:
    """Write the outcomes of the batch, in one transaction.

    A notice that was opened, cancelled or taken over meanwhile has another token and keeps its state; the attempt row
    and the audit entry are written all the same.
    """
    now = clock.now()
    accepted = [claimed for claimed in batch if claimed.attempt.outcome == AttemptOutcome.ACCEPTED]
    changes = [(claimed.attempt, _get_new_state(claimed, now)) for claimed in batch]
    events = [_build_sent_event(claimed) for claimed in accepted]
    with transaction.atomic():
        write_attempts(claimed.attempt for claimed in batch)
        write_states(changes)
        # A success after the server wasn't reached: it is back, for all who waited for it.
        if any(claimed.notice.reason == UNREACHED for claimed in accepted):
            _retry_unreached(now)
        # Last: the chain's one lock is held until the commit, and every other writer of an entry waits for it.
        log_events(events)
    for claimed in batch:
        _log_failure(claimed)


def _build_sent_event(claimed: ClaimedNotice) -> AuditEvent:
    detail = {"attempt": claimed.attempt.number, "case": claimed.notice.case_id}
    return AuditEvent("notice.sent", target_kind="notice", target_id=claimed.notice.pk, detail=detail)


def _get_new_state(claimed: ClaimedNotice, now: datetime) -> NewState:
    outcome, code = claimed.attempt.outcome, claimed.attempt.error_code
    if outcome == AttemptOutcome.ACCEPTED:
        # A repeated notice keeps its progress: who has opened it once knows of it.
        state = NoticeState.OPENED if claimed.notice.opened_at else NoticeState.SENT
        return NewState(state, sent_at=claimed.attempt.finished_at)
    # Nothing was wrong with it, so there is no backoff.
    if code == NOT_TRIED:
        return NewState(NoticeState.OWED, next_attempt_at=now)
    # Due at once for the sweeper, which asks the directory for somebody else.
    if code == CONTACT_INACTIVE:
        return NewState(NoticeState.FAILED, NO_CONTACT, next_attempt_at=now)
    # Failures of earlier sendings of a repeated notice don't count: the first one now waits 2 s.
    wait = backoff(
        claimed.attempt.number - claimed.notice.tries_before, unsendable=outcome == AttemptOutcome.UNSENDABLE
    )
    return NewState(NoticeState.FAILED, str(outcome), next_attempt_at=now + wait)


def backoff(attempts: int, *, unsendable: bool = False) -> timedelta:
    """Return how long to wait after this many attempts: 2, 4, 8 ... 300 s, ± 25 %, so that retries spread out.

    After about a day it is an hour. What we couldn't compose waits from 5 minutes to an hour: trying again corrects
    nothing until we do.
    """
    first, longest = (UNSENDABLE_BACKOFF, MAX_UNSENDABLE_BACKOFF) if unsendable else (FIRST_BACKOFF, MAX_BACKOFF)
    if attempts > MANY_ATTEMPTS:
        longest = MAX_UNSENDABLE_BACKOFF
    # The exponent is capped because a timedelta doubled some fifty times overflows.
    doubled: timedelta = first * 2 ** min(attempts - 1, 20)
    return min(doubled, longest) * _random.uniform(1 - JITTER, 1 + JITTER)


def _retry_unreached(now: datetime) -> None:
    """Make every notice due that waits only because the server was away: it is back."""
    Notice.objects.filter(state=NoticeState.FAILED, reason=UNREACHED, next_attempt_at__gt=now).update(
        next_attempt_at=now
    )


def _log_failure(claimed: ClaimedNotice) -> None:
    outcome, code = claimed.attempt.outcome, claimed.attempt.error_code
    if outcome == AttemptOutcome.ACCEPTED or code == NOT_TRIED:
        return
    write_log = log.error if outcome == AttemptOutcome.UNSENDABLE else log.warning
    write_log(
        "notice_not_sent",
        notice=str(claimed.notice.pk),
        attempt=claimed.attempt.number,
        outcome=str(outcome),
        code=code,
    )
