"""Endpoint of the public pages: in lists, one by one, and by the address where they are read."""

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from wagtail.api.v2.filters import (
    ChildOfFilter,
    DescendantOfFilter,
    FieldsFilter,
    TranslationOfFilter,
)
from wagtail.models import Page
from wagtail.query import PageQuerySet

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

from . import openapi
from .filters import ParameterFilter, SiteSearchFilter, StableOrderingFilter
from .json_schema import Schema, boolean, enum, ref, string
from .loader import api_url
from .page_queries import find_url_path, shown_models, shown_pages, type_name
from .page_serializer import SHARED, TEXTS, PageSerializer
from .parameters import NO_NUL, PAGING, SEARCH, Parameter, fields_parameter, id_parameter, order_parameter
from .serializers import serializer_schema
from .viewsets import PublicAPIViewSet

_ID_OR_ROOT = string(pattern=r"^(?:root|[1-9][0-9]{0,8})$", maxLength=9)
_SLUG = string(pattern="^[-a-zA-Z0-9_]+$", maxLength=255)
PARAMETERS = (
    Parameter("locale", enum(LANGUAGES), "Only pages in this language."),
    Parameter("section", _SLUG, "Only pages beneath sections of this slug."),
    Parameter("child_of", _ID_OR_ROOT, "Only pages right beneath this one."),
    Parameter("descendant_of", _ID_OR_ROOT, "Only pages anywhere beneath this one."),
    Parameter("ancestor_of", _ID_OR_ROOT, "Only pages above this one."),
    Parameter("translation_of", _ID_OR_ROOT, "Only this page in other languages."),
    Parameter("slug", _SLUG, "Only pages with this slug."),
    Parameter("show_in_menus", boolean(), "Only pages of the menu, or only the others."),
    *SEARCH,
)
FIND = (
    Parameter(
        "html_path",
        string(minLength=1, maxLength=1000, pattern=NO_NUL),
        "The address where the page is read, without the host: `/en/rights/`.",
    ),
    id_parameter("id", "The page's number."),
)


