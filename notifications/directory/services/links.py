"""The standing link of a service's contact: make it, find what it opens, and open it with the contact's PIN."""

from datetime import datetime, timedelta

from django.views.decorators.debug import sensitive_variables

from access.rate_limits import Limit
from audit.chain import Actor

from ..models import Contact
from ..standing_links import LINK_TRIES as LINK_TRIES
from ..standing_links import LinkKind, hash_token
from .models import PlacesLink

PLACES = LinkKind(
    "places",
    "p.",
    tries=Limit("places.link", 5, timedelta(minutes=15)),
    network=Limit("places.network", 20, timedelta(minutes=15), slots=15),
)


def make_link(contact: Contact, *, actor: Actor) -> PlacesLink:
    """Make a new standing link for a contact; the one before ends."""
    return PLACES.make(PlacesLink, contact, actor=actor)


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
    return PLACES.build_address(link)


@sensitive_variables("pin")
def enter_pin(link: PlacesLink, pin: str, address: str, at: datetime) -> bool:
    """Say whether the PIN opens the link. Every failure reads the same."""
    return PLACES.enter_pin(link, pin, address, at)


def get_pause_end(link: PlacesLink, at: datetime, address: str = "") -> datetime | None:
    """Return until when no PIN opens the link; None when one would. `address`: asked of its network, too."""
    return PLACES.get_pause_end(link, at, address)
