"""The Atom feed of new and changed pages, one for each language.

A feed reader stores what it gets on a phone that others may see. So pages marked "store no copy" are left out, and each
entry has the title meant for the browser's history.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from .api.loader import Loader, absolute_url
from .api.page_queries import shown_pages
from .page_cache.markers import allow_any_origin, mark_cacheable

MAX_ENTRIES = 30
MAX_CANDIDATES = 3 * MAX_ENTRIES  # sensitive pages among them are left out


def feed(request: HttpRequest) -> HttpResponse:
    """Serve the newest and last changed public pages of the address's language."""
    language = translation.get_language()
    own = absolute_url(reverse("feed"))
    atom = Atom1Feed(
        title="Vatra",
        link=absolute_url(reverse("wagtail_serve", args=[""])),
        description="",
        subtitle=_("What is new and what changed."),
        language=language,
        author_name="Vatra",
        feed_url=own,
        feed_guid=own,
    )
    loader = Loader(request)
    for page in _get_latest(language, request):
        atom.add_item(
            title=page.seo_title or page.title,
            link=loader.get_url(page),
            description=escape(page.search_description or page.intro),  # readers take it for HTML
            # Not the address, which changes when a page moves: feed readers would show the page as new.
            unique_id=uuid.uuid5(page.translation_key, language).urn,
            pubdate=page.first_published_at,
            updateddate=page.last_published_at,
        )
    answer = HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    mark_cacheable(request, answer)
    allow_any_origin(answer)
    return answer


def _get_latest(language: str, request: HttpRequest) -> list[Any]:
    pages = shown_pages(request).filter(locale__language_code=language, last_published_at__isnull=False)
    newest = pages.defer_streamfields().order_by("-last_published_at", "-pk")[:MAX_CANDIDATES].specific()
    # Filtered here: the column stands in the table of each page type, and the query goes over all of them.
    return [page for page in newest if not page.is_sensitive][:MAX_ENTRIES]
