"""What the API shows of a page. A type that isn't registered here never appears: a new one is a decision."""

from typing import Any

from django.apps import apps
from django.db import models
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from access.models import Region

from ..models import Hotline
from . import blocks
from .endpoint import endpoint_address
from .fields import Field, plain, whole_schema
from .lines import line_value
from .reading import Reading
from .rich_text import to_html
from .schema import Schema, address, day, listing, maybe, moment, number, one_of, record, ref, text, truth

LANGUAGES = ("sq", "en")
LEGAL_CHECK = "Whether a lawyer has read what the page says of the law; show it. Empty: it says nothing of the law."
PAGE_LINK = record(
    {"id": number(minimum=1), "title": text(), "slug": text(), "detail_url": address(), "html_url": address()},
    description="Where another page is.",
)
TRANSLATION = record(
    {"locale": one_of(LANGUAGES), "id": number(minimum=1), "detail_url": address(), "html_url": address()},
    description="The same page in another language.",
)
CHILDREN = record({"count": number(minimum=0), "listing_url": address()}, description="The pages beneath this one.")


def page_link(page: Page | None, reading: Reading) -> dict[str, Any] | None:
    if page is None:
        return None
    return {
        "id": page.pk,
        "title": page.title,
        "slug": page.slug,
        "detail_url": endpoint_address("pages", page.pk),
        "html_url": reading.address_of(page),
    }


def _translations(page: Page, reading: Reading) -> list[dict[str, Any]]:
    return [
        {
            "locale": reading.languages[twin.locale_id],
            "id": twin.pk,
            "detail_url": endpoint_address("pages", twin.pk),
            "html_url": reading.address_of(twin),
        }
        for twin in reading.twins.get(page.translation_key, ())
        if twin.pk != page.pk
    ]


def _children(page: Page, reading: Reading) -> dict[str, Any]:
    return {
        "count": reading.child_counts.get(page.path, 0),
        "listing_url": f"{endpoint_address('pages')}?child_of={page.pk or 0}",
    }


COMMON = (
    Field("id", number(minimum=0), lambda page, reading: page.pk or 0, in_list=True),
    Field("type", text(), lambda page, reading: type_name(type(page)), in_meta=True, in_list=True),
    Field(
        "detail_url",
        address(),
        lambda page, reading: endpoint_address("pages", page.pk or 0),
        in_meta=True,
        in_list=True,
    ),
    Field("html_url", address(), lambda page, reading: reading.address_of(page), in_meta=True, in_list=True),
    plain("slug", text(), in_meta=True, in_list=True),
    Field(
        "locale",
        one_of(LANGUAGES),
        lambda page, reading: reading.languages[page.locale_id],
        in_meta=True,
        in_list=True,
    ),
    plain("first_published_at", maybe(moment()), in_meta=True, in_list=True),
    plain("last_published_at", maybe(moment()), in_meta=True, in_list=True),
    plain(
        "is_sensitive",
        truth(description="Says something about its reader: keep no copy, and send it with `no-store`."),
        in_meta=True,
        in_list=True,
    ),
    Field(
        "section",
        maybe(ref("PageLink")),
        lambda page, reading: page_link(reading.section_of(page), reading),
        in_meta=True,
        in_list=True,
    ),
    plain("show_in_menus", truth(), in_meta=True),
    plain("seo_title", text(description="For the browser's tab and history; never alarming."), in_meta=True),
    plain("search_description", text(), in_meta=True),
    Field(
        "parent",
        maybe(ref("PageLink")),
        lambda page, reading: page_link(reading.parents.get(page.path[: -page.steplen]), reading),
        in_meta=True,
    ),
    Field("translations", listing(ref("Translation")), _translations, in_meta=True),
    Field("children", ref("Children"), _children, in_meta=True),
    plain("title", text(), in_list=True),
    plain("intro", text(), in_list=True),
    plain("checked_on", maybe(day(description="When someone last held the text against its sources."))),
    plain("legal_check", one_of(("", "open", "checked"), description=LEGAL_CHECK)),
    plain("legal_checked_on", maybe(day(description="When a lawyer read exactly this text."))),
    Field("sources", blocks.HTML, lambda page, reading: to_html(page.sources, reading)),
    Field("body", {}, lambda page, reading: _stream(page, "body", reading)),
)
# What may be told of each type besides COMMON, by its model.
OWN: dict[str, tuple[str, ...]] = {
    "content.homepage": (),
    "content.helppage": (),
    "content.sectionpage": (),
    "content.articlepage": (),
    "content.stepspage": ("steps",),
    "content.questionspage": ("questions",),
    "content.glossarypage": (),
    "content.servicepage": ("what_for", "for_whom", "how_to_reach", "cost", "hours", "line", "regions"),
    "content.storypage": ("warning", "is_invented"),
    "content.downloadpage": ("files",),
    "content.searchpage": (),
}
COMPUTED: dict[str, Field] = {
    "is_invented": Field(
        "is_invented", {"const": True, "description": "Say so where the story begins."}, lambda *_: True
    ),
}
SHARED: dict[str, Schema] = {"PageLink": PAGE_LINK, "Translation": TRANSLATION, "Children": CHILDREN}


