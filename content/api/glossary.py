"""Endpoint of the glossary, for front ends that explain terms too."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from wagtail.api.v2.filters import FieldsFilter

from access.languages import LANGUAGES

from ..models import GlossaryTerm
from .filters import ParameterFilter, StableOrderingFilter
from .json_schema import HTML, array, enum, integer, nullable, record, string, uri
from .loader import Loader, api_url
from .page_queries import shown_pages
from .parameters import NO_NUL, Parameter
from .rich_text import to_html
from .serializers import ComputedField, PublicSerializer
from .viewsets import PublicAPIViewSet


class GlossaryLoader(Loader):
    """Loader that also knows where each language's glossary is read."""

    @cached_property
    def _glossaries(self) -> dict[int, str]:
        pages = shown_pages(self.request).filter(content_type__model="glossarypage")
        return {page.locale_id: self.get_url(page) for page in pages}

    def get_term_url(self, term: GlossaryTerm) -> str | None:
        page = self._glossaries.get(term.locale_id)
        return f"{page}#{term.slug}" if page else None


TRANSLATION = record({"locale": enum(LANGUAGES), "id": integer(minimum=1), "detail_url": uri()})


def _translations(term: GlossaryTerm, loader: Loader) -> list[dict[str, Any]]:
    return [
        {"locale": loader.languages[twin.locale_id], "id": twin.pk, "detail_url": api_url("glossary", twin.pk)}
        for twin in loader.get_translations(term)
    ]


class GlossaryTermSerializer(PublicSerializer):
    id = serializers.IntegerField(read_only=True, min_value=1)
    html_url = ComputedField(nullable(uri()), lambda term, loader: loader.get_term_url(term))
    locale = ComputedField(enum(LANGUAGES), lambda term, loader: loader.languages[term.locale_id])
    translations = ComputedField(array(TRANSLATION), _translations)
    definition = ComputedField(HTML, lambda term, loader: to_html(term.shown, loader))
    forms = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Other forms of the word, as they stand in running text.",
    )


class GlossaryViewSet(PublicAPIViewSet):
    """Words that readers may not know, each with its explanation."""

    plural = "glossary"
    component = "GlossaryTerm"
    model = GlossaryTerm
    base_serializer_class = GlossaryTermSerializer
    loader_class = GlossaryLoader
    body_fields = ["id", "term", "definition", "forms"]
    meta_fields = ["detail_url", "html_url", "locale", "translations", "slug"]
    listing_default_fields = ["id", "term", "definition", "forms", "detail_url", "html_url", "locale", "slug"]
    filter_backends = [FieldsFilter, ParameterFilter, StableOrderingFilter]
    orders = ("id", "term")
    parameters = (
        Parameter("locale", enum(LANGUAGES), "Only words of this language."),
        Parameter("slug", string(pattern="^[-a-zA-Z0-9_]+$", maxLength=80), "Only the word with this slug."),
        Parameter("search", string(minLength=1, maxLength=200, pattern=NO_NUL), "Words that begin or contain this."),
    )

    def get_queryset(self) -> QuerySet:
        return GlossaryTerm.objects.order_by("term", "id")

    def filter_by_locale(self, queryset: QuerySet, code: str) -> QuerySet:
        return queryset.filter(locale__language_code=code)

    def filter_by_search(self, queryset: QuerySet, words: str) -> QuerySet:
        return queryset.filter(term__icontains=words.strip())
