"""Find which images and documents readers may have: the library also holds those that only drafts show."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from wagtail.models import Page, ReferenceIndex
from wagtail.query import PageQuerySet

from .page_listing import not_restricted


def assets_used_on(pages: PageQuerySet, model: type) -> QuerySet:
    """Return the images or documents that one of these pages shows or links to."""
    # The index stores ids as text; PostgreSQL compares no text with a number.
    keys = pages.order_by().annotate(key=Cast("pk", CharField())).values("key")
    used = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(model),
        object_id__in=keys,
    ).values("to_object_id")
    found: QuerySet = model.objects.annotate(key=Cast("pk", CharField())).filter(key__in=used)  # type: ignore[attr-defined]
    return found


def is_public_asset(document: Any) -> bool:
    """Return whether readers may have this file: by a live page, listed or not, or by a glossary term."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(document), to_object_id=str(document.pk)
    )
    if references.exclude(base_content_type=ContentType.objects.get_for_model(Page)).exists():
        return True
    return assets_used_on(not_restricted(Page.objects.live()), type(document)).filter(pk=document.pk).exists()
