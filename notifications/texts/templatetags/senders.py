"""The sender's name on pages behind a link."""

from typing import Any

from django import template

from notifications.texts.senders import NEUTRAL

register = template.Library()


@register.simple_tag
def brand_of(visit: Any) -> str:
    """Return the name on top of a page. Nobody knows who asks for a link that opens nothing: that page is neutral."""
    return str(getattr(visit, "sender", NEUTRAL).brand)
