"""Pages: those that anyone may come across, in lists, one by one, and by the address where they are read."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Locale, Page, Site
from wagtail.query import PageQuerySet

from ..models import public_pages
from ..search import Found, found_pages
from . import blocks, page_fields
from .describing import operation, problem_responses
from .endpoint import Endpoint, endpoint_address
from .fields import Field, partial_schema, whole_schema
from .parameters import (
    NO_NUL,
    PAGING,
    SEARCH,
    Parameter,
    fields_parameter,
    id_parameter,
    order_parameter,
    read,
)
from .reading import STREAMS, Reading
from .schema import Schema, one_of, text, truth

ORDERS = ("id", "title", "first_published_at", "last_published_at")
PLACES = {"child_of": "child_of", "descendant_of": "descendant_of", "ancestor_of": "ancestor_of"}


def shown_pages(request: HttpRequest | None = None) -> PageQuerySet:
    """The public pages of registered types beneath the site's home pages, in the order of the tree."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return public_pages(request).none()
    homes = site.root_page.get_translations(inclusive=True).values_list("path", flat=True)
    beneath = Q()
    for home in homes:
        beneath |= Q(path__startswith=home)
    return public_pages(request).filter(beneath).type(*page_fields.shown_models().values()).order_by("path")


def searched(found: PageQuerySet, words: str, operator: str | None, locales: Iterable[Locale]) -> list[int]:
    """Ids of the pages found, the best of each language in turn; as the site's own search finds them."""
    by_language = []
    for locale in locales:
        by_language.append(found_pages(words, found.filter(locale=locale), locale, operator).ids)
    return [pk for turn in zip_longest(*by_language) for pk in turn if pk is not None]


class PagesEndpoint(Endpoint):
    """Public pages. Drafts, pages kept back and unlisted pages don't exist here."""

    plural = "pages"
    model = Page
    component = "Page"

    def everything(self) -> PageQuerySet:
        return shown_pages(self.request._request)

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        everything = found
        if "type" in values:
            models = page_fields.shown_models()
            found = found.type(*(models[name] for name in values["type"].split(",")))
        if "locale" in values:
            found = found.filter(locale__language_code=values["locale"])
        if "slug" in values:
            found = found.filter(pk__in=everything.order_by().filter(slug=values["slug"]).values("pk"))
        if "show_in_menus" in values:
            found = found.filter(show_in_menus=values["show_in_menus"])
        if "section" in values:
            found = found.filter(_beneath_section(everything, values["section"]))
        for name, method in PLACES.items():
            if name in values:
                found = getattr(found, method)(_named(everything, values[name]))
        if "translation_of" in values:
            found = found.translation_of(_named(everything, values["translation_of"]))
        if "order" in values:
            found = found.order_by(*values["order"].split(","))
        if "search" in values:
            wanted = [values["locale"]] if "locale" in values else page_fields.LANGUAGES
            locales = Locale.objects.filter(language_code__in=wanted).order_by("-language_code")
            ids = searched(found, values["search"], values.get("search_operator"), locales)
            return found.filter(pk__in=ids) if "order" in values else Found(ids)
        return found

    def loaded(self, things: Iterable[Any], fields: Sequence[Field], reading: Reading) -> list[Any]:
        names = {field.name for field in fields}
        pages = reading.specific(things, names)
        self.is_sensitive = bool(names & STREAMS) and any(page.is_sensitive for page in pages)
        return pages

    def fields_of(self, thing: Any) -> Sequence[Field]:
        return _fields(thing.__class__)

    def one(self, key: Any, reading: Reading) -> Any:
        page = super().one(key, reading)
        self.is_sensitive = page.is_sensitive
        return page

    def find_view(self, request: Request) -> HttpResponse | Response:
        """303 to the page that is read at this address of the site."""
        values = read(request.GET, FIND)
        if not values:
            raise Http404
        found = self.everything()
        if "id" in values:
            found = found.filter(pk=values["id"])
        if "html_path" in values:
            found = found.filter(url_path=_url_path(values["html_path"]))
        page = found.first()
        if page is None:
            raise Http404
        answer = redirect(endpoint_address("pages", page.pk))
        answer.status_code = 303
        return answer

    @classmethod
    def shown_fields(cls) -> Sequence[Field]:
        """Of every type together, each name once."""
        return _every_field()

    @classmethod
    def list_parameters(cls) -> Sequence[Parameter]:
        return page_parameters()

    @classmethod
    def operations(cls) -> list[tuple[str, dict[str, Any]]]:
        found = operation(cls, "find", "Leads to the page that is read at an address.", FIND, {})
        found["responses"] = {"303": {"description": "The page's own address here."}, **problem_responses()}
        return [*super().operations(), ("find/", found)]

    @classmethod
    def components(cls) -> dict[str, Schema]:
        found: dict[str, Schema] = dict(page_fields.SHARED)
        for model in page_fields.shown_models().values():
            found[model.__name__] = page_fields.page_schema(model, found)
        found["Page"] = {
            "oneOf": [
                {"$ref": f"#/components/schemas/{model.__name__}"} for model in page_fields.shown_models().values()
            ]
        }
        found["ListedPage"] = whole_schema(field for field in cls.shown_fields() if field.in_list)
        found["PartialPage"] = partial_schema(cls.shown_fields(), description="A page with the fields asked for.")
        return found

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("find/", cls.as_view({"get": "find_view"}), name="find")]


