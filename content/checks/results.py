"""Stored results of the checks, for the report: checking thousands of pages takes longer than a request may.

Only the counts are stored; the findings are made anew for the few pages that an editor opens.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.models import Page
from wagtail.query import PageQuerySet

from audit.put_aside import for_each_row, get_put_aside_keys

from ..models import Hotline, reviewed_page_models
from .models import CheckedPage, WordsToAvoid
from .run import get_findings_by_page

BATCH_SIZE = 100  # pages in one pass
PUT_ASIDE_KIND = "page.check"  # kind of `audit.put_aside`: a page that can't be checked
MAX_AGE = timedelta(days=1)  # a hotline may have become stale, a linked page may be gone


def get_live_pages() -> PageQuerySet:
    names = [model._meta.model_name for model in reviewed_page_models()]
    return Page.objects.live().filter(content_type__model__in=names)


def get_unchecked_pages(now: datetime | None = None) -> PageQuerySet:
    """Return the live pages that were never checked, were published since, or were checked too long ago."""
    old = Q(checked__at__lt=(now or timezone.now()) - MAX_AGE)
    return get_live_pages().filter(Q(checked__at=None) | Q(checked__at__lt=F("last_published_at")) | old)


def check_unchecked_pages(now: datetime | None = None, *, at_most: int = BATCH_SIZE) -> int:
    """Check the pages that wait longest; return how many. Safe to run twice at once."""
    at = now or timezone.now()
    next_ones = get_unchecked_pages(at).exclude(pk__in=get_put_aside_keys(PUT_ASIDE_KIND, at))
    keys = list(next_ones.order_by(F("checked__at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:at_most])
    try:
        return _check(keys, at)
    # The database doesn't answer, so no page is to blame and none is put aside.
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001  # one of them: each is checked by itself, and that one put aside
        return for_each_row(PUT_ASIDE_KIND, keys, lambda pk: _check([pk], at), at=at)


def _check(keys: list[int], at: datetime) -> int:
    pages = Page.objects.filter(pk__in=keys).select_related("locale")
    found = get_findings_by_page(pages.specific())
    rows = [
        CheckedPage(
            page_id=pk, at=at, stops=(stops := sum(each.stops for each in findings)), others=len(findings) - stops
        )
        for pk, findings in found.items()
    ]
    # An upsert: two workers that check the same page at once both succeed.
    CheckedPage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["page"], update_fields=["at", "stops", "others"]
    )
    return len(rows)


def connect() -> None:
    """Check every page anew when a hotline or the words to avoid change."""
    for model in (Hotline, WordsToAvoid):
        for signal in (post_save, post_delete):
            signal.connect(_mark_all_unchecked, sender=model, dispatch_uid=f"checks.look_again.{model.__name__}")


def _mark_all_unchecked(**_given: Any) -> None:
    # The counts stay until the next check, so the report goes on showing what was found.
    CheckedPage.objects.update(at=None)
