"""The hourly housekeeping of this room, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from typing import Any

import structlog
from django.utils import timezone

from .purge import forget_due
from .voices import tidy_voices

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """Erase what is due, and recordings without a tip. Idempotent."""
    now = timezone.now()
    log.info("signals_tidied", tips=forget_due(now), stray_voices=tidy_voices(now))
