"""The sender of a notice, in words and numbers that a recipient can check: name, unit, telephone."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db.models import QuerySet

from access.models import MobileUnit
from audit import clock
from notifications.directory.senders import choose_sender
from notifications.texts.senders import Sender

from .models import Notice


def get_sender(notice: Notice) -> Sender:
    """Return by which names the service writes to the recipient of this notice; asked once for each instance."""
    found: Sender | None = notice.__dict__.get("sender")
    if found is None:
        office = notice.contact.partner if notice.contact is not None else notice.partner
        found = notice.__dict__["sender"] = choose_sender(office, clock.now(), role=notice.role)
    return found


def get_units_with_number() -> list[MobileUnit]:
    """Return the units whose numbers stand on every PIN card, so that each one in an e-mail can be compared."""
    return list(MobileUnit.objects.filter(is_active=True).exclude(callback_phone="").order_by("name", "pk"))


def get_neutral_phone(sender: Sender) -> MobileUnit | None:
    """Return the neutral sender's own number, as if a unit had it; None where it is another sender's, or not set."""
    number = settings.NEUTRAL_SENDER_PHONE
    return MobileUnit(name=str(sender.brand), callback_phone=number) if sender.is_neutral and number else None


def get_unit_to_call(notice: Notice) -> MobileUnit | None:
    """Return the unit to call about a notice: the sending one, else the region's oldest with a number.

    Where the neutral sender has a number of its own, that is the one.

    None: no unit has. By key, not by name: a name is changed by one person alone, and would redirect the calls to
    another unit.
    """
    if neutral := get_neutral_phone(get_sender(notice)):
        return neutral
    sending = notice.unit
    if sending is not None and sending.callback_phone:
        return sending
    region, known = notice.municipality.region_id, _known_units.get()
    if known is None:
        return next(iter(list(_find_units([region]))), None)
    if region not in known:
        known[region] = next(iter(list(_find_units([region]))), None)
    return known[region]


@contextmanager
def units_read_once() -> Iterator[None]:
    """Within the block the unit of a region is asked for once: for what is sent together."""
    token = _known_units.set({})
    try:
        yield
    finally:
        _known_units.reset(token)


_known_units: ContextVar[dict[int, MobileUnit | None] | None] = ContextVar("known_units", default=None)


def _find_units(regions: Collection[int]) -> QuerySet[MobileUnit]:
    return (
        MobileUnit.objects.filter(region__in=regions, is_active=True)
        .exclude(callback_phone="")
        .only("name", "callback_phone")
        .order_by("pk")[:1]
    )
