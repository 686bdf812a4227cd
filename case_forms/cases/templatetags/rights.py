"""Days of a stored document, which are ISO texts in JSON."""

from datetime import date

from django import template

register = template.Library()


@register.filter
def as_day(written: str) -> date:
    """Return the day that an ISO text names."""
    return date.fromisoformat(written)
