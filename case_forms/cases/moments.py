"""Reading moments that people type."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def read_moment(text: str) -> datetime | None:
    """Read what a field for day and time has sent, in local time; None for what is no moment."""
    try:
        moment = parse_datetime(text)
        return timezone.make_aware(moment) if moment is not None and timezone.is_naive(moment) else moment
    except (ValueError, OverflowError):
        return None
