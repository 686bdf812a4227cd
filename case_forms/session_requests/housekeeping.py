"""The hourly housekeeping of this room, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from typing import Any

import structlog
from django.utils import timezone

from .purge import forget_due

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """Erase what is due. Idempotent."""
    log.info("session_requests_tidied", requests=forget_due(timezone.now()))
