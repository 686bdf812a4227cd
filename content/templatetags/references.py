"""Template tag for the places that refer to a page, for the admin's own pages."""

from typing import Any

from django import template

from ..page_references import count_references, get_referring_pages

register = template.Library()


@register.simple_tag(takes_context=True)
def where_referred(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """Return {"places", "count"} of a page, with addresses for whoever asks."""
    return {"places": get_referring_pages(page, context["request"].user), "count": count_references(page)}
