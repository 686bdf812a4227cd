"""Which pages anyone may come across: search, menus, feeds, sitemap and API ask here and nowhere else."""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Page
from wagtail.query import PageQuerySet

from ..serving.shared import is_remembering, remembered

FEW = 200


def public_page_models() -> list[type[Page]]:
    """Every concrete type of public page, whichever room it stands in."""
    return [model for model in apps.get_models() if getattr(model, "is_public_page", False)]


def public_pages(request: HttpRequest | None = None) -> PageQuerySet:
    """Pages that are live, behind no view restriction, of a public type, and listed.

    With a request, the view restrictions are read once for all the questions it asks.
    """
    types = [kind.pk for kind in ContentType.objects.get_for_models(*public_page_models()).values()]
    pages = Page.objects.live().filter(content_type_id__in=types)
    unlisted = remembered(request, "unlisted", _few_or_all_unlisted) if is_remembering(request) else _unlisted()
    return not_restricted(pages, request).exclude(pk__in=unlisted)


def not_restricted(pages: PageQuerySet, request: HttpRequest | None = None) -> PageQuerySet:
    """Without those behind a view restriction, their own or one above them."""
    return pages.exclude(_restricted(request))


def _restricted(request: HttpRequest | None) -> Q:
    known: Q | None = getattr(request, "_vatra_restricted_pages", None)
    if known is None:
        known = remembered(request, "restricted", Page.objects.all().private_q)
        if request is not None:
            request._vatra_restricted_pages = known  # type: ignore[attr-defined]
    return known


def _few_or_all_unlisted() -> QuerySet | list[int]:
    """Their ids while they are few, since the question over all types is long to put; otherwise the question."""
    few = [row["page_ptr_id"] for row in _unlisted()[: FEW + 1]]
    return few if len(few) <= FEW else _unlisted()


def _unlisted() -> QuerySet:
    """The ids of pages that only those who know the address find."""
    first, *others = [
        model._base_manager.filter(is_listed=False).values("page_ptr_id") for model in public_page_models()
    ]
    return first.union(*others, all=True)
