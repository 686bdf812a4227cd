"""The sender of a notice, in words and numbers that a recipient can check: organisation, unit, telephone, link."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import MobileUnit, Region
from audit.prepared_values import PreparedQuery

from .models import Notice

ORGANISATION = _("Psycho-Social Centre “Vatra”")
# In the grammatical case that "of" needs in Albanian.
OF_ORGANISATION = pgettext_lazy("of the organisation", "Psycho-Social Centre “Vatra”")


def get_units_with_number() -> list[MobileUnit]:
    """Return the units whose numbers stand on every PIN card, so that each one in an e-mail can be compared."""
    return list(MobileUnit.objects.filter(is_active=True).exclude(callback_phone="").order_by("name", "pk"))


def get_unit_to_call(notice: Notice) -> MobileUnit | None:
    """Return the unit to call about a notice: the sending one, else the region's oldest with a number.

    None: no unit has. By key, not by name: a name is changed by one person alone, and would redirect the calls to
    another unit.
    """
    sending = notice.unit
    if sending is not None and sending.callback_phone:
        return sending
    region, known = notice.municipality.region_id, _known_units.get()
    if known is None:
        return next(iter(_UNITS.fetch([region])), None)
    if region not in known:
        known[region] = next(iter(_UNITS.fetch([region])), None)
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


_UNITS = PreparedQuery(
    Region._meta.pk,
    lambda regions: (
        MobileUnit.objects.filter(region__in=regions, is_active=True)
        .exclude(callback_phone="")
        .only("name", "callback_phone")
        .order_by("pk")[:1]
    ),
)
