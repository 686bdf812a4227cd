"""Standing links: a contact's own link without a notice behind it, which opens with their PIN.

The PIN is slowed down as a notice's is (`briefs.pin`): tries are counted by link, by network and by contact before the
PIN is compared, and after LINK_TRIES wrong ones in a row the link has ended. The wrong one that uses up a contact's
count raises the same alarm as at a notice (`signals.contact_guessed`). There is no case behind any of them.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from access.limits import Busy
from access.rate_limits import Limit, get_network
from audit.chain import ANONYMOUS, Actor, log_event
from notifications import signals
from vault.fields import SealedTextField

LINK_TRIES = 20
# In a day, over all links of a contact: standing ones, and notices' that are opened from networks not known yet.
WRONG_PINS = Limit("pin.contact", 10, timedelta(hours=24), slots=24)
Link = TypeVar("Link", bound="StandingLink")


class StandingLink(models.Model):
    """The standing link of one contact (`contact`, of the class that inherits). It opens with the contact's PIN only.

    `wrong_pins`: since the last right one. `ended_at`: a new one was made, or too many wrong PINs were entered.
    """

    # An id that is known before the row is stored: the sealed token is bound to it.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link_hash = models.CharField(max_length=64, unique=True)
    link_token = SealedTextField()
    made_at = models.DateTimeField(default=timezone.now)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    contact_id: int

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.contact_id} {self.made_at:%Y-%m-%d}"


@dataclass(frozen=True)
class LinkKind:
    """One kind of standing link. `name` begins its audit events, `prefix` the token in its address under /n/."""

    name: str
    prefix: str
    tries: Limit
    network: Limit

    def make(self, model: type[Link], contact: models.Model, *, actor: Actor) -> Link:
        """Make a new link for a contact; the one before ends."""
        with transaction.atomic():
            type(contact)._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
            now = timezone.now()
            links: Any = model._default_manager
            links.filter(contact=contact.pk, ended_at=None).update(ended_at=now)
            token = secrets.token_urlsafe(32)
            made: Link = links.create(contact=contact, link_hash=hash_token(token), link_token=token, made_at=now)
            log_event(f"{self.name}.link_made", actor=actor, target_kind="contact", target_id=contact.pk)
        return made

    def build_address(self, link: StandingLink) -> str:
        """Return the absolute address, for the contact only."""
        return f"{settings.PUBLIC_URL}/n/{self.prefix}{link.link_token}/"

    @sensitive_variables("pin")
    def enter_pin(self, link: StandingLink, pin: str, address: str, at: datetime) -> bool:
        """Say whether the PIN opens the link. Every failure reads the same."""
        network, rows = get_network(address), type(link)._default_manager
        with transaction.atomic():
            rows.select_for_update(of=("self",)).get(pk=link.pk)
            counted = build_pin_key(link.contact)  # type: ignore[attr-defined]  # of the class that inherits
            paused = (
                self.tries.is_used_up(str(link.pk), at=at)
                or self.network.is_used_up(network, at=at)
                or WRONG_PINS.is_used_up(counted, at=at)
            )
            if not paused:
                WRONG_PINS.hit(counted, at=at)
                self.tries.hit(str(link.pk), at=at)
                self.network.hit(network, at=at)
            event = f"{self.name}.pin_paused" if paused else f"{self.name}.pin_tried"
            log_event(event, actor=ANONYMOUS, target_kind="contact", target_id=link.contact_id)
        if paused:
            return False
        # Outside any transaction: it takes a while.
        try:
            matches = _matches(link, pin)
        except Busy:
            self._refund(link, counted, network, at)  # our own overload is nobody's wrong try
            raise
        if not matches:
            rows.filter(pk=link.pk).update(wrong_pins=F("wrong_pins") + 1)
            rows.filter(pk=link.pk, ended_at=None, wrong_pins__gte=LINK_TRIES).update(ended_at=at)
            if WRONG_PINS.is_used_up(counted, at=at):
                contact = link.contact  # type: ignore[attr-defined]  # of the class that inherits
                signals.contact_guessed.send(sender=type(contact), contact=contact, at=at)
            return False
        self._refund(link, counted, network, at)
        rows.filter(pk=link.pk).update(wrong_pins=0)
        return True

    def _refund(self, link: StandingLink, counted: str, network: str, at: datetime) -> None:
        WRONG_PINS.refund(counted, at=at)
        self.tries.refund(str(link.pk), at=at)
        self.network.refund(network, at=at)

    def get_pause_end(self, link: StandingLink, at: datetime, address: str = "") -> datetime | None:
        """Return until when no PIN opens the link; None when one would. `address`: asked of its network, too."""
        counted = build_pin_key(link.contact)  # type: ignore[attr-defined]  # of the class that inherits
        ends = [self.tries.ends(str(link.pk), at=at), WRONG_PINS.ends(counted, at=at)]
        if address:
            ends.append(self.network.ends(get_network(address), at=at))
        return max((end for end in ends if end is not None), default=None)


def build_pin_key(contact: Any) -> str:
    """Return under what a contact's wrong PINs are counted.

    A new PIN begins a new count: what was guessed of the old one is worth nothing.
    """
    since = contact.pin_set_at.timestamp() if contact.pin_set_at else 0
    return f"{contact.pk}:{since:.6f}"


def hash_token(token: str) -> str:
    """Hash a link's token for the lookup: its sha256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(link: StandingLink, pin: str) -> bool:
    contact = link.contact  # type: ignore[attr-defined]  # of the class that inherits
    if not contact.pin_hash:
        # Hashed all the same: the time that it takes mustn't show that there is no PIN.
        make_password(pin)
        return False
    return bool(contact.check_pin(pin))
