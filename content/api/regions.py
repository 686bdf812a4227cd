"""Endpoint of the regions: where there is a mobile unit, and how to ask it; never the numbers that partners call."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from rest_framework import serializers

from access.languages import LANGUAGES
from access.models import MobileUnit, Region

from .json_schema import array, boolean, by_language, nullable, record, string, uri
from .loader import Loader, absolute_url
from .parameters import Parameter
from .serializers import ComputedField, PublicSerializer
from .viewsets import PublicAPIViewSet

MUNICIPALITY = record({"key": string(), "name": string()})
UNIT = record({"key": string(), "name": string()}, description="A mobile unit.")
ASK_URL = by_language(
    uri(), description="Where someone asks the unit, in each language. Where there is none, the centre's unit answers."
)


def reverse_by_language(view: str, *args: Any) -> dict[str, str] | None:
    """Return where a view of ours is read in each language; None while no room serves it."""
    found = {}
    for code in LANGUAGES:
        with translation.override(code):
            try:
                found[code] = absolute_url(reverse(view, args=args))
            except NoReverseMatch:
                return None
    return found


def _name(thing: Any) -> dict[str, str]:
    return {"key": thing.slug, "name": thing.name}


def _unit(region: Any, loader: Loader) -> dict[str, str] | None:
    return _name(region.active_units[0]) if region.active_units else None


def _ask_url(region: Any, loader: Loader) -> dict[str, str] | None:
    return reverse_by_language("asking:region", region.slug) if region.active_units or loader.has_centre else None


class RegionSerializer(PublicSerializer):
    key = serializers.SlugField(source="slug", read_only=True)
    iso_code = serializers.CharField(read_only=True, help_text="ISO 3166-2.")
    municipalities = ComputedField(
        array(MUNICIPALITY), lambda region, loader: [_name(each) for each in region.municipalities.all()]
    )
    unit = ComputedField(nullable(UNIT), _unit)
    ask_url = ComputedField(nullable(ASK_URL), _ask_url)


class RegionsViewSet(PublicAPIViewSet):
    """Who is near: every region with its municipalities.

    Where `unit` is null nobody drives out; show the national helplines of `hotlines` there, and everywhere else too.
    """

    plural = "regions"
    component = "Region"
    model = Region
    base_serializer_class = RegionSerializer
    body_fields = ["key", "name", "iso_code", "municipalities", "unit", "ask_url"]
    lookup_field = "slug"
    parameters = (Parameter("has_unit", boolean(), "Only regions with a mobile unit, or only the others."),)

    def get_queryset(self) -> QuerySet:
        # To a plain list, so that reading the first unit of each region costs no further query.
        units = Prefetch("units", MobileUnit.objects.filter(is_active=True), to_attr="active_units")
        return Region.objects.order_by("name").prefetch_related("municipalities", units)

    def filter_by_has_unit(self, queryset: QuerySet, value: bool) -> QuerySet:
        with_unit = MobileUnit.objects.filter(is_active=True).values("region_id")
        return queryset.filter(pk__in=with_unit) if value else queryset.exclude(pk__in=with_unit)
