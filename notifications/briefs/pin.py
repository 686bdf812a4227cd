"""Entering the PIN. Guessing is slow: per link, per address, and the same words for every failure.

1. One short transaction counts the earlier tries and writes this one down as failed. The audit entry comes first: it
   holds the chain's lock until the commit, so tries made side by side count each other.
2. The PIN is compared outside any transaction; a contact without a PIN costs the same work.
3. A right PIN opens: the try is marked as succeeded, a session is made, the notice is marked as opened. A wrong one
   that was the last allowed takes the link back.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from access.limits import Busy
from audit.chain import ANONYMOUS, Actor, record
from notifications.directory.models import Contact
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice
from vault.seal import fingerprint

from .links import TOO_MANY_TRIES, revoke_link
from .models import BriefSession, PinTry

TRIES_A_ROUND = 5
FIRST_PAUSE = timedelta(minutes=15)  # doubles with each round
LINK_TRIES = 20  # then the link is taken back
ADDRESS_TRIES = 20
ADDRESS_WINDOW = timedelta(minutes=15)


@sensitive_variables("pin")
def enter_pin(*, notice: Notice, pin: str, address: str, at: datetime | None = None) -> BriefSession | None:
    """Opens the brief with a PIN. Returns the new session, or None for every failure, whatever its reason."""
    moment = at or timezone.now()
    reserved = _reserve(notice, fingerprint(address.encode()), moment)
    if reserved is None:
        return None
    try:
        fits = _fits(notice.contact, pin)
    except Busy:
        reserved.delete()  # nobody looked at this PIN: our own overload is nobody's wrong try
        raise
    if not fits:
        _give_up_after_the_last_try(notice, moment)
        return None
    return _open(notice, reserved, moment)


@transaction.atomic
def _reserve(notice: Notice, address_hash: str, moment: datetime) -> PinTry | None:
    record("brief.pin_tried", actor=ANONYMOUS, target_kind="notice", target_id=notice.pk)
    if _is_paused(notice, moment) or _address_pause(address_hash, moment):
        record("brief.pin_paused", actor=ANONYMOUS, target_kind="notice", target_id=notice.pk)
        return None
    return PinTry.objects.create(notice=notice, address_hash=address_hash, at=moment, succeeded=False)


def _is_paused(notice: Notice, moment: datetime) -> bool:
    if notice.pin_tries.filter(succeeded=False).count() >= LINK_TRIES:
        return True
    return paused_until(notice, moment) is not None


def paused_until(notice: Notice, moment: datetime) -> datetime | None:
    """Until when no PIN opens this link, the right one neither; None when it isn't paused."""
    locked = wrong_pins([notice.pk]).get(notice.pk)
    if locked is None or locked.tries % TRIES_A_ROUND or moment >= locked.until:
        return None
    return locked.until


@dataclass(frozen=True)
class WrongPins:
    """How many wrong PINs were entered since the last right one, and when the pause after the last round ends."""

    tries: int
    until: datetime


def wrong_pins(keys: Iterable[UUID]) -> dict[UUID, WrongPins]:
    """Of these notices, those whose link has had a whole round of wrong PINs since it opened last. One query."""
    newest: dict[UUID, datetime] = {}
    counted: Counter[UUID] = Counter()
    opened: set[UUID] = set()
    tries = PinTry.objects.filter(notice__in=list(keys)).order_by("-at", "-pk")
    for key, at, succeeded in tries.values_list("notice_id", "at", "succeeded"):
        if succeeded:
            opened.add(key)
        if key not in opened:
            newest.setdefault(key, at)
            counted[key] += 1
    return {
        key: WrongPins(count, newest[key] + FIRST_PAUSE * 2 ** (count // TRIES_A_ROUND - 1))
        for key, count in counted.items()
        if count >= TRIES_A_ROUND
    }


def address_paused_until(address: str, moment: datetime) -> datetime | None:
    """Until when nothing opens from this address; None when it isn't paused."""
    return _address_pause(fingerprint(address.encode()), moment)


def _address_pause(address_hash: str, moment: datetime) -> datetime | None:
    recent = PinTry.objects.filter(address_hash=address_hash, succeeded=False, at__gt=moment - ADDRESS_WINDOW)
    last = list(recent.order_by("-at").values_list("at", flat=True)[:ADDRESS_TRIES])
    return last[-1] + ADDRESS_WINDOW if len(last) >= ADDRESS_TRIES else None


def _fits(contact: Contact | None, pin: str) -> bool:
    if contact is None or not contact.pin_hash:
        make_password(pin)
        return False
    return contact.check_pin(pin)


def _give_up_after_the_last_try(notice: Notice, moment: datetime) -> None:
    if notice.pin_tries.filter(succeeded=False).count() >= LINK_TRIES:
        revoke_link(notice=notice, why=TOO_MANY_TRIES, at=moment)


@transaction.atomic
def _open(notice: Notice, reserved: PinTry, moment: datetime) -> BriefSession | None:
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    if locked.link_revoked_at:
        return None
    PinTry.objects.filter(pk=reserved.pk).update(succeeded=True)
    session = BriefSession.objects.create(notice=locked, opened_at=moment)
    record("brief.opened", actor=Actor("contact", str(locked.contact_id)), target_kind="notice", target_id=locked.pk)
    mark_opened(notice=locked, at=moment)
    return session
