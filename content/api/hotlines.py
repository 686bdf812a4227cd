"""Endpoint of the hotlines: those that may be shown today, and of them only what readers see."""

from typing import Any

from rest_framework import serializers
from wagtail.api.v2.filters import FieldsFilter

from ..models import Hotline
from ..models.hotline_ways import WayKind
from .json_schema import array, boolean, enum, record, string, uri
from .parameters import Parameter
from .serializers import ComputedField, PublicSerializer, localized
from .viewsets import PublicAPIViewSet

WAY = record({"kind": enum(WayKind.values), "address": string(), "url": uri(description="Where a link leads.")})


class HotlineSerializer(PublicSerializer):
    """A helpline that may be shown to readers today."""

    number = serializers.CharField(read_only=True, help_text="As people write it.")
    tel = ComputedField(uri(description="Where a call link leads."), lambda line, loader: f"tel:{line.tel}")
    for_danger = serializers.BooleanField(read_only=True, help_text="For danger now: show it first, on every page.")
    name = localized("name")
    short_name = localized("short")
    for_whom = localized("for_whom")
    use = localized("use")
    hours = localized("hours")
    cost = localized("cost")
    languages = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Codes of the languages spoken."
    )
    ways = ComputedField(
        array(WAY, description="Ways besides calling, each tried by an editor."),
        lambda line, loader: [
            {"kind": way.kind.value, "address": way.address, "url": way.href} for way in line.shown_ways
        ],
    )
    serves = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Whom it listens to, as far as that is known."
    )
    verified_on = serializers.DateField(read_only=True, allow_null=True, help_text="The last test call.")

    class Meta:
        model = Hotline
        fields = [
            "key", "number", "tel", "for_danger", "name", "short_name", "for_whom", "use", "hours", "cost",
            "languages", "ways", "serves", "verified_on",
        ]  # fmt: skip


class HotlinesViewSet(PublicAPIViewSet):
    """Helplines that may be shown to readers today, those for danger first.

    Ask anew at least once a day: a helpline that nobody has tested for a month disappears by itself.
    """

    plural = "hotlines"
    component = "Hotline"
    model = Hotline
    base_serializer_class = HotlineSerializer
    body_fields = HotlineSerializer.Meta.fields
    lookup_field = "key"
    # No ordering: helplines for danger stand first for everybody.
    filter_backends = [FieldsFilter]
    parameters = (Parameter("for_danger", boolean(), "Only lines for danger now, or only the others."),)

    def get_queryset(self) -> Any:
        return Hotline.objects.published()
