"""Hourly clean-up, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from typing import Any

import structlog
from django.utils import timezone

from .replay import tidy_replays

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """Drop the results of old replays."""
    log.info("replays_tidied", dropped=tidy_replays(timezone.now()))