class EachPageSerializer(BaseSerializer):
    """Serializer for a list of pages of different types, each shown by the serializer of its own type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._serializers: dict[type, Any] = {}

    def to_representation(self, page: Page) -> Any:
        model = type(page)
        if model not in self._serializers:
            serializer_class = self.context["view"].get_serializer_class_for(model)
            self._serializers[model] = serializer_class(context=self.context)
        return self._serializers[model].to_representation(page)


class PagesViewSet(PublicAPIViewSet):
    """Public pages. Drafts, restricted pages and unlisted pages don't exist here."""

    plural = "pages"
    component = "Page"
    model = Page
    base_serializer_class = PageSerializer
    body_fields = [
        "id", "title", "intro", "checked_on", "legal_check", "legal_checked_on", "sources", "body",
    ]  # fmt: skip
    meta_fields = [
        "type", "detail_url", "html_url", "slug", "locale", "first_published_at", "last_published_at", "is_sensitive",
        "section", "show_in_menus", "seo_title", "search_description", "parent", "translations", "children",
    ]  # fmt: skip
    listing_default_fields = ["id", "title", "intro", *meta_fields[:9]]
    orders = ("id", "title", "first_published_at", "last_published_at")
    # Wagtail refuses `descendant_of` after `child_of`, and can filter no further once it has searched.
    filter_backends = [
        ParameterFilter,
        FieldsFilter,
        DescendantOfFilter,
        ChildOfFilter,
        TranslationOfFilter,
        StableOrderingFilter,
        SiteSearchFilter,
    ]

    @cached_property
    def _shown_pages(self) -> PageQuerySet:
        return shown_pages(self.request._request)

    def get_base_queryset(self) -> PageQuerySet:
        """Return the pages among which Wagtail's filters look for those that parameters name."""
        return self._shown_pages

    # Wagtail's own starts from all live pages that are not private, unlisted ones included.
    get_queryset = get_base_queryset

    def get_root_page(self) -> Page:
        """Return what `root` means as a parameter: the home page of the first language."""
        page = self._shown_pages.filter(locale__language_code=DEFAULT_LANGUAGE).first()
        if page is None:
            raise Http404
        return page

    def filter_by_type(self, queryset: PageQuerySet, names: str) -> PageQuerySet:
        models = shown_models()
        return queryset.type(*(models[name] for name in names.split(",")))

    def filter_by_locale(self, queryset: PageQuerySet, code: str) -> PageQuerySet:
        return queryset.filter(locale__language_code=code)

    def filter_by_ancestor_of(self, queryset: PageQuerySet, key: str) -> PageQuerySet:
        """Filter by `ancestor_of`, which Wagtail's filter supports without `root`."""
        page = self.get_root_page() if key == "root" else self._shown_pages.filter(pk=key).first()
        if page is None:
            # Not there and hidden look alike: the answer must not tell that a hidden page exists.
            raise Http404
        return queryset.ancestor_of(page)

    def filter_by_section(self, queryset: PageQuerySet, slug: str) -> PageQuerySet:
        """Filter the pages beneath sections of this slug, in any language."""
        sections = self._shown_pages.filter(content_type__model="sectionpage").order_by()
        beneath = Q(pk__in=[])
        for above, own in sections.values_list("path", "slug"):
            if own == slug:
                beneath |= Q(path__startswith=above) & ~Q(path=above)
        return queryset.filter(beneath)

    def load(self, things: Iterable[Any]) -> list[Any]:
        """Return the pages as their own types, in the same order.

        One query for each type, without long texts that nobody asked for.
        """
        order = [page.pk for page in things]
        found = Page.objects.filter(pk__in=order)
        has_texts = bool(self.asked_fields() & TEXTS)
        by_id = {page.pk: page for page in (found if has_texts else found.defer_streamfields()).specific()}
        pages = [by_id[pk] for pk in order if pk in by_id]
        # A list that shows titles only says nothing of its reader, so it may be cached even with a sensitive page in
        # it.
        self.is_sensitive = (has_texts or self.action != "listing_view") and any(page.is_sensitive for page in pages)
        return pages

    def get_serializer_class(self) -> Any:
        # A list holds several types; Wagtail would build one serializer for the view's single model.
        return EachPageSerializer

    def asked_fields(self) -> set[str]:
        return {name for model in shown_models().values() for name in self.get_serializer_class_for(model).Meta.fields}

    def find_view(self, request: Request) -> HttpResponse:
        """Redirect (303) to the page that is read at this address of the site."""
        if not self.values:
            raise Http404
        found = self.get_queryset()
        if "id" in self.values:
            found = found.filter(pk=self.values["id"])
        if "html_path" in self.values:
            found = found.filter(url_path=find_url_path(self.values["html_path"]))
        page = found.first()
        if page is None:
            raise Http404
        answer = redirect(api_url("pages", page.pk))
        # Wagtail answers 302. 303 says that this is another resource, to be fetched with GET.
        answer.status_code = 303
        return answer

    @classmethod
    def get_parameters(cls, action: str) -> Sequence[Parameter]:
        if action == "find_view":
            return FIND
        return _list_parameters() if action == "listing_view" else (_fields_parameter(),)

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("find/", cls.as_view({"get": "find_view"}), name="find")]

    @classmethod
    def operations(cls) -> dict[str, dict[str, Any]]:
        find = openapi.operation(cls, "find", "Leads to the page that is read at an address.", FIND, {})
        find["responses"] = {"303": {"description": "The page's own address here."}, **openapi.problem_responses()}
        return {**super().operations(), "find/": find}

    @classmethod
    def build_serializer(cls, model: type, names: Sequence[str]) -> Any:
        serializer = super().build_serializer(model, names)
        serializer.fields["type"].schema = {"const": type_name(model)}
        return serializer

    @classmethod
    def components(cls) -> dict[str, Schema]:
        """Return each type's own schemas; `Page` and `PartialPage` are any one of them."""
        found: dict[str, Schema] = dict(SHARED)
        models = shown_models()
        for model in models.values():
            whole = cls.build_serializer(model, cls.get_available_fields(model))
            about = " ".join((model.__doc__ or "").split())
            found[model.__name__] = serializer_schema(whole, components=found, description=about)
            found[f"Partial{model.__name__}"] = serializer_schema(whole, is_partial=True)
        listed = cls.build_serializer(model, cls.listing_default_fields)
        listed.fields["type"].schema = enum(models)
        found["ListedPage"] = serializer_schema(listed)
        found["Page"] = {"oneOf": [ref(model.__name__) for model in models.values()]}
        found["PartialPage"] = {
            "anyOf": [ref(f"Partial{model.__name__}") for model in models.values()],
            "description": "A page with the fields asked for.",
        }
        return found


@cache
def _fields_parameter() -> Parameter:
    models = shown_models().values()
    return fields_parameter({name for model in models for name in PagesViewSet.get_available_fields(model)})


@cache
def _list_parameters() -> tuple[Parameter, ...]:
    """Return the parameters of a list. Built once, when all rooms' models are loaded."""
    any_type = "(?:" + "|".join(re.escape(name) for name in sorted(shown_models())) + ")"
    types = string(maxLength=500, pattern=rf"^{any_type}(?:,{any_type})*$")
    return (
        Parameter("type", types, "Only pages of these types, by commas."),
        *PARAMETERS,
        _fields_parameter(),
        order_parameter(PagesViewSet.orders),
        *PAGING,
    )
