"""Send due notices: claim, attempt, send, record. docs/outbox.md draws it and gives the reasons for the numbers.

1. claim: one conditional UPDATE (attempts + 1, fencing token + 1, lease) and the Attempt rows, in one transaction; all
   of it is on disk before the first byte goes out.
2. send: the batch over one connection. A failure is stored with its code, never with the server's words. What was
   accepted is noted in the process's journal before the next is sent.
3. record: Attempt rows, audit entries, and the notice's new state WHERE token = ours, in one transaction.

A process that dies between any two lines leaves a journal, by which its successor records what had gone out and ends
the leases of the rest (`recovery`). Where that is lost too, with the machine, the leases run out; the sweeper has the
rows sent again, with the same Message-ID.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction

from audit import clock
from audit.chain import AuditEvent, log_events
from audit.sealed_rows import keep_intact
from notifications.channels.base import ChannelPool, Message, PayloadError, RecipientRefused, Unreached
from notifications.directory.models import Contact, ContactWay
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from . import journal
from .backoff import get_backoff
from .bounces.return_path import build_return_path
from .claiming import find_candidates, insert_attempts, load_notices, take_candidates
from .gathering import gather
from .journal import NOTICE, Accepted
from .mail_keys import encrypt_for, end_unusable, is_test_of_key, name_key, read_keys, send_mail
from .messages import build_message
from .models import Attempt, AttemptOutcome, Notice, Purpose
from .outcomes import NewState, write_attempts, write_states
from .queueing import enqueue_delivery
from .sender import units_read_once
from .states import NO_CONTACT, REFUSED, UNREACHED, NoticeState
from .ways.sending import hasten_ways
from .ways.words import build_way_message

RUN_SECONDS = 10.0  # one last batch on top is still far below the cluster's timeout of 60

NOT_TRIED = "not_tried"
CONTACT_INACTIVE = "contact_inactive"

log = structlog.get_logger(__name__)


@dataclass
class ClaimedNotice:
    """A claimed notice and the outcome of this attempt. `notice` is as the claim left it.

    `unusable_key`: the key to which the e-mail couldn't be encrypted, so that it went out readable.
    """

    notice: Notice
    attempt: Attempt
    unusable_key: ContactWay | None = None

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
    channels = ChannelPool(keeps=True)
    accepted, wanted = 0, notice_ids
    try:
        while batch := claim(now=clock.now(), wanted=wanted, without=channels.down):
            wanted = ()
            heartbeat()
            if len(batch) >= settings.NOTICE_BATCH:
                enqueue_delivery(())  # there may be more: another worker needn't wait until this one is through
            with units_read_once():
                send(batch, channels)
            record_results(batch)
            journal.clear()
            end_unusable([each.unusable_key for each in batch if each.unusable_key is not None], clock.now())
            accepted += sum(claimed.attempt.outcome == AttemptOutcome.ACCEPTED for claimed in batch)
            if _was_all(batch):
                break
            if time.monotonic() >= until:
                # The task ends here and a new one goes on: django-q2 kills a task that overruns its timeout, and a
                # worker that is killed can leave the queue locked.
                enqueue_delivery(())
                break
    finally:
        channels.close()
    return accepted


def _was_all(batch: Sequence[ClaimedNotice]) -> bool:
    """Tell whether nothing else was due when this batch was claimed; whoever owed one since has rung for it."""
    # What wasn't sent may be due again at once, and so may all others after a server has come back.
    return len(batch) < settings.NOTICE_BATCH and all(
        claimed.attempt.outcome == AttemptOutcome.ACCEPTED and claimed.notice.reason != UNREACHED for claimed in batch
    )


def claim(*, now: datetime, wanted: Sequence[str] = (), without: Collection[str] = ()) -> list[ClaimedNotice]:
    """Claim a batch of notices: the wanted ones, then untried ones before retries, oldest first.

    `without`: channels that are down. Empty when nothing is claimable. Each notice has exactly one holder: the UPDATE
    repeats the condition and each token that was read, and returns which rows it took.
    """
    while candidates := find_candidates(now, wanted, without, settings.NOTICE_BATCH):
        with transaction.atomic():
            taken = take_candidates(candidates, now, lease=timedelta(seconds=settings.NOTICE_LEASE_SECONDS))
            notices = load_notices(taken)
            attempts = [_build_attempt(notice) for notice in notices]
            if attempts:
                insert_attempts(attempts)
                # Before the commit: a claim that nobody knows of would wait for its lease.
                journal.note_claims(NOTICE, [(notice.pk, notice.token) for notice in notices])
        if notices:
            if len(notices) < len(candidates):
                enqueue_delivery(())  # another worker had the others: whether there are more, neither has seen
            return [ClaimedNotice(notice, attempt) for notice, attempt in zip(notices, attempts, strict=True)]
    return []


def _build_attempt(notice: Notice) -> Attempt:
    return Attempt(
        notice=notice,
        number=notice.attempts,
        token=notice.token,
        channel=notice.channel,
        address=_get_address(notice),
        started_at=clock.now(),
    )


def _get_address(notice: Notice) -> str:
    if notice.way is not None and not is_test_of_key(notice):
        return notice.way.address
    return notice.contact.email if notice.contact else ""


def send(batch: Sequence[ClaimedNotice], channels: ChannelPool) -> None:
    """Send each notice of the batch and set its outcome; what waited through an outage is gathered (`gathering`).

    After a lost connection, or when the batch's time is over, the rest isn't tried: it would outlive its lease. It is
    due again at once, or, when the server is down, after its backoff.
    """
    stop_at = time.monotonic() + settings.NOTICE_BATCH_SECONDS
    keys = read_keys(claimed.notice for claimed in batch)
    broken: dict[str, str] = {}
    for mail in _iter_mails(batch):
        claimed, others = mail[0], mail[1:]
        name = claimed.notice.channel
        if name in broken or time.monotonic() >= stop_at:
            _finish(mail, AttemptOutcome.UNREACHED, broken[name] if name in channels.down else NOT_TRIED)
            continue
        try:
            _send_one(claimed, channels, keys, others)
        except PayloadError as error:
            _finish(mail, AttemptOutcome.UNSENDABLE, error.code)
        except RecipientRefused as error:
            channels.record_success(name)  # a server that refuses a recipient for good is up
            _finish(mail, AttemptOutcome.REFUSED, error.code)
        except Unreached as error:
            _finish(mail, AttemptOutcome.UNREACHED, error.code)
            if error.connection_lost:
                broken[name] = error.code
                channels.record_loss(name)
        except DatabaseError:
            raise  # no notice is to blame; the leases run out
        except Exception as error:  # noqa: BLE001  # one notice that can't be rendered: the batch goes on
            _finish(mail, AttemptOutcome.UNSENDABLE, f"fault_{type(error).__name__}"[:40])
        else:
            channels.record_success(name)
            _finish(mail, AttemptOutcome.ACCEPTED)
            # Before the next is sent: whoever dies now leaves it to be recorded, not to be sent again.
            for each in mail:
                attempt = each.attempt
                assert attempt.finished_at is not None
                accepted = Accepted(attempt.finished_at, texts=attempt.texts, mail_key=attempt.mail_key)
                journal.note_accepted(NOTICE, each.notice.pk, attempt.token, accepted)


def _iter_mails(batch: Sequence[ClaimedNotice]) -> Iterator[list[ClaimedNotice]]:
    """Yield what goes out in one mail. What can't be composed together goes out one by one: one is to blame for it."""
    by_key = {claimed.notice.pk: claimed for claimed in batch}
    for together in gather([claimed.notice for claimed in batch]):
        mail = [by_key[notice.pk] for notice in together]
        if len(mail) > 1 and not _can_be_one(mail):
            yield from ([each] for each in mail)
        else:
            yield mail


