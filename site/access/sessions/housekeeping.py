"""Hourly cleanup of sessions, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import StaffSession

KEPT_DAYS = 90


def tidy(_argument: Any = None) -> int:
    """Delete sessions that nobody has used for three months. Returns how many."""
    oldest = timezone.now() - timedelta(days=KEPT_DAYS)
    return StaffSession.objects.filter(seen_at__lt=oldest).delete()[0]