@cache
def _fields(model: type[Page]) -> list[Field]:
    return page_fields.get_fields(model)


@cache
def _every_field() -> list[Field]:
    found: dict[str, Field] = {}
    components: blocks.Components = {}
    for model in page_fields.shown_models().values():
        for field in page_fields.get_fields(model, components):
            known = found.get(field.name)
            found[field.name] = _either(known, field) if known else field
    return list(found.values())


def _either(one: Field, other: Field) -> Field:
    """The same name with two schemas: either may be found."""
    seen = one.schema.get("anyOf", [one.schema]) if "anyOf" in one.schema else [one.schema]
    schema = one.schema if other.schema in seen else {"anyOf": [*seen, other.schema]}
    return Field(one.name, schema, one.make, in_meta=one.in_meta, in_list=one.in_list)


def _named(everything: QuerySet, key: str) -> Page:
    """The page that a filter names: by id, or `root` for the home page of the first language."""
    if key == "root":
        page = everything.filter(locale__language_code=settings.LANGUAGE_CODE).first()
    else:
        page = everything.filter(pk=int(key)).first()
    if page is None:
        raise Http404
    return page


def _beneath_section(everything: QuerySet, slug: str) -> Q:
    paths = everything.filter(content_type__model="sectionpage").order_by().values_list("path", "slug")
    beneath = Q(pk__in=[])
    for path_, own in paths:
        if own == slug:
            beneath |= Q(path__startswith=path_) & ~Q(path=path_)
    return beneath


def _url_path(html_path: str) -> str:
    """Wagtail's path in the tree of what is read at this address: the home page of its language, then the rest."""
    parts = [part for part in html_path.split("?")[0].split("/") if part]
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    language = parts.pop(0) if parts and parts[0] in others else settings.LANGUAGE_CODE
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    twins = site.root_page.get_translations(inclusive=True) if site else Page.objects.none()
    home = twins.filter(locale__language_code=language).first()
    if home is None:
        raise Http404
    return home.url_path + "".join(f"{part}/" for part in parts)


_ID_OR_ROOT = text(pattern=r"^(?:root|[1-9][0-9]{0,8})$", maxLength=9)
FIND = (
    Parameter(
        "html_path",
        text(minLength=1, maxLength=1000, pattern=NO_NUL),
        "The address where the page is read, without the host: `/en/rights/`.",
    ),
    id_parameter("id", "The page's number."),
)


def _type_parameter() -> Parameter:
    any_type = "(?:" + "|".join(re.escape(name) for name in sorted(page_fields.shown_models())) + ")"
    return Parameter(
        "type", text(maxLength=500, pattern=rf"^{any_type}(?:,{any_type})*$"), "Only pages of these types, by commas."
    )


@cache
def page_parameters() -> tuple[Parameter, ...]:
    """Of the list of pages. Made once all rooms have registered their types."""
    return (
        _type_parameter(),
        Parameter("locale", one_of(page_fields.LANGUAGES), "Only pages in this language."),
        Parameter(
            "section", text(pattern="^[-a-zA-Z0-9_]+$", maxLength=255), "Only pages beneath sections of this slug."
        ),
        Parameter("child_of", _ID_OR_ROOT, "Only pages right beneath this one."),
        Parameter("descendant_of", _ID_OR_ROOT, "Only pages anywhere beneath this one."),
        Parameter("ancestor_of", _ID_OR_ROOT, "Only pages above this one."),
        Parameter("translation_of", _ID_OR_ROOT, "Only this page in other languages."),
        Parameter("slug", text(pattern="^[-a-zA-Z0-9_]+$", maxLength=255), "Only pages with this slug."),
        Parameter("show_in_menus", truth(), "Only pages of the menu, or only the others."),
        *SEARCH,
        fields_parameter(field.name for field in _every_field()),
        order_parameter(ORDERS),
        *PAGING,
    )
