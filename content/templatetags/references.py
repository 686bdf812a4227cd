"""Where a page is referred to, for the admin's own pages."""

from typing import Any

from django import template

from ..review.references import get_count, places_referring_to

register = template.Library()


@register.simple_tag(takes_context=True)
def where_referred(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """{"places", "count"} of a page, with addresses for whoever asks."""
    return {"places": places_referring_to(page, context["request"].user), "count": get_count(page)}
