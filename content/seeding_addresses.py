"""Earlier addresses of pages that are laid down under a new one: what was printed or sent goes on leading there."""

from collections.abc import Iterable
from typing import Any

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page


def lead_on(made: Iterable[tuple[Page, dict[str, Any], str]]) -> int:
    """A redirect from the address of each page's earlier name, and from those below it. Returns how many. Pages of an
    installation that has them already keep their addresses, and need none."""
    done = 0
    for page, spec, language in made:
        earlier = spec.get("was_slug", {}).get(language)
        if not earlier:
            continue
        for each in Page.objects.descendant_of(page, inclusive=True).live():
            now = each.url
            before = now.replace(f"/{page.slug}/", f"/{earlier}/", 1) if now else None
            if before and before != now:
                Redirect.add_redirect(before, redirect_to=each)
                done += 1
    return done
