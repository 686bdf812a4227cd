"""What a `bulk` worker tidies each hour, woken by the sweeper (settings.HOUSEKEEPING)."""

from typing import Any

import structlog
from django.utils import timezone

from .answers_out.actions import tidy_exports
from .attachments.actions import tidy_attachments
from .forgetting import forget_due

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """Deletes expired exports and files that nothing names, and forgets answers whose time is over.

    Running it twice does nothing twice.
    """
    now = timezone.now()
    exports = tidy_exports(now)
    forgotten = forget_due(timezone.localdate(now))
    unclaimed, strays = tidy_attachments(now)
    log.info("tidied", exports=exports, submissions=forgotten, unclaimed=unclaimed, strays=strays)