def _can_be_one(mail: Sequence[ClaimedNotice]) -> bool:
    contact = mail[0].notice.contact
    assert contact is not None  # `gather` puts only those together that have one
    try:
        _build_mail(mail[0], contact, mail[1:])
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # said again by the one that it is about
        log.warning("mail_not_gathered", code=type(error).__name__, notices=len(mail))
        return False
    return True


def _finish(mail: Sequence[ClaimedNotice], outcome: str, code: str = "") -> None:
    """Set the outcome of all notices of a mail, at one moment: by that a mail that comes back is known to be theirs."""
    mail[0].finish(outcome, code)
    for each in mail[1:]:
        each.finish(outcome, code)
        each.attempt.finished_at = mail[0].attempt.finished_at
        each.attempt.texts, each.attempt.mail_key = mail[0].attempt.texts, mail[0].attempt.mail_key


def _send_one(
    claimed: ClaimedNotice,
    channels: ChannelPool,
    keys: Mapping[int, ContactWay],
    others: Sequence[ClaimedNotice] = (),
) -> None:
    contact = claimed.notice.contact
    # The directory may have changed between creating and sending; the sweeper then looks for somebody else.
    if contact is None or not (contact.is_active and contact.partner.is_active):
        raise PayloadError(CONTACT_INACTIVE)
    if claimed.notice.purpose != Purpose.TEST and (contact.reachable_at is None or claimed.notice.link_revoked_at):
        raise PayloadError(CONTACT_INACTIVE)  # a new address waits for its test; an old link opens nothing
    notice, way = claimed.notice, claimed.notice.way
    if not _is_as_sealed(contact, way):
        raise PayloadError(CONTACT_INACTIVE)  # somebody without a key has changed where it would go
    channel = channels.get(notice.channel)
    if way is None:
        key = keys.get(contact.pk)
        claimed.attempt.mail_key = name_key(key)
        if not send_mail(channel, _build_mail(claimed, contact, others), key, notice.language):
            claimed.unusable_key, claimed.attempt.mail_key = key, Attempt.READABLE
    elif not way.is_active:
        raise PayloadError(CONTACT_INACTIVE)
    elif is_test_of_key(notice):
        # Encrypted or not at all: a test that is readable would let a key count that its owner can't use.
        claimed.attempt.mail_key = name_key(way)
        channel.send(encrypt_for(_build_mail(claimed, contact), way, notice.language))
    else:
        message = build_way_message(notice, way, reference=notice.pk.hex, now=clock.now())
        claimed.attempt.texts = message.texts
        channel.send(message)


