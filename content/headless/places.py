"""Regions: who is near. Where there is a mobile unit, and how to ask it; never the numbers that partners call."""

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from rest_framework.request import Request

from access.models import MobileUnit, Region

from .endpoint import Endpoint, by_key
from .fields import Field, plain
from .parameters import PAGING, Parameter, fields_parameter
from .reading import Reading, absolute
from .schema import address, listing, maybe, record, text, truth

MUNICIPALITY = record({"key": text(), "name": text()})
UNIT = record({"key": text(), "name": text()}, description="A mobile unit.")


def in_both_languages(view: str, *args: Any) -> dict[str, str] | None:
    """Where something of ours is read in each language; None while no room serves it."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            try:
                found[code] = absolute(reverse(view, args=args))
            except NoReverseMatch:
                return None
    return found


def _municipalities(region: Region, reading: Reading) -> list[dict[str, str]]:
    return [{"key": each.slug, "name": each.name} for each in region.municipalities.all()]


def _unit(region: Any, reading: Reading) -> dict[str, str] | None:
    unit = next(iter(region.active_units), None)
    return {"key": unit.slug, "name": unit.name} if unit else None


def _ask(region: Any, reading: Reading) -> dict[str, str] | None:
    return in_both_languages("asking:region", region.slug) if region.active_units else None


REGION = (
    Field("key", text(), lambda region, reading: region.slug, in_list=True),
    plain("name", text(), in_list=True),
    plain("iso_code", text(description="ISO 3166-2."), in_list=True),
    Field("municipalities", listing(MUNICIPALITY), _municipalities, in_list=True),
    Field(
        "unit",
        maybe(UNIT),
        _unit,
        in_list=True,
    ),
    Field(
        "ask_url",
        maybe(record({"sq": address(), "en": address()}, description="Where someone asks the unit, in each language.")),
        _ask,
        in_list=True,
    ),
)


class RegionsEndpoint(Endpoint):
    """Who is near: every region with its municipalities. Where `unit` is null nobody drives out; show the national
    lines of `hotlines` there, and everywhere else too."""

    plural = "regions"
    model = Region
    component = "Region"
    fields = REGION
    lookup = by_key("slug")
    parameters = (
        Parameter("has_unit", truth(), "Only regions with a mobile unit, or only the others."),
        fields_parameter(field.name for field in REGION),
        *PAGING,
    )

    def everything(self) -> QuerySet:
        units = Prefetch("units", MobileUnit.objects.filter(is_active=True), to_attr="active_units")
        return Region.objects.order_by("name").prefetch_related("municipalities", units)

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        if "has_unit" not in values:
            return found
        with_unit = MobileUnit.objects.filter(is_active=True).values("region_id")
        return found.filter(pk__in=with_unit) if values["has_unit"] else found.exclude(pk__in=with_unit)
