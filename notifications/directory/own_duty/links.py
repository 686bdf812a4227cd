"""The link to one's own shifts: made when a mail first needs it, ended when the contact's address or PIN changes."""

from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from access.rate_limits import Limit
from audit.chain import SYSTEM, Actor, log_event
from notifications import signals

from ..models import Contact
from ..standing_links import LINK_TRIES, LinkKind, hash_token
from .models import DutyCalendar, DutyLink

DUTY = LinkKind(
    "duty",
    "d.",
    tries=Limit("duty.link", 5, timedelta(minutes=15)),
    network=Limit("duty.network", 20, timedelta(minutes=15), slots=15),
)


def find_link(token: str) -> DutyLink | None:
    """Return the link that this token opens: not ended, its contact and office active; None for any other."""
    found = DutyLink.objects.filter(
        link_hash=hash_token(token), ended_at=None, contact__is_active=True, contact__partner__is_active=True
    )
    return found.select_related("contact__partner").first()


def get_address(contact: Contact) -> str:
    """Return the address of this contact's page, for a mail to them; "" where there is none.

    None without a PIN, and none after too many wrong PINs: then a coordinator has a new one mailed.
    """
    if not contact.pin_hash:
        return ""
    newest = DutyLink.objects.filter(contact=contact).first()
    if newest is not None and newest.ended_at is None:
        return DUTY.build_address(newest)
    if newest is not None and newest.wrong_pins >= LINK_TRIES:
        return ""
    return DUTY.build_address(DUTY.make(DutyLink, contact, actor=SYSTEM))


def end_links(contact: Contact, *, actor: Actor) -> None:
    """End what is open of a contact's: the link to their shifts, and their calendar's address."""
    now = timezone.now()
    links = DutyLink.objects.filter(contact=contact, ended_at=None).update(ended_at=now)
    calendars = DutyCalendar.objects.filter(contact=contact, ended_at=None).update(ended_at=now)
    if links or calendars:
        log_event("duty.links_ended", actor=actor, target_kind="contact", target_id=contact.pk)


@receiver(signals.contact_changed, dispatch_uid="directory.end_duty_links")
def end_links_of_changed_contact(contact: Contact, **kwargs: Any) -> None:
    """End a contact's links when its address, PIN or office changed: whoever has the old ones is perhaps another."""
    end_links(contact, actor=SYSTEM)
