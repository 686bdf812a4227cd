"""What a `bulk` worker tidies each hour in this room (settings.HOUSEKEEPING)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from .models import Spent, Tally


def tidy(_argument: Any = None) -> None:
    """Deletes counts and spent proofs that are too old to matter."""
    now = timezone.now()
    Tally.objects.filter(hour__lt=now - timedelta(days=2)).delete()
    Spent.objects.filter(at__lt=now - timedelta(hours=settings.ASKING_FORM_HOURS + 1)).delete()
