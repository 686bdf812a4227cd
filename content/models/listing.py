"""Which pages anyone may come across: search, menus, feeds, sitemap and API ask here and nowhere else."""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from wagtail.models import Page
from wagtail.query import PageQuerySet

from .public_page import PublicPageMixin


def public_page_models() -> list[type[Page]]:
    """Every concrete type of public page, whichever room it stands in."""
    return [model for model in apps.get_models() if issubclass(model, PublicPageMixin)]


def public_pages() -> PageQuerySet:
    """Pages that are live, behind no view restriction, of a public type, and listed."""
    types = [kind.pk for kind in ContentType.objects.get_for_models(*public_page_models()).values()]
    return Page.objects.live().public().filter(content_type_id__in=types).exclude(pk__in=_unlisted())


def _unlisted() -> QuerySet:
    """The ids of pages that only those who know the address find."""
    first, *others = [
        model._base_manager.filter(is_listed=False).values("page_ptr_id") for model in public_page_models()
    ]
    return first.union(*others, all=True)
