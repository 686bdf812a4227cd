"""What `bulk` workers do for the public site, woken by the sweeper (settings.HOUSEKEEPING and EACH_MINUTE)."""

from collections.abc import Callable
from typing import Any

import structlog
from wagtail_headless_preview.models import PagePreview

from audit.put_aside import each

from .checks.results import check_waiting
from .hotlines.actions import tell_editors
from .pictures import make_missing_sizes
from .review.actions import publish_due
from .review.news import send_news

log = structlog.get_logger(__name__)


def each_minute(_argument: Any = None) -> None:
    """Publishes and takes away the pages that were set for this minute; mails editors what one of them did alone;
    checks some of those that wait for it. Running it twice does nothing twice."""
    steps: dict[str, Callable[[], Any]] = {
        "content.publish": _publish,
        "content.news": send_news,
        "content.checks": check_waiting,
    }
    each("housekeeping", steps, lambda name: steps[name]())


def _publish() -> None:
    done = publish_due()
    if any(done.values()):
        log.info("by_the_clock", published=done["published"], taken_away=done["taken away"])


def each_hour(_argument: Any = None) -> None:
    """Tells editors of telephone lines that want a call, each change of a line once. Makes what sizes of pictures are
    missing. Forgets the drafts that a front end elsewhere was shown, once no token opens them any more."""
    steps: dict[str, Callable[[], Any]] = {
        "content.hotlines": _tell,
        "content.sizes": _make_sizes,
        "content.previews": PagePreview.garbage_collect,
    }
    each("housekeeping", steps, lambda name: steps[name]())


def _tell() -> None:
    told = tell_editors()
    if told:
        log.info("editors_told_of_lines", lines=told)


def _make_sizes() -> None:
    made = make_missing_sizes()
    if made:
        log.info("sizes_of_pictures_made", sizes=made)
