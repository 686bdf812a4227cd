"""Template tag for the pages that a reader may save on their phone."""

from typing import Any

from django import template

from ..models.frame import PageLink
from ..page_listing import public_page_models, public_pages

register = template.Library()
PAGES_OF_A_SECTION = 12
PAGES_LOOKED_AT = 300


@register.simple_tag(takes_context=True)
def pages_to_keep(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return [{"title", "addresses", "is_first"}]: the help page, then each page of the menu with those beneath it.

    Sensitive pages aren't offered: no copy of them should stay anywhere.
    """
    request, home, help_page = context.get("request"), context.get("home"), context.get("help_page")
    if home is None:
        return []
    roots: list[PageLink] = [help_page] if help_page else []
    roots += [place for place in context.get("menu") or () if help_page is None or place.pk != help_page.pk]
    near = public_pages(request).filter(path__startswith=home.path, depth__gt=home.depth, depth__lte=home.depth + 2)
    near = near.exclude(pk__in=_sensitive())
    pages = list(near.order_by("path")[:PAGES_LOOKED_AT])
    choices: list[dict[str, Any]] = []
    for root in roots:
        under = [page for page in pages if page.path.startswith(root.path)][:PAGES_OF_A_SECTION]
        if under:
            addresses = [page.get_url(request) for page in under]
            choices.append({"title": root.title, "addresses": addresses, "is_first": not choices})
    return choices


def _sensitive() -> Any:
    first, *others = [
        model._base_manager.filter(is_sensitive=True).values("page_ptr_id") for model in public_page_models()
    ]
    return first.union(*others, all=True)
