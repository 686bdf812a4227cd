"""Template tag for the structured data in a page's head."""

import json
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from ..json_ld import build_json_ld

register = template.Library()
# It stands within a script element: without these a text with "</script>" would end it.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def json_ld(context: template.Context) -> SafeString | str:
    """Return the page's structured data as a script element.

    A data block: the browser never runs it, so the policy for scripts doesn't apply.
    """
    page = context.get("page")
    is_told = page is not None and not context.get("is_hidden", True)
    found: dict[str, Any] | None = build_json_ld(page, context.get("lines") or ()) if is_told else None
    if not found:
        return ""
    told = json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{told}</script>')  # noqa: S308 (escaped above)
