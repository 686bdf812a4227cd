"""What the public does: send a signal, add to it, read the answer, take it back. One mutation each.

`receive_signal`, in one transaction: stores the signal with its answers sealed, lets the procedure decide, owes the
notices, records it. Sending the same form twice stores it once. Whatever fails takes all of it back.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import MobileUnit, Municipality, Region
from audit.chain import ANONYMOUS, record
from case_forms.builder.definition import Question
from case_forms.builder.keeping import first_due
from case_forms.builder.models import FormVersion
from notifications.briefs.erasing import erase_all_of
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from . import codes
from .deciding import ADDED, RECEIVED, chases_to_join, procedure_in_force, seat_of, tell
from .lanes import lane
from .locking import lock_signal
from .models import Outcome, Sender, Signal, SignalMessage, SignalState

LONGEST_MESSAGE = 4000  # characters
MOST_MESSAGES = 10  # of one person in an hour
AN_HOUR = timedelta(hours=1)


class SignalClosed(Exception):
    """Nothing can be added any more: it was taken back, or nobody meant it."""


class TooManyMessages(Exception):
    """This person has added too much within an hour."""


@dataclass(frozen=True)
class Origin:
    """Where a signal comes from: a region's page, or the card of one of its unit's sessions."""

    region: Region
    unit: MobileUnit
    session_id: UUID | None = None
    municipality: Municipality | None = None  # the session's


@dataclass(frozen=True)
class ReceivedSignal:
    """A stored signal; `created` is False when this form was sent before."""

    signal: Signal
    created: bool
    code: str = field(repr=False)


def unit_of_region(region: Region) -> MobileUnit | None:
    """The unit that answers for a region, or None where none works."""
    return region.units.filter(is_active=True).order_by("pk").first()


def receive_signal(
    *,
    secret: bytes,
    form_version: FormVersion,
    answers: Mapping[str, Any],
    origin: Origin,
    language: str,
    is_above_budget: Callable[[], bool] = lambda: False,
    at: datetime | None = None,
) -> ReceivedSignal:
    """Stores a signal and owes its notices. `answers` are checked and cleaned; `secret` is the form's own, so that
    sending it again finds what it stored and the same receipt code. `is_above_budget` counts it, in the transaction
    that stores it: what is above is kept all the same, and waits for the unit to look at it.
    """
    earlier = sent_before(secret)
    if earlier is not None:
        return earlier
    code = codes.code_from(secret, language)
    moment = at or timezone.now()
    municipality, unit = _place(answers, form_version, origin)
    signal = Signal(
        form_version=form_version,
        unit=unit,
        region=origin.region,
        municipality=municipality,
        session_id=origin.session_id,
        procedure_version=procedure_in_force(moment),
        language=language,
        answers=dict(answers),
        send_key=_send_key(secret),
        receipt_hash=codes.hash_of(code),
        received_at=moment,
        changed_at=moment,
        forget_after=first_due(form_version.parsed_form, timezone.localdate(moment)),
    )
    try:
        with lane(origin.session_id or origin.region.pk), transaction.atomic():
            signal.held_back = is_above_budget()
            signal.save(force_insert=True)
            event = tell(signal, RECEIVED, at=moment)
            record(
                "signal.received",
                actor=ANONYMOUS,
                target_kind="signal",
                target_id=signal.pk,
                form=form_version.form.key,
                version=form_version.number,
                notices=len(event.detail["notices"]),
                further=len(event.detail["further"]),
                held_back=signal.held_back,
                failed=event.detail["failed"],
            )
    except IntegrityError:
        # The same form came in twice at once: whoever was second finds what the first one stored.
        earlier = sent_before(secret)
        if earlier is None:
            raise
        return earlier
    return ReceivedSignal(signal, True, code)


def sent_before(secret: bytes) -> ReceivedSignal | None:
    """What this form has stored already, or None."""
    found = Signal.objects.filter(send_key=_send_key(secret)).select_related("unit").first()
    if found is None:
        return None
    return ReceivedSignal(found, False, codes.shown_before(secret, found.language, found.receipt_hash))


def _send_key(secret: bytes) -> str:
    return hashlib.sha256(b"signal\0" + secret).hexdigest()


def _place(answers: Mapping[str, Any], form_version: FormVersion, origin: Origin) -> tuple[Municipality, MobileUnit]:
    """Where it happens and who answers. What happens in the region of another unit goes to that unit, which can go
    there; a question goes to the unit that the person met."""
    asked = form_version.parsed_form.outer_items
    keys = [item.key for item in asked if isinstance(item, Question) and item.type == "municipality"]
    slug = next((answers[key] for key in keys if key in answers), None)
    answered = Municipality.objects.filter(slug=slug).select_related("region").first() if slug else None
    if answered is None:
        return origin.municipality or seat_of(origin.region), origin.unit
    if answered.region_id == origin.unit.region_id or answers.get("kind") == "question":
        return answered, origin.unit
    return answered, unit_of_region(answered.region) or origin.unit


def signal_of(*meant: str) -> Signal | None:
    """The signal that this receipt code belongs to, or None; `meant`: what somebody may have meant by what they typed.
    Found by a keyed hash, so the time it takes says nothing of how near a wrong code came."""
    hashes = [codes.hashes_of(code) for code in meant]
    kept = [kept for of_one in hashes for kept in of_one]
    found = Signal.objects.filter(receipt_hash__in=kept).select_related("unit", "form_version__form").first()
    if found is not None:
        newest = next(of_one[0] for of_one in hashes if found.receipt_hash in of_one)
        if found.receipt_hash != newest:  # made under a key that is on its way out
            Signal.objects.filter(pk=found.pk).update(receipt_hash=newest)
    return found


def add_message(*, signal_id: UUID, text: str, secret: bytes, at: datetime | None = None) -> SignalMessage:
    """What the person writes besides. Adding it twice adds it once; the unit is told, and the signal is new again.

    Raises SignalClosed, TooManyMessages.
    """
    moment = at or timezone.now()
    key = hashlib.sha256(b"signal message\0" + secret).hexdigest()
    with transaction.atomic():
        joins = _would_join(signal_id, moment)
        signal = lock_signal(signal_id, besides=joins)
        earlier = SignalMessage.objects.filter(key=key, signal=signal).first()
        if earlier is not None:
            return earlier
        if not may_add(signal):
            raise SignalClosed
        if signal.messages.filter(sender=Sender.PERSON, at__gt=moment - AN_HOUR).count() >= MOST_MESSAGES:
            raise TooManyMessages
        message = SignalMessage.objects.create(
            signal=signal, sender=Sender.PERSON, text=text[:LONGEST_MESSAGE], key=key, at=moment
        )
        signal.state, signal.outcome, signal.closed_at = SignalState.NEW, "", None
        signal.changed_at = moment
        signal.save(update_fields=["state", "outcome", "closed_at", "changed_at"])
        event = tell(signal, ADDED, at=moment, added=message.text, locked=joins)
        record(
            "signal.added",
            actor=ANONYMOUS,
            target_kind="signal",
            target_id=signal.pk,
            message=message.pk,
            notices=len(event.detail["notices"]),
            further=len(event.detail["further"]),
        )
    return message


def _would_join(signal_id: UUID, at: datetime) -> set[UUID]:
    signal = Signal.objects.get(pk=signal_id)
    return chases_to_join(signal, ADDED, at=at) if may_add(signal) else set()


def may_add(signal: Signal) -> bool:
    """A signal that was dealt with is opened again by whoever wrote it; not one that nobody meant."""
    return signal.outcome not in (Outcome.SPAM, Outcome.TAKEN_BACK) and signal.forgotten_at is None


def mark_seen(signal: Signal, *, at: datetime | None = None) -> int:
    """The person has come back and reads what the unit has said. Returns how many messages were new to them."""
    unseen = SignalMessage.objects.filter(signal=signal, sender=Sender.UNIT, seen_at__isnull=True)
    return unseen.update(seen_at=at or timezone.now())


def freeze(*, signal_id: UUID, at: datetime | None = None) -> None:
    """Whoever has the code shuts it: nobody reads an answer, adds or takes back with it any more. What was sent stays
    with the unit, which is told that an answer here won't be read. Freezing twice is once."""
    moment = at or timezone.now()
    with transaction.atomic():
        signal = lock_signal(signal_id)
        if signal.receipt_hash is None:
            return
        signal.receipt_hash, signal.frozen_at = None, moment
        signal.save(update_fields=["receipt_hash", "frozen_at"])
        record("signal.frozen", actor=ANONYMOUS, target_kind="signal", target_id=signal.pk)


