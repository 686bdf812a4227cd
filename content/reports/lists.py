"""What the reports show, as querysets, so that the first page of the admin and the reports agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, F, IntegerField, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from wagtail.models import Page, PageLogEntry
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

from access.models import User

from ..hotlines.states import get_statuses
from ..models import Hotline, reviewed_page_models
from ..page_references import count_references

SOON = timedelta(days=30)
RECENT = timedelta(days=7)
MAX_ENTRIES = 40  # entries of the history looked at


@dataclass(frozen=True)
class UnpublishedPage:
    """A page that somebody hid from its readers. `places`: how many refer to it still."""

    page: Page
    user: User
    timestamp: datetime
    places: int


def get_recently_unpublished(now: datetime | None = None) -> list[UnpublishedPage]:
    """Return the pages that editors hid in the last days and that are still hidden, the newest first."""
    since = (now or timezone.now()) - RECENT
    entries = PageLogEntry.objects.filter(action="wagtail.unpublish", timestamp__gte=since, user__isnull=False)
    found: dict[int, UnpublishedPage] = {}
    for entry in entries.select_related("page", "user").order_by("-timestamp")[:MAX_ENTRIES]:
        page = Page.objects.filter(pk=entry.page_id, live=False).first()
        if page is not None and page.pk not in found:
            found[page.pk] = UnpublishedPage(page, entry.user, entry.timestamp, count_references(page))
    return list(found.values())


def get_editable_pages(user: User) -> PageQuerySet:
    """Return the public pages this person may change, with `review_by` and `checked_on` whatever their type."""
    pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
    types = [model._meta.model_name for model in reviewed_page_models()]
    return pages.filter(content_type__model__in=types).annotate(
        # Each type has its own table with these columns, and a page stands in exactly one of them: the others are NULL.
        review_by=Coalesce(*(F(f"{name}__review_by") for name in types)),
        checked_on=Coalesce(*(F(f"{name}__checked_on") for name in types)),
    )


def add_display_titles(pages: Iterable[Page]) -> list[Page]:
    """Give each page its `display_title`: what its type adds, such as a session's day and town, and drafts' titles.

    Reads each type once, however many pages there are, and no texts.
    """
    found = list(pages)
    specific = Page.objects.defer_streamfields().specific().in_bulk([page.pk for page in found])
    for page in found:
        page.display_title = specific[page.pk].get_admin_display_title() if page.pk in specific else page.title
    return found


def get_due_pages(user: User, on: date | None = None) -> PageQuerySet:
    """Return live pages whose review date has come, or comes within 30 days."""
    until = (on or timezone.localdate()) + SOON
    return get_editable_pages(user).live().filter(review_by__lte=until).order_by("review_by", "path")


def get_hotlines_by_state(on: date | None = None) -> "QuerySet[Hotline]":
    """Return all hotlines, those that need action first."""
    ordered = [each.line.pk for each in get_statuses(on)]
    if not ordered:
        return Hotline.objects.none()
    # The state is worked out in Python; a report needs a queryset, so the order goes into the query by hand.
    place = Case(*(When(pk=pk, then=number) for number, pk in enumerate(ordered)), output_field=IntegerField())
    return Hotline.objects.annotate(place=place).order_by("place")
