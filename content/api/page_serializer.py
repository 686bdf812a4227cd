"""What the API shows of a page. Each type names its own fields in `api_fields`; one without them is never shown."""

from typing import Any, ClassVar

from rest_framework import serializers
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from access.languages import LANGUAGES
from access.models import Region

from ..models import Hotline
from . import blocks
from .hotlines import HotlineSerializer
from .json_schema import HTML, Schema, array, enum, integer, nullable, record, ref, string, uri
from .loader import Loader, api_url
from .page_queries import type_name
from .rich_text import to_html
from .serializers import ComputedField, PublicSerializer

LEGAL_CHECK = "Whether a lawyer has read what the page says of the law; show it. Empty: it says nothing of the law."
PAGE_LINK = record(
    {"id": integer(minimum=1), "title": string(), "slug": string(), "detail_url": uri(), "html_url": uri()},
    description="Where another page is.",
)
TRANSLATION = record(
    {"locale": enum(LANGUAGES), "id": integer(minimum=1), "detail_url": uri(), "html_url": uri()},
    description="The same page in another language.",
)
CHILDREN = record({"count": integer(minimum=0), "listing_url": uri()}, description="The pages beneath this one.")
SHARED: dict[str, Schema] = {"PageLink": PAGE_LINK, "Translation": TRANSLATION, "Children": CHILDREN}
# Fields with long texts: lists that show none of them don't load them; an answer with some of a sensitive page isn't
# cached.
TEXTS = frozenset({"body", "doors", "steps", "questions", "files", "what_for", "for_whom", "how_to_reach"})


def _page_link(page: Page | None, loader: Loader) -> dict[str, Any] | None:
    if page is None:
        return None
    return {
        "id": page.pk,
        "title": page.title,
        "slug": page.slug,
        "detail_url": api_url("pages", page.pk),
        "html_url": loader.get_url(page),
    }


def _translations(page: Page, loader: Loader) -> list[dict[str, Any]]:
    return [
        {
            "locale": loader.languages[twin.locale_id],
            "id": twin.pk,
            "detail_url": api_url("pages", twin.pk),
            "html_url": loader.get_url(twin),
        }
        for twin in loader.get_translations(page)
    ]


def _children(page: Page, loader: Loader) -> dict[str, Any]:
    return {"count": loader.count_children(page), "listing_url": f"{api_url('pages')}?child_of={page.pk or 0}"}


class RichTextHTML(serializers.CharField):
    """A RichTextField as safe HTML."""

    schema = HTML

    def to_representation(self, value: str) -> str:
        return to_html(value, self.context["loader"])


class Body(serializers.ModelField):
    """A StreamField as typed blocks."""

    def build_schema(self, components: dict[str, Schema]) -> Schema:
        return blocks.block_schema(self.model_field.stream_block, components)

    def to_representation(self, page: Page) -> Any:
        value = getattr(page, self.source)
        return blocks.block_value(value.stream_block, value, self.context["loader"])


class HotlineOrNull(serializers.Field):
    """A page's hotline while readers may see it, else null."""

    schema = nullable(ref("Hotline"))

    def get_attribute(self, page: Page) -> Hotline | None:
        line: Hotline | None = self.context["loader"].hotlines.get(getattr(page, f"{self.source}_id"))
        return line

    def to_representation(self, line: Hotline) -> Any:
        return self.context["loader"].serialize(HotlineSerializer, line)


class RegionKeys(serializers.Field):
    schema = array(string(), description="Keys of regions; none: everywhere.")

    def to_representation(self, regions: Any) -> list[str]:
        return sorted(region.slug for region in regions.all())


class PageSerializer(PublicSerializer):
    """The fields that all page types share, as far as they aren't simply the model's; and how a type's own are made."""

    serializer_field_mapping: ClassVar[dict[type, type]] = {
        **PublicSerializer.serializer_field_mapping,
        RichTextField: RichTextHTML,
        StreamField: Body,
    }
    related: ClassVar[dict[type, type[serializers.Field]]] = {Hotline: HotlineOrNull, Region: RegionKeys}

    # A draft that was never saved has no number.
    id = ComputedField(integer(minimum=0), lambda page, loader: page.pk or 0)
    type = ComputedField(string(), lambda page, loader: type_name(type(page)))
    detail_url = ComputedField(uri(), lambda page, loader: api_url("pages", page.pk or 0))
    html_url = ComputedField(uri(), lambda page, loader: loader.get_url(page))
    locale = ComputedField(enum(LANGUAGES), lambda page, loader: loader.languages[page.locale_id])
    # format=None hands the datetime on as it is: the JSON encoder writes it.
    first_published_at = serializers.DateTimeField(format=None, read_only=True, allow_null=True)
    last_published_at = serializers.DateTimeField(format=None, read_only=True, allow_null=True)
    is_sensitive = serializers.BooleanField(
        read_only=True, help_text="Says something about its reader: keep no copy, and send it with `no-store`."
    )
    section = ComputedField(
        nullable(ref("PageLink")), lambda page, loader: _page_link(loader.get_section(page), loader)
    )
    seo_title = serializers.CharField(read_only=True, help_text="For the browser's tab and history; never alarming.")
    parent = ComputedField(nullable(ref("PageLink")), lambda page, loader: _page_link(loader.get_parent(page), loader))
    translations = ComputedField(array(ref("Translation")), _translations)
    children = ComputedField(ref("Children"), _children)
    checked_on = serializers.DateField(
        read_only=True, allow_null=True, help_text="When someone last held the text against its sources."
    )
    legal_check = ComputedField(
        enum(("", "open", "checked"), description=LEGAL_CHECK), lambda page, loader: page.legal_check
    )
    legal_checked_on = serializers.DateField(
        read_only=True, allow_null=True, help_text="When a lawyer read exactly this text."
    )
    is_invented = ComputedField({"const": True, "description": "Say so where the story begins."}, lambda *_: True)

    def build_relational_field(self, field_name: str, relation_info: Any) -> tuple[Any, dict[str, Any]]:
        return self.related[relation_info.related_model], {}
