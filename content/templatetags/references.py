"""Where a page is referred to, for the admin's own pages."""

from typing import Any

from django import template

from ..page_references import count_references, get_referring_pages

register = template.Library()


@register.simple_tag(takes_context=True)
def where_referred(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """{"places", "count"} of a page, with addresses for whoever asks."""
    return {"places": get_referring_pages(page, context["request"].user), "count": count_references(page)}
