"""The public's actions on a tip: send it, add to it, read the answer, take it back. One mutation each.

`receive_tip`, in one transaction: stores the tip with its answers sealed, lets the procedure decide, creates the
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
from audit import clock
from audit.chain import ANONYMOUS, gathered_entries, log_event
from case_forms.form_builder.definition import Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.retention import first_due
from notifications.briefs.erasing import erase_all_from
from notifications.directory.areas import get_seat
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from . import codes
from .deciding import ADDED, RECEIVED, chases_to_join, notify_recipients, procedure_in_force
from .locking import lane, lock_tip
from .models import Outcome, Sender, Tip, TipMessage, TipState
from .voices import forget_voice, write_voice
from .wav import Recording

MAX_MESSAGE_LENGTH = 4000  # characters
MAX_MESSAGES = 10  # of one person in an hour
AN_HOUR = timedelta(hours=1)


class TipClosed(Exception):
    """The tip takes no more messages: it was taken back, or closed as sent by mistake."""


class TooManyMessages(Exception):
    """The person has added too much within an hour."""


@dataclass(frozen=True)
class Origin:
    """The origin of a tip: a region's page, or the card of one of its unit's sessions."""

    region: Region
    unit: MobileUnit
    session_id: UUID | None = None
    municipality: Municipality | None = None  # the session's


@dataclass(frozen=True)
class ReceivedTip:
    """A stored tip; `created` is False when this form was sent before."""

    tip: Tip
    created: bool
    code: str = field(repr=False)


def unit_of_region(region: Region) -> MobileUnit | None:
    """Return the unit that answers for a region, or None where none works."""
    return region.units.filter(is_active=True).order_by("pk").first()


def receive_tip(
    *,
    secret: bytes,
    form_version: FormVersion,
    answers: Mapping[str, Any],
    origin: Origin,
    language: str,
    is_above_budget: Callable[[], bool] = lambda: False,
    voice: Recording | None = None,
    at: datetime | None = None,
) -> ReceivedTip:
    """Store a tip and create its notices.

    `answers` are checked and cleaned; `secret` is the form's own, so that sending it again finds what it stored and the
    same receipt code. `is_above_budget` counts it, in the transaction that stores it: what is above is stored all the
    same, and waits for the unit to look at it. `voice`: what they said besides; raises VoiceRefused when too many come.
    """
    earlier = find_sent_tip(secret)
    if earlier is not None:
        return earlier
    code = codes.code_from(secret, language)
    moment = at or clock.now()
    municipality, unit = _place(answers, form_version, origin)
    tip = Tip(
        form_version=form_version,
        unit=unit,
        region=origin.region,
        municipality=municipality,
        session_id=origin.session_id,
        procedure_version=procedure_in_force(moment),
        language=language,
        answers=dict(answers),
        send_key=_send_key(secret),
        receipt_hash=codes.compute_hash(code),
        received_at=moment,
        changed_at=moment,
        forget_after=first_due(form_version.parsed_form, timezone.localdate(moment)),
    )
    try:
        # The lane first: whoever waits for it holds no lock of the database.
        with (
            write_voice(voice, now=moment) as said,
            lane(origin.session_id or origin.region.pk),
            gathered_entries(),
        ):
            # Inside the transaction: counted and stored together, no budget is overrun by tips sent side by side (ADR
            # 70).
            tip.held_back = is_above_budget()
            tip.save(force_insert=True)
            if said is not None:
                said.tip = tip
                said.save(force_insert=True)
            event = notify_recipients(tip, RECEIVED, at=moment)
            log_event(
                "signal.received",
                actor=ANONYMOUS,
                target_kind="signal",
                target_id=tip.pk,
                form=form_version.form.key,
                version=form_version.number,
                notices=len(event.detail["notices"]),
                further=len(event.detail["further"]),
                held_back=tip.held_back,
                failed=event.detail["failed"],
                voice=said.seconds if said is not None else 0,
            )
    except IntegrityError:
        # The same form came in twice at once: whoever was second finds what the first one stored.
        earlier = find_sent_tip(secret)
        if earlier is None:
            raise
        return earlier
    return ReceivedTip(tip, True, code)


def find_sent_tip(secret: bytes) -> ReceivedTip | None:
    """Return what this form has stored already, or None."""
    found = Tip.objects.filter(send_key=_send_key(secret)).select_related("unit").first()
    if found is None:
        return None
    # Only the hash of the code is stored; the form's secret makes the same code again.
    return ReceivedTip(found, False, codes.get_shown_code(secret, found.language, found.receipt_hash))


def _send_key(secret: bytes) -> str:
    return hashlib.sha256(b"signal\0" + secret).hexdigest()


def _place(answers: Mapping[str, Any], form_version: FormVersion, origin: Origin) -> tuple[Municipality, MobileUnit]:
    """Return where it happens and which unit answers.

    What happens in the region of another unit goes to that unit, which can go there; a question goes to the unit that
    the
    person met.
    """
    asked = form_version.parsed_form.outer_items
    keys = [item.key for item in asked if isinstance(item, Question) and item.type == "municipality"]
    slug = next((answers[key] for key in keys if key in answers), None)
    answered = Municipality.objects.filter(slug=slug).select_related("region").first() if slug else None
    if answered is None:
        return origin.municipality or get_seat(origin.region), origin.unit
    if answered.region_id == origin.unit.region_id or answers.get("kind") == "question":
        return answered, origin.unit
    return answered, unit_of_region(answered.region) or origin.unit


def get_tip(*meant: str) -> Tip | None:
    """Return the tip that this receipt code belongs to, or None.

    `meant`: what somebody may have meant by what they typed. Found by a keyed hash, so the time it takes says nothing
    of
    how near a wrong code came.
    """
    hashes = [codes.compute_hashes(code) for code in meant]
    possible = [each for of_one in hashes for each in of_one]
    found = Tip.objects.filter(receipt_hash__in=possible).select_related("unit", "form_version__form").first()
    if found is not None:
        newest = next(of_one[0] for of_one in hashes if found.receipt_hash in of_one)
        if found.receipt_hash != newest:  # made under a key that is on its way out
            Tip.objects.filter(pk=found.pk).update(receipt_hash=newest)
    return found


def add_message(*, tip_id: UUID, text: str, secret: bytes, at: datetime | None = None) -> TipMessage:
    """Store what the person writes besides, and notify the unit; the tip is new again. Adding it twice adds it once.

    Raises TipClosed, TooManyMessages.
    """
    moment = at or clock.now()
    key = hashlib.sha256(b"signal message\0" + secret).hexdigest()
    with gathered_entries():
        # Chases are locked before the tip (`locking`), so what will be joined has to be known before.
        joins = _would_join(tip_id, moment)
        tip = lock_tip(tip_id, besides=joins)
        earlier = TipMessage.objects.filter(key=key, tip=tip).first()
        if earlier is not None:
            return earlier
        if not may_add(tip):
            raise TipClosed
        if tip.messages.filter(sender=Sender.PERSON, at__gt=moment - AN_HOUR).count() >= MAX_MESSAGES:
            raise TooManyMessages
        message = TipMessage.objects.create(
            tip=tip, sender=Sender.PERSON, text=text[:MAX_MESSAGE_LENGTH], key=key, at=moment
        )
        tip.state, tip.outcome, tip.closed_at = TipState.NEW, "", None
        tip.changed_at = moment
        tip.save(update_fields=["state", "outcome", "closed_at", "changed_at"])
        event = notify_recipients(tip, ADDED, at=moment, added=message.text, locked=joins)
        log_event(
            "signal.added",
            actor=ANONYMOUS,
            target_kind="signal",
            target_id=tip.pk,
            message=message.pk,
            notices=len(event.detail["notices"]),
            further=len(event.detail["further"]),
        )
    return message


def _would_join(tip_id: UUID, at: datetime) -> set[UUID]:
    tip = Tip.objects.get(pk=tip_id)
    return chases_to_join(tip, ADDED, at=at) if may_add(tip) else set()


def may_add(tip: Tip) -> bool:
    """Return whether the person can add to it.

    A tip that was dealt with is opened again by whoever wrote it; not one that was closed as sent by mistake.
    """
    return tip.outcome not in (Outcome.SPAM, Outcome.TAKEN_BACK) and tip.forgotten_at is None


def mark_seen(tip: Tip, *, at: datetime | None = None) -> int:
    """Note that the person has come back and reads what the unit has said.

    Returns how many messages were new to them.
    """
    unseen = TipMessage.objects.filter(tip=tip, sender=Sender.UNIT, seen_at__isnull=True)
    return unseen.update(seen_at=at or clock.now())


def freeze(*, tip_id: UUID, at: datetime | None = None) -> None:
    """Lock the receipt code for good: nobody reads an answer, adds or takes back with it any more (docs/adr/0072).

    What was sent stays with the unit, which sees that an answer here won't be read. Freezing twice is once.
    """
    moment = at or clock.now()
    with transaction.atomic():
        tip = lock_tip(tip_id)
        if tip.receipt_hash is None:
            return
        tip.receipt_hash, tip.frozen_at = None, moment
        tip.save(update_fields=["receipt_hash", "frozen_at"])
        log_event("signal.frozen", actor=ANONYMOUS, target_kind="signal", target_id=tip.pk)


def take_back(*, tip_id: UUID, at: datetime | None = None) -> Tip:
    """Delete what was written, here and in every notice made from it; the code opens nothing any more.

    About danger the notices stay readable until `erase_notices_at`, and whoever was notified goes on being chased: a
    code
    may be found by the one it was hidden from.
    """
    moment = at or clock.now()
    with transaction.atomic():
        tip = lock_tip(tip_id)
        if tip.outcome == Outcome.TAKEN_BACK:
            return tip
        if _is_danger(tip):
            tip.erase_notices_at = moment + timedelta(days=settings.SIGNAL_DANGER_NOTICE_DAYS)
        else:
            erase_all_from(tip.pk, at=moment)
        tip.messages.all().delete()
        forget_voice(tip)
        # The row stays: notices and the audit chain name it. What stands in it says that there was a tip, and no more.
        tip.answers = {}
        tip.receipt_hash = None
        tip.state, tip.outcome = TipState.CLOSED, Outcome.TAKEN_BACK
        tip.closed_at = tip.changed_at = tip.forgotten_at = moment
        tip.forget_after = None
        tip.save()
        # An explanation may quote an answer.
        for event in tip.events.filter(explanation__isnull=False):
            event.explanation = None
            event.save(update_fields=["explanation"])
        log_event(
            "signal.taken_back",
            actor=ANONYMOUS,
            target_kind="signal",
            target_id=tip.pk,
            notices_until=tip.erase_notices_at.isoformat() if tip.erase_notices_at else "",
        )
    return tip


def _is_danger(tip: Tip) -> bool:
    """Return whether it is about danger. One that can't be decrypted counts as danger, to be safe."""
    try:
        return tip.is_in_danger
    except (SealBroken, KeyRingError):
        return True