def _is_as_sealed(contact: Contact, way: ContactWay | None) -> bool:
    try:
        return bool(keep_intact([contact])) and (way is None or bool(keep_intact([way])))
    except (SealBroken, KeyRingError):
        raise PayloadError("link_sealed") from None  # nor does the link open without that key


def _build_mail(claimed: ClaimedNotice, contact: Contact, others: Sequence[ClaimedNotice] = ()) -> Message:
    listed = [each.notice for each in others]
    message = build_message(claimed.notice, contact, now=clock.now(), others=listed)
    claimed.attempt.texts = message.texts
    return replace(message, return_path=build_return_path(claimed.attempt))


def record_results(batch: Sequence[ClaimedNotice]) -> None:
    """Write the outcomes of the batch, in one transaction.

    A notice that was opened, cancelled or taken over meanwhile has another token and keeps its state; the attempt row
    and the audit entry are written all the same.
    """
    now = clock.now()
    accepted = [claimed for claimed in batch if claimed.attempt.outcome == AttemptOutcome.ACCEPTED]
    changes = [(claimed.attempt, _get_new_state(claimed, now)) for claimed in batch]
    events = [_build_sent_event(claimed) for claimed in accepted]
    failed = [claimed.notice.pk for claimed in batch if claimed.attempt.outcome in (REFUSED, UNREACHED)]
    with transaction.atomic():
        write_attempts(claimed.attempt for claimed in batch)
        write_states(changes)
        if failed:
            hasten_ways(failed, now)  # by another way, and at once
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
    wait = get_backoff(
        claimed.attempt.number - claimed.notice.tries_before, unsendable=outcome == AttemptOutcome.UNSENDABLE
    )
    return NewState(NoticeState.FAILED, str(outcome), next_attempt_at=now + wait)


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
