"""Entering the PIN. Guessing is slow: per link, per address, and the same words for every failure.

1. One short transaction counts the earlier tries and writes this one down as failed. The audit entry comes first: it
   holds the chain's lock until the commit, so tries made side by side count each other.
2. The PIN is compared outside any transaction; a contact without a PIN costs the same work.
3. A right PIN opens: the try is marked as succeeded, a session is made, the notice is marked as opened. A wrong one
   that was the last allowed takes the link back.
"""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

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
    if not _fits(notice.contact, pin):
        _give_up_after_the_last_try(notice, moment)
        return None
    return _open(notice, reserved, moment)


@transaction.atomic
def _reserve(notice: Notice, address_hash: str, moment: datetime) -> PinTry | None:
    record("brief.pin_tried", actor=ANONYMOUS, target_kind="notice", target_id=notice.pk)
    if _is_paused(notice, moment) or _address_is_paused(address_hash, moment):
        record("brief.pin_paused", actor=ANONYMOUS, target_kind="notice", target_id=notice.pk)
        return None
    return PinTry.objects.create(notice=notice, address_hash=address_hash, at=moment, succeeded=False)


def _is_paused(notice: Notice, moment: datetime) -> bool:
    tries = notice.pin_tries.order_by("-at", "-pk")
    if tries.filter(succeeded=False).count() >= LINK_TRIES:
        return True
    newest_success = tries.filter(succeeded=True).first()
    failures = tries.filter(succeeded=False, **({"at__gt": newest_success.at} if newest_success else {}))
    count, newest = failures.count(), failures.first()
    if newest is None or count % TRIES_A_ROUND:
        return False
    return moment < newest.at + FIRST_PAUSE * 2 ** (count // TRIES_A_ROUND - 1)


def _address_is_paused(address_hash: str, moment: datetime) -> bool:
    recent = PinTry.objects.filter(address_hash=address_hash, succeeded=False, at__gt=moment - ADDRESS_WINDOW)
    return recent.count() >= ADDRESS_TRIES


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
