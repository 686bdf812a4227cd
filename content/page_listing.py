"""Querysets of the pages that anyone may find: search, menus, feeds, sitemap and API ask here and nowhere else."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from wagtail.models import Page
from wagtail.query import PageQuerySet

from .page_cache.shared import get_shared

MAX_HIDDEN_IDS = 200


def public_page_models() -> list[type[Page]]:
    """Return every concrete type of public page, whichever room it stands in."""
    return [model for model in apps.get_models() if getattr(model, "is_public_page", False)]


def reviewed_page_models() -> list[type[Page]]:
    """Return every concrete type of page that two people publish: the public ones, and those without an address."""
    return [model for model in apps.get_models() if getattr(model, "is_reviewed_page", False)]


def public_pages(request: HttpRequest | None = None) -> PageQuerySet:
    """Return the pages that are live, unrestricted, of a public type, and listed, as all pages above them are.

    With a request, the view restrictions are read once for all the questions it asks.
    """
    types = [kind.pk for kind in ContentType.objects.get_for_models(*public_page_models()).values()]
    pages = Page.objects.live().filter(content_type_id__in=types)
    hidden = _get_hidden(request)
    # A page's address contains those above it, so one beneath an unlisted page would reveal that page.
    for above in hidden.with_pages_beneath:
        pages = pages.exclude(path__startswith=above)
    return not_restricted(pages, request).exclude(pk__in=hidden.ids)


def is_hidden(page: Page, request: HttpRequest | None = None) -> bool:
    """Return whether only those who know its address find this page.

    It is unlisted, or stands beneath a page that is, whose address its own would reveal.
    """
    return getattr(page, "is_listed", True) is False or page.path.startswith(_get_hidden(request).with_pages_beneath)


def not_restricted(pages: PageQuerySet, request: HttpRequest | None = None) -> PageQuerySet:
    """Exclude pages behind a view restriction, their own or one above them."""
    return pages.exclude(_get_restricted(request))


def _get_restricted(request: HttpRequest | None) -> Q:
    known: Q | None = getattr(request, "_vatra_restricted_pages", None)
    if known is None:
        known = get_shared(request, "restricted", Page.objects.all().private_q)
        if request is not None:
            request._vatra_restricted_pages = known  # type: ignore[attr-defined]
    return known


@dataclass(frozen=True)
class Hidden:
    """Pages that only those who know the address find: their ids, and the paths of those with pages beneath them."""

    ids: QuerySet | list[int]
    with_pages_beneath: tuple[str, ...]


def _get_hidden(request: HttpRequest | None) -> Hidden:
    known: Hidden | None = getattr(request, "_vatra_hidden_pages", None)
    if known is None:
        known = get_shared(request, "hidden", _read_hidden)
        if request is not None:
            request._vatra_hidden_pages = known  # type: ignore[attr-defined]
    return known


def _read_hidden() -> Hidden:
    """Read the hidden pages: as ids while they are few, otherwise as a subquery.

    The union over all page types is long to send with each query.
    """
    few = list(_get_unlisted("page_ptr_id", "path", "numchild")[: MAX_HIDDEN_IDS + 1])
    if len(few) <= MAX_HIDDEN_IDS:
        return Hidden([row["page_ptr_id"] for row in few], tuple(row["path"] for row in few if row["numchild"]))
    return Hidden(_get_unlisted("page_ptr_id"), tuple(row["path"] for row in _get_unlisted("path", numchild__gt=0)))


def _get_unlisted(*names: str, **narrower: Any) -> QuerySet:
    """Return these values of every page that isn't listed."""
    first, *others = [
        model._base_manager.filter(is_listed=False, **narrower).values(*names) for model in public_page_models()
    ]
    return first.union(*others, all=True)
