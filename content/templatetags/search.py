"""Template tag for the results of the search page."""

from typing import Any

from django import template

from ..search import results_for

register = template.Library()


@register.simple_tag(takes_context=True)
def search_results(context: template.Context) -> dict[str, Any]:
    """Search for `?q=` in the page's language (`search.results_for`). A tag, because search stands above the models."""
    glossary = context["reading"].glossary
    return results_for(context["request"], context["page"].locale, context["lines"], glossary)
