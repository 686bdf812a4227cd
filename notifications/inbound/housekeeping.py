"""The hourly housekeeping of this room, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from .models import InboundRecord


def tidy(_argument: Any = None) -> None:
    """Delete what came in longer ago than INBOUND_KEEP_DAYS. Idempotent."""
    InboundRecord.objects.filter(at__lt=timezone.now() - timedelta(days=settings.INBOUND_KEEP_DAYS)).delete()
