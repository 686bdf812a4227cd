"""Periodic jobs of the public site, run by `bulk` workers (settings.HOUSEKEEPING and EACH_MINUTE)."""

from collections.abc import Callable
from typing import Any

import structlog
from wagtail_headless_preview.models import PagePreview

from audit.put_aside import for_each_row

from .checks.results import check_unchecked_pages
from .hotlines.actions import mail_editors, tell_of_due_ways
from .library_files import SECONDS, clean_stored_files
from .picture_files import tidy_sizes
from .pictures import make_missing_sizes
from .review.actions import publish_due
from .review.deleted_pages import erase_due
from .review.news import send_news

log = structlog.get_logger(__name__)


def each_minute(_argument: Any = None) -> None:
    """Publish and unpublish what is due, mail editors the news, check waiting pages, clean files that nobody cleaned.

    Running it twice does nothing twice.
    """
    steps: dict[str, Callable[[], Any]] = {
        "content.publish": _publish,
        "content.news": send_news,
        "content.checks": check_unchecked_pages,
        "content.clean_files": lambda: clean_stored_files(seconds=SECONDS),
    }
    # One step that fails stops none of the others (`audit.put_aside`).
    for_each_row("housekeeping", steps, lambda name: steps[name]())


def _publish() -> None:
    done = publish_due()
    if any(done.values()):
        log.info("by_the_clock", published=done["published"], taken_away=done["taken away"])


def each_hour(_argument: Any = None) -> None:
    """Mail editors about hotlines that need a call, make missing image sizes, delete what is over.

    That is expired external previews, and deleted pages that can't be restored any more.

    Each change of a hotline is mailed once.
    """
    steps: dict[str, Callable[[], Any]] = {
        "content.hotlines": _mail_hotline_news,
        "content.ways": tell_of_due_ways,
        "content.sizes": _make_sizes,
        "content.size_files": tidy_sizes,
        "content.deleted": _erase_deleted,
        "content.previews": PagePreview.garbage_collect,
    }
    for_each_row("housekeeping", steps, lambda name: steps[name]())


def _mail_hotline_news() -> None:
    mailed = mail_editors()
    if mailed:
        log.info("editors_told_of_lines", lines=mailed)


def _make_sizes() -> None:
    made = make_missing_sizes()
    if made:
        log.info("sizes_of_pictures_made", sizes=made)


def _erase_deleted() -> None:
    erased = erase_due()
    if erased:
        log.info("deleted_pages_erased", pages=erased)
