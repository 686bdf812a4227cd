"""What a `bulk` worker tidies each hour in this room (settings.HOUSEKEEPING)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from access.rate_limits import forget_old

from .models import Spent


def tidy(_argument: Any = None) -> None:
    """Deletes counts and spent proofs that are too old to matter."""
    now = timezone.now()
    forget_old(now)
    Spent.objects.filter(at__lt=now - timedelta(hours=settings.ASKING_FORM_HOURS + 1)).delete()