def register(label: str, *own: str) -> None:
    """A page type of another room, and its fields besides those that all pages have."""
    OWN[label.lower()] = own


def shown_models() -> dict[str, type[Page]]:
    """{"content.ArticlePage": model} of every type that may appear."""
    return {type_name(model): model for model in map(apps.get_model, OWN)}


def type_name(model: type[Page]) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


def get_fields(model: type[Page], components: blocks.Components | None = None) -> list[Field]:
    """The fields of this type, each with its schema; blocks' schemas are put into `components`."""
    into = {} if components is None else components
    found = []
    for field in COMMON:
        if field.name == "type":
            field = Field("type", {"const": type_name(model)}, field.make, in_meta=True, in_list=True)
        if field.name == "body":
            field = _from_model(model, "body", into)
        found.append(field)
    return [*found, *(COMPUTED.get(name) or _from_model(model, name, into) for name in OWN[model._meta.label_lower])]


def page_schema(model: type[Page], components: blocks.Components) -> Schema:
    return whole_schema(get_fields(model, components), description=" ".join((model.__doc__ or "").split()))


def _from_model(model: type[Page], name: str, components: blocks.Components) -> Field:
    """A field of the API from a field of the model. What kind isn't known is an error at the start."""
    kind: Any = model._meta.get_field(name)
    if isinstance(kind, StreamField):
        schema = blocks.get_schema(kind.stream_block, components)
        return Field(name, schema, lambda page, reading: _stream(page, name, reading))
    if isinstance(kind, RichTextField):
        return Field(name, blocks.HTML, lambda page, reading: to_html(getattr(page, name), reading))
    if kind.is_relation and kind.related_model is Hotline:
        return Field(name, maybe(ref("Hotline")), lambda page, reading: _line(page, f"{name}_id", reading))
    if kind.is_relation and kind.related_model is Region:
        schema = listing(text(), description="Keys of regions; none: everywhere.")
        return Field(name, schema, lambda page, reading: sorted(each.slug for each in getattr(page, name).all()))
    if isinstance(kind, models.CharField | models.TextField):
        return plain(name, text())
    raise TypeError(f"{model.__name__}.{name} has no kind in content.headless.page_fields")


def _stream(page: Page, name: str, reading: Reading) -> list[dict[str, Any]]:
    value = getattr(page, name)
    return blocks.get_value(value.stream_block, value, reading)


def _line(page: Page, name: str, reading: Reading) -> dict[str, Any] | None:
    line = reading.lines.get(getattr(page, name))
    return line_value(line, reading) if line else None