def take_back(*, signal_id: UUID, at: datetime | None = None) -> Signal:
    """The person wants it gone: what was written is deleted, here and in every notice made from it, and the code opens
    nothing any more.

    About danger the notices stay readable until `erase_notices_at`, and whoever was told of it keeps being chased: a
    code may be found by the one it was hidden from.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        signal = lock_signal(signal_id)
        if signal.outcome == Outcome.TAKEN_BACK:
            return signal
        if _is_danger(signal):
            signal.erase_notices_at = moment + timedelta(days=settings.SIGNAL_DANGER_NOTICE_DAYS)
        else:
            erase_all_of(signal.pk, at=moment)
        signal.messages.all().delete()
        signal.answers = {}
        signal.receipt_hash = None
        signal.state, signal.outcome = SignalState.CLOSED, Outcome.TAKEN_BACK
        signal.closed_at = signal.changed_at = signal.forgotten_at = moment
        signal.forget_after = None
        signal.save()
        for event in signal.events.filter(explanation__isnull=False):
            event.explanation = None
            event.save(update_fields=["explanation"])
        record(
            "signal.taken_back",
            actor=ANONYMOUS,
            target_kind="signal",
            target_id=signal.pk,
            notices_until=signal.erase_notices_at.isoformat() if signal.erase_notices_at else "",
        )
    return signal


def _is_danger(signal: Signal) -> bool:
    """One that can't be read counts as danger: nobody can say that it isn't."""
    try:
        return signal.is_in_danger
    except (SealBroken, KeyRingError):
        return True
