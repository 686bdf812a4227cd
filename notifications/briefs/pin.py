"""Enter the PIN. Guessing is slow: per link, per contact, per network, and every failure reads the same.

1. One short transaction locks the notice's row, counts the earlier tries and writes this one down as failed: tries made
   side by side count each other.
2. The PIN is compared outside any transaction; a contact without a PIN costs the same work.
3. A right PIN opens: the try is marked as succeeded, a session is made, the notice is marked as opened. A wrong one
   that was the last allowed revokes the link, or pauses all links of the contact.

A contact's wrong PINs are counted over 24 hours across all their links, standing ones too. Whoever reads their mailbox
can thereby pause older links for unknown networks, never what is opened from where the contact has opened something
before: tries from there are counted by themselves. A network is no reason to shut out a contact who succeeded from it.

A fresh notice keeps a few tries of its own for each network, which no guess elsewhere and no guess from another network
uses up; only for networks that aren't known there is a number of tries in all.
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
from access.rate_limits import Limit, get_network, get_networks
from audit.chain import ANONYMOUS, Actor, log_event
from notifications.directory.models import Contact
from notifications.directory.standing_links import WRONG_PINS, build_pin_key
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice

from .links import TOO_MANY_TRIES, revoke_link
from .models import BriefSession, PinTry
from .pin_alarm import raise_pin_alarm

# What is counted for whom, and why, stands in docs/adr/0071.
TRIES_A_ROUND = 5
FIRST_PAUSE = timedelta(minutes=15)  # doubles with each round
LINK_TRIES = 20  # then the link is revoked
NETWORK = Limit("pin.network", 20, timedelta(minutes=15), slots=15)
UNKNOWN_NETWORKS = WRONG_PINS
KNOWN_NETWORKS = Limit("pin.contact_known", 20, timedelta(hours=24), slots=24)
# A notice of the last day: so many wrong tries from each network; from unknown ones while there are fewer than so many
# in all. What was guessed before, elsewhere or by others doesn't count against them.
FRESH_FOR = timedelta(hours=24)
FRESH_TRIES_A_NETWORK, FRESH_TRIES = 3, 10
# How long a network is known after the contact has opened something from it.
KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class _CountKeys:
    """The keys under which a try is counted: who tries, and from where."""

    contact_key: str
    network: str
    is_known: bool

    @property
    def by_contact(self) -> Limit:
        return KNOWN_NETWORKS if self.is_known else UNKNOWN_NETWORKS


@sensitive_variables("pin")
def enter_pin(*, notice: Notice, pin: str, address: str, at: datetime | None = None) -> BriefSession | None:
    """Open the brief with a PIN. Return the new session, or None for every failure, whatever its reason."""
    moment = at or timezone.now()
    counted = _build_count_keys(notice, address, moment)
    attempt = _reserve_try(notice, counted, moment)
    if attempt is None:
        return None
    try:
        matches = _matches(notice.contact, pin)
    except Busy:
        attempt.delete()  # nobody compared this PIN: our own overload is nobody's wrong try
        _refund(counted, moment)
        raise
    if not matches:
        _handle_wrong_pin(notice, counted, moment)
        return None
    _refund(counted, moment)
    return _open(notice, attempt, moment)


def _build_count_keys(notice: Notice, address: str, moment: datetime) -> _CountKeys:
    """Build the keys for a try. A new PIN begins a new count: what was guessed of the old one is worth nothing."""
    network, contact = get_network(address), notice.contact
    opened_here = PinTry.objects.filter(
        notice__contact=contact, address_hash__in=get_networks(address), succeeded=True, at__gt=moment - KNOWN_FOR
    )
    return _CountKeys(
        build_pin_key(contact) if contact else f"{notice.pk}:0", network, contact is not None and opened_here.exists()
    )


@transaction.atomic
def _reserve_try(notice: Notice, counted: _CountKeys, moment: datetime) -> PinTry | None:
    # Tries at one link wait for each other here; the row comes first in the order of locks, the audit chain last.
    Notice.objects.select_for_update().only("pk").get(pk=notice.pk)
    paused = not _has_fresh_tries(notice, counted, moment) and (
        _is_paused(notice, moment) or _get_contact_pause(counted, moment) or _get_network_pause(counted, moment)
    )
    tried = None
    if not paused:
        counted.by_contact.hit(counted.contact_key, at=moment)
        NETWORK.hit(counted.network, at=moment)
        tried = PinTry.objects.create(notice=notice, address_hash=counted.network, at=moment, succeeded=False)
    action = "brief.pin_paused" if paused else "brief.pin_tried"
    log_event(action, actor=ANONYMOUS, target_kind="notice", target_id=notice.pk)
    return tried


def _refund(counted: _CountKeys, moment: datetime) -> None:
    counted.by_contact.refund(counted.contact_key, at=moment)
    NETWORK.refund(counted.network, at=moment)


def _has_fresh_tries(notice: Notice, counted: _CountKeys, moment: datetime) -> bool:
    """Whether this network may try a PIN at this notice, whatever was guessed elsewhere or by others."""
    if moment >= (notice.sent_at or notice.owed_at) + FRESH_FOR:
        return False
    wrong = Counter(notice.pin_tries.filter(succeeded=False).values_list("address_hash", flat=True))
    has_any = counted.is_known or wrong.total() < FRESH_TRIES
    return has_any and wrong[counted.network] < FRESH_TRIES_A_NETWORK


def _is_paused(notice: Notice, moment: datetime) -> bool:
    if notice.pin_tries.filter(succeeded=False).count() >= LINK_TRIES:
        return True
    return get_pause_end(notice, moment) is not None


def get_pause_end(notice: Notice, moment: datetime, address: str = "") -> datetime | None:
    """Return until when no PIN opens this link, not even the right one; None when it isn't paused.

    `address`: whether it is paused for whoever comes from there.
    """
    wrong = wrong_pins([notice.pk]).get(notice.pk)
    if wrong is None or wrong.tries % TRIES_A_ROUND or moment >= wrong.until:
        return None
    # The first hash of a network makes its key. Here there was a try, so looking still changes nothing.
    if address and _has_fresh_tries(notice, _build_count_keys(notice, address, moment), moment):
        return None
    return wrong.until


@dataclass(frozen=True)
class WrongPins:
    """How many wrong PINs were entered since the last right one, and when the pause after the last round ends."""

    tries: int
    until: datetime


def wrong_pins(keys: Iterable[UUID]) -> dict[UUID, WrongPins]:
    """Return those of these notices whose link has had a whole round of wrong PINs since it was opened last.

    One query.
    """
    newest: dict[UUID, datetime] = {}
    counted: Counter[UUID] = Counter()
    opened: set[UUID] = set()
    tries = PinTry.objects.filter(notice__in=list(keys)).order_by("-at", "-pk")
    # Newest first: what was tried before the last right PIN counts no more.
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


def get_wider_pause_end(notice: Notice, address: str, moment: datetime) -> datetime | None:
    """Return until when nothing of this contact, or nothing at all, opens from this address; else None."""
    counted = _build_count_keys(notice, address, moment)
    if _has_fresh_tries(notice, counted, moment):
        return None
    ends = [end for end in (_get_contact_pause(counted, moment), _get_network_pause(counted, moment)) if end]
    return max(ends) if ends else None


def _get_contact_pause(counted: _CountKeys, moment: datetime) -> datetime | None:
    return counted.by_contact.ends(counted.contact_key, at=moment)


def _get_network_pause(counted: _CountKeys, moment: datetime) -> datetime | None:
    return None if counted.is_known else NETWORK.ends(counted.network, at=moment)


def _matches(contact: Contact | None, pin: str) -> bool:
    if contact is None or not contact.pin_hash:
        # Hashed all the same: the time that it takes mustn't show that there is no PIN.
        make_password(pin)
        return False
    return contact.check_pin(pin)


def _handle_wrong_pin(notice: Notice, counted: _CountKeys, moment: datetime) -> None:
    if notice.pin_tries.filter(succeeded=False).count() >= LINK_TRIES:
        revoke_link(notice=notice, why=TOO_MANY_TRIES, at=moment)
    if notice.contact is not None and _get_contact_pause(counted, moment):
        raise_pin_alarm(contact=notice.contact, notice=notice, at=moment)


@transaction.atomic
def _open(notice: Notice, attempt: PinTry, moment: datetime) -> BriefSession | None:
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    # It may have been revoked while the PIN was compared, outside any transaction.
    if locked.link_revoked_at:
        return None
    PinTry.objects.filter(pk=attempt.pk).update(succeeded=True)
    session = BriefSession.objects.create(notice=locked, opened_at=moment)
    mark_opened(notice=locked, at=moment)  # before the audit chain is locked: receivers may lock rows of their own
    log_event("brief.opened", actor=Actor("contact", str(locked.contact_id)), target_kind="notice", target_id=locked.pk)
    return session
