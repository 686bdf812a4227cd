"""Redirects from earlier addresses of seeded pages: what was printed or sent goes on leading there."""

from collections.abc import Iterable
from typing import Any

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page


def lead_on(made: Iterable[tuple[Page, dict[str, Any], str]]) -> int:
    """Add redirects from each page's earlier address, and from those below it; return how many.

    Pages that an installation has already stay at their addresses, and need none.
    """
    done = 0
    for page, spec, language in made:
        earlier = spec.get("was_slug", {}).get(language)
        if not earlier:
            continue
        for each in Page.objects.descendant_of(page, inclusive=True).live():
            now = each.url
            # Only the first occurrence: a page below may have a slug of the same words.
            before = now.replace(f"/{page.slug}/", f"/{earlier}/", 1) if now else None
            if before and before != now:
                Redirect.add_redirect(before, redirect_to=each)
                done += 1
    return done
