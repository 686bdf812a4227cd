"""Filters besides Wagtail's. Parameters have been checked when they run: `view.values` holds them (parameters.py)."""

from itertools import zip_longest
from typing import Any

from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from wagtail.api.v2.filters import OrderingFilter
from wagtail.models import Locale

from access.languages import LANGUAGES

from ..search import PageResults, search_pages


class ParameterFilter(BaseFilterBackend):
    """Filter that calls the view's `filter_by_<name>(queryset, value)`, if there is one, for each parameter sent."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        for name, value in view.values.items():
            if hasattr(view, f"filter_by_{name}"):
                queryset = getattr(view, f"filter_by_{name}")(queryset, value)
        return queryset


class StableOrderingFilter(OrderingFilter):
    """Ordering by `?order=` with the id at the end, so that equal objects don't move between two parts of a list."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        found = super().filter_queryset(request, queryset, view)
        return found.order_by(*found.query.order_by, "pk") if "order" in view.values else found


class CountedPageResults(PageResults):
    def count(self) -> int:  # type: ignore[override]
        """Return the length, as Wagtail's paginator asks a queryset."""
        return len(self)


class SiteSearchFilter(BaseFilterBackend):
    """Search by `?search=` as the site's own: the best of each language in turn. The last of a view's filters."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        values = view.values
        if "search" not in values:
            return queryset
        wanted = [values["locale"]] if "locale" in values else LANGUAGES
        by_language = [
            search_pages(values["search"], queryset.filter(locale=locale), locale, values.get("search_operator")).ids
            for locale in Locale.objects.filter(language_code__in=wanted).order_by("-language_code")
        ]
        # Scores of two languages can't be compared, so each language gives its best, second best and so on.
        ids = [pk for turn in zip_longest(*by_language) for pk in turn if pk is not None]
        return queryset.filter(pk__in=ids) if "order" in values else CountedPageResults(ids)
