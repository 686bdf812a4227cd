"""The standing link of a service's contact: make it, find what it opens, and open it with the contact's PIN.

The PIN is slowed down as a notice's is (`briefs.pin`): tries are counted by link and by network before the PIN is
compared, and after LINK_TRIES wrong ones in a row the link has ended. There is no case behind it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from access.rate_limits import Limit, get_network
from audit.chain import ANONYMOUS, Actor, log_event

from ..models import Contact
from .models import PlacesLink

TRIES = Limit("places.link", 5, timedelta(minutes=15))
NETWORK = Limit("places.network", 20, timedelta(minutes=15), slots=15)
LINK_TRIES = 20


def hash_token(token: str) -> str:
    """Hash a link's token for the lookup: its sha256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_link(contact: Contact, *, actor: Actor) -> PlacesLink:
    """Make a new standing link for a contact; the one before ends."""
    locked = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    now = timezone.now()
    PlacesLink.objects.filter(contact=locked, ended_at=None).update(ended_at=now)
    token = secrets.token_urlsafe(32)
    made = PlacesLink.objects.create(contact=locked, link_hash=hash_token(token), link_token=token, made_at=now)
    log_event("places.link_made", actor=actor, target_kind="contact", target_id=locked.pk)
    return made


def find_link(token: str) -> PlacesLink | None:
    """Return the link that this token opens: not ended, its contact and office active; None for any other."""
    found = PlacesLink.objects.filter(
        link_hash=hash_token(token),
        ended_at=None,
        contact__is_active=True,
        contact__partner__is_active=True,
        contact__partner__profile__isnull=False,
    )
    return found.select_related("contact__partner__profile").first()


def build_address(link: PlacesLink) -> str:
    """Return the absolute address, for the contact only."""
    return f"{settings.PUBLIC_URL}/n/p.{link.link_token}/"


@sensitive_variables("pin")
def enter_pin(link: PlacesLink, pin: str, address: str, at: datetime) -> bool:
    """Say whether the PIN opens the link. Every failure reads the same."""
    network = get_network(address)
    with transaction.atomic():
        PlacesLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if TRIES.is_used_up(str(link.pk), at=at) or NETWORK.is_used_up(network, at=at):
            log_event("places.pin_paused", actor=ANONYMOUS, target_kind="contact", target_id=link.contact_id)
            return False
        TRIES.hit(str(link.pk), at=at)
        NETWORK.hit(network, at=at)
        log_event("places.pin_tried", actor=ANONYMOUS, target_kind="contact", target_id=link.contact_id)
    # Outside any transaction: it takes a while.
    if not _matches(link.contact, pin):
        PlacesLink.objects.filter(pk=link.pk).update(wrong_pins=F("wrong_pins") + 1)
        PlacesLink.objects.filter(pk=link.pk, ended_at=None, wrong_pins__gte=LINK_TRIES).update(ended_at=at)
        return False
    TRIES.refund(str(link.pk), at=at)
    NETWORK.refund(network, at=at)
    PlacesLink.objects.filter(pk=link.pk).update(wrong_pins=0)
    return True


def get_pause_end(link: PlacesLink, at: datetime, address: str = "") -> datetime | None:
    """Return until when no PIN opens the link; None when one would. `address`: asked of its network, too."""
    ends = [TRIES.ends(str(link.pk), at=at)]
    if address:
        ends.append(NETWORK.ends(get_network(address), at=at))
    return max((end for end in ends if end is not None), default=None)


def _matches(contact: Contact, pin: str) -> bool:
    if not contact.pin_hash:
        # Hashed all the same: the time that it takes mustn't show that there is no PIN.
        make_password(pin)
        return False
    return contact.check_pin(pin)
