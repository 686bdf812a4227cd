"""The hourly housekeeping of this room, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from access.rate_limits import delete_old_counts

from .models import Spent


def tidy(_argument: Any = None) -> None:
    """Delete counts and spent proofs that are too old to matter."""
    now = timezone.now()
    delete_old_counts(now)
    # An hour longer than a page is good for, so a proof that is deleted here can't be used again.
    Spent.objects.filter(at__lt=now - timedelta(hours=settings.ASKING_FORM_HOURS + 1)).delete()
