"""Take what came in, each thing once. Who sent it was checked by the gateway's own proof (`views`).

A number can be forged on the telephone network, and a code can be read over a shoulder. So an answer counts only where
both fit: the code of a notice, and the active, tested number of its own contact, to which this notice was sent. What
doesn't fit changes nothing and gets no answer, so that nobody learns from it what exists. What can be won by forging
both is little: the notice stays in everybody's sight as accepted and not opened, and is chased until a PIN opens it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from access.rate_limits import Limit
from audit import clock
from audit.chain import ANONYMOUS, log_event
from notifications.briefs.choices import NOT_ASKED, is_answered_from_telephone
from notifications.briefs.replies import AnswerRefused, answer
from notifications.channels.gateways.incoming import Key, Receipt, Sms
from notifications.directory.models import ContactWay
from notifications.directory.ways.models import WayKind
from notifications.directory.ways.numbers import read_number
from notifications.outbox.models import AnsweredBy, Dispatch, Notice, ReplyKind
from notifications.outbox.queueing import enqueue_bulk
from notifications.outbox.ways.receipts import record_receipt
from vault import lasting

from .models import InboundKind, InboundOutcome, InboundRecord
from .words import Said, read_answer

# What fits nothing, from one sender: so many are recorded, and the rest is passed over. An answer that fits is taken
# however many came before it: nobody is kept from answering by somebody who writes in their name.
FROM_ONE_SENDER = Limit("inbound.sender", 20, timedelta(hours=1))
ACCEPT_KEY = "1"
# Given the gateway's name and the SMS: whether it was for them. Rooms above read what is no answer to a notice.
SmsReader = Callable[[str, Sms], bool]
_readers: list[SmsReader] = []
_INTERNATIONAL = re.compile(r"\+[0-9]{8,15}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Found:
    """What an answer is for, or why it is for nothing."""

    outcome: str
    dispatch: Dispatch | None = None


class _Replayed(Exception):
    """Raised when the same thing came in before."""


def take_receipt(provider: str, receipt: Receipt) -> bool:
    """Record what became of a message. True when something of ours changed by it."""
    if receipt.delivered is None:
        return False
    # By the gateway's id first: several notices that stood in one message have it in common.
    return any(
        record_receipt(
            provider=provider,
            delivered=receipt.delivered,
            code="" if receipt.delivered else "not_delivered",
            at=clock.now(),
            **name,
        )
        for name in ({"provider_id": receipt.id}, {"reference": receipt.reference})
    )


def register_reader(read: SmsReader) -> None:
    """Register what reads SMS before they are taken for answers; it returns whether the SMS was for it."""
    if read not in _readers:
        _readers.append(read)


def take_sms(provider: str, sms: Sms) -> str:
    """Take an SMS as the answer to a notice. Return what became of it: an InboundOutcome, or "" for nothing."""
    if any(read(provider, sms) for read in _readers):
        return ""
    number = _read_sender(sms.sender)
    said = read_answer(sms.text)
    found = _find_for_sms(said, number)
    sender = lasting.keyed_hash(lasting.INBOUND, (number or sms.sender).encode())
    if found.dispatch is None or said is None:
        return _refuse(provider, InboundKind.SMS, sms.id, found.outcome, sender)
    reason = NOT_ASKED if said.kind == ReplyKind.DECLINED else ""
    return _answer(provider, InboundKind.SMS, sms.id, found.dispatch, said, reason=reason, by=AnsweredBy.SMS)


def take_key(provider: str, key: Key) -> str:
    """Take a key that was pressed during a call: 1 accepts, any other is no answer."""
    found = _find_for_key(provider, key)
    caller = lasting.keyed_hash(lasting.INBOUND, f"{key.reference}\0{key.id}".encode())
    # One call is one thing, however often it is reported; another key of it is another one.
    name = f"{found.dispatch.pk if found.dispatch else f'{key.reference}:{key.id}'}:{key.key}"
    if found.dispatch is None:
        return _refuse(provider, InboundKind.KEY, name, found.outcome, caller)
    said = Said(found.dispatch.notice.code, ReplyKind.ACCEPTED.value)
    return _answer(provider, InboundKind.KEY, name, found.dispatch, said, reason="", by=AnsweredBy.VOICE)


def _read_sender(text: str) -> str:
    """Return the sender's number as the directory has numbers; "" for what is none, as a name."""
    if _INTERNATIONAL.fullmatch(text):
        return text  # as the numbers of the demo are written, which no network has
    try:
        return read_number(text)
    except ValidationError:
        return ""


