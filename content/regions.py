"""Regions as readers see them: each with its mobile units and the municipalities they come to.

A unit's own telephone (`callback_phone`) is for partners and is part of nothing here.
"""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.urls import NoReverseMatch, reverse

from access.centre import get_centre_unit
from access.models import MobileUnit, Region


@dataclass(frozen=True)
class RegionSummary:
    """A region as a reader sees it.

    `ask_url`: where one writes to its unit, or to `centre`, the unit that answers where there is none; "" without one.
    """

    slug: str
    name: str
    units: tuple[str, ...]
    municipalities: str
    ask_url: str
    centre: str


def get_regions_with_units() -> list[RegionSummary]:
    """Return all regions by name. Four queries, however many there are."""
    unit = get_centre_unit()
    centre = unit.name if unit else ""
    active = Prefetch("units", MobileUnit.objects.filter(is_active=True), to_attr="active_units")
    return [_build_summary(region, centre) for region in Region.objects.prefetch_related(active, "municipalities")]


def _build_summary(region: Region, centre: str) -> RegionSummary:
    units = tuple(unit.name for unit in region.active_units)  # type: ignore[attr-defined]
    places = ", ".join(place.name for place in region.municipalities.all())
    ask_url = _ask_url(region.slug) if units or centre else ""
    return RegionSummary(region.slug, region.name, units, places, ask_url, "" if units else centre)


def _ask_url(slug: str) -> str:
    """Return the address of the form to that region's unit, in the reader's language.

    It belongs to a room above this one; "" while that isn't installed.
    """
    try:
        return reverse("asking:region", args=[slug])
    except NoReverseMatch:
        return ""
