"""Find what refers to a page: it loses a link, or a search its promoted result, when the page goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page, ReferenceIndex

MAX_LISTED = 50


@dataclass(frozen=True)
class Reference:
    """A place that refers to the page. `address`: where an editor opens it; "" where this one may not."""

    title: str
    kind: str
    address: str


def get_references(page: Page) -> QuerySet:
    """Return the rows of Wagtail's reference index that lead to this page or one beneath it from anywhere else."""
    going = [str(pk) for pk in page.get_descendants(inclusive=True).values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(Page)
    found = ReferenceIndex.objects.filter(to_content_type=kind, to_object_id__in=going)
    # Links among the pages that go together are lost together, and nobody has to be warned of them.
    return found.exclude(base_content_type=kind, object_id__in=going)


def count_references(page: Page) -> int:
    return get_references(page).values("base_content_type", "object_id").distinct().count()


def get_referring_pages(page: Page, user: Any) -> list[Reference]:
    """Return at most MAX_NAMED places that refer to the page, each once, in a stable order."""
    return list(_iter_references(page, AdminURLFinder(user)))


def _iter_references(page: Page, finder: AdminURLFinder) -> Iterator[Reference]:
    rows = get_references(page).order_by("base_content_type", "object_id")
    # An object that links twice has two rows in the index.
    named = rows.values_list("base_content_type", "object_id").distinct()[:MAX_LISTED]
    for kind_id, key in named:
        model = ContentType.objects.get_for_id(kind_id).model_class()
        found = model._base_manager.filter(pk=key).first() if model else None
        if found is None:
            continue
        if isinstance(found, Page):
            found = found.specific
        title = found.get_admin_display_title() if isinstance(found, Page) else str(found)
        yield Reference(title, str(found._meta.verbose_name), finder.get_edit_url(found) or "")