def _find_for_sms(said: Said | None, number: str) -> _Found:
    if said is None:
        return _Found(InboundOutcome.UNREADABLE)
    notice = Notice.objects.filter(code=said.code).only("pk").first()
    if notice is None:
        return _Found(InboundOutcome.UNKNOWN)
    sent = _get_sent().filter(notice=notice, channel=WayKind.SMS, way__address=number)
    return _judge(sent.order_by("-taken_at").first() if number else None, InboundOutcome.WRONG_SENDER)


def _find_for_key(provider: str, key: Key) -> _Found:
    if key.key != ACCEPT_KEY:
        return _Found(InboundOutcome.UNREADABLE)
    sent = _get_sent().filter(provider=provider, channel=WayKind.VOICE)
    if key.reference:
        if not _is_reference(key.reference):
            return _Found(InboundOutcome.UNKNOWN)
        return _judge(sent.filter(reference=key.reference).first(), InboundOutcome.UNKNOWN)
    return _judge(sent.filter(provider_id=key.id).order_by("-taken_at").first(), InboundOutcome.UNKNOWN)


def _get_sent() -> QuerySet[Dispatch]:
    """Return what was handed over along a way that still counts, to somebody who still is the notice's recipient."""
    ways = ContactWay.objects.counted().filter(contact__is_active=True, contact__partner__is_active=True)
    sent = Dispatch.objects.filter(taken_at__isnull=False, way__in=ways, way__contact=F("notice__contact"))
    return sent.filter(notice__link_revoked_at__isnull=True).select_related("notice__chases__chases", "way")


def _judge(dispatch: Dispatch | None, otherwise: str) -> _Found:
    if dispatch is None:
        return _Found(otherwise)
    if not is_answered_from_telephone(dispatch.notice):
        return _Found(InboundOutcome.NOT_HERE)
    return _Found(InboundOutcome.TAKEN, dispatch)


def _is_reference(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def _answer(provider: str, kind: str, name: str, dispatch: Dispatch, said: Said, *, reason: str, by: str) -> str:
    """Answer the notice and record that, in one transaction; the same thing twice does nothing the second time."""
    moment = clock.now()
    try:
        with transaction.atomic():
            outcome = _try_answer(dispatch, said, reason=reason, by=by, at=moment)
            record = _record(provider, kind, name, outcome, moment, dispatch)
            if outcome == InboundOutcome.REFUSED:
                log_event(
                    "inbound.refused", actor=ANONYMOUS, target_kind="notice", target_id=dispatch.notice_id, way=kind
                )
            if kind == InboundKind.SMS:
                # An identifier only: the words and the number are read from the database by the worker.
                transaction.on_commit(lambda: enqueue_bulk(CONFIRM, str(record.pk)))
    except _Replayed:
        return ""
    return outcome


def _try_answer(dispatch: Dispatch, said: Said, *, reason: str, by: str, at: datetime) -> str:
    try:
        with transaction.atomic():
            answer(notice=dispatch.notice, kind=said.kind, reason=reason, minutes=said.minutes, by=by, at=at)
    except AnswerRefused:
        return InboundOutcome.REFUSED
    return InboundOutcome.TAKEN


def _record(
    provider: str, kind: str, name: str, outcome: str, at: datetime, dispatch: Dispatch | None = None
) -> InboundRecord:
    """Write that it came in. Raises _Replayed, and the caller's transaction is to be undone."""
    key_hash = lasting.keyed_hash(lasting.INBOUND, f"{provider}\0{kind}\0{name}".encode())
    notice = dispatch.notice if dispatch else None
    try:
        with transaction.atomic():
            return InboundRecord.objects.create(
                provider=provider,
                key_hash=key_hash,
                kind=kind,
                outcome=outcome,
                at=at,
                notice=notice,
                dispatch=dispatch,
            )
    except IntegrityError:
        raise _Replayed from None


def _refuse(provider: str, kind: str, name: str, outcome: str, sender: str) -> str:
    """Record what changes nothing, as long as this sender's isn't too much: no text, no number, no code."""
    moment = clock.now()
    if FROM_ONE_SENDER.is_used_up(sender, at=moment):
        return ""
    try:
        with transaction.atomic():
            FROM_ONE_SENDER.hit(sender, at=moment)
            _record(provider, kind, name, outcome, moment)
            log_event(
                "inbound.passed_over",
                actor=ANONYMOUS,
                target_kind="gateway",
                target_id=provider,
                way=kind,
                why=str(outcome),
                sender=sender,
            )
    except _Replayed:
        return ""
    log.info("inbound_passed_over", gateway=provider, way=str(kind), why=str(outcome))
    return outcome


CONFIRM = "notifications.inbound.confirming.confirm"
