"""Template tag for rich text of public pages: `{% prose value.text %}` in place of Wagtail's `richtext` filter."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text import RichText, expand_db_html

from ..rich_text import without_dead_links

register = template.Library()


@register.simple_tag(takes_context=True)
def prose(context: Context, value: Any) -> SafeString:
    """Return a rich text as HTML, with the page's links and glossary terms where a page is being read."""
    reading = context.get("reading")
    if reading is not None:
        return reading.prose(value)
    source = value.source if isinstance(value, RichText) else str(value or "")
    return mark_safe(without_dead_links(expand_db_html(source)))  # noqa: S308 (editors' rich text, cleaned when it was saved)
