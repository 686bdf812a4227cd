"""Say how many places are free: by the service at its link, or by a worker who was told on the phone."""

from datetime import datetime

from django.db import transaction

from access.models import User
from audit import clock
from audit.chain import Actor, get_actor, log_event

from ..models import Contact, Partner
from .models import ServiceProfile

MAX_PLACES = 500


class CannotSay(Exception):
    """Raised for a number that can't be: not a whole number from 0 to MAX_PLACES."""


def read_number(text: str) -> int:
    """Read a number of places as people type it. Raises CannotSay."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 4 or int(text) > MAX_PLACES:
        raise CannotSay
    return int(text)


@transaction.atomic
def say_places(
    *, partner: Partner, free: int, by: User | None = None, contact: Contact | None = None, at: datetime | None = None
) -> ServiceProfile:
    """Store how many places are free, with who said so and when. The same number again confirms it anew."""
    moment = at or clock.now()
    profile = ServiceProfile.objects.select_for_update(of=("self",)).get(partner=partner)
    before = profile.places_free
    profile.places_free, profile.confirmed_at = free, moment
    profile.confirmed_contact, profile.confirmed_by = contact, by
    profile.version += 1
    profile.save(update_fields=["places_free", "confirmed_at", "confirmed_contact", "confirmed_by", "version"])
    log_event(
        "places.said",
        actor=get_actor(by) if by is not None else Actor("contact", str(contact.pk if contact else "")),
        target_kind="serviceprofile",
        target_id=profile.pk,
        free=free,
        before=before,
    )
    return profile
