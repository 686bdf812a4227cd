"""Revisions of what seeding wrote: without one, two editors overwrite each other unseen, and nothing can be restored.

Wagtail compares the revision that an editor opened with the newest one, and restores from revisions only. Each revision
stored here has an entry in the page's history (`STORED`), through which editors reach it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry, Revision

from audit.put_aside import for_each_row

from ..models import SeededText
from ..review.authors import STORED
from .wording import fingerprint, get_shipped_page_words

PUT_ASIDE_KIND = "page.first_revision"
WriteShipped = Callable[[Page, Mapping[str, Any], str], None]


def store_revision(page: Page) -> Revision:
    """Store a page (a specific one) as its row has it, as its newest revision, and as the live one if it is live."""
    revision = _create_revision(page)
    page.latest_revision, page.latest_revision_created_at = revision, revision.created_at
    page.live_revision = revision if page.live else None
    # Readers see nothing of it, so no signal has to empty the cache or the search index.
    Page.objects.filter(pk=page.pk).update(
        latest_revision=revision,
        latest_revision_created_at=revision.created_at,
        live_revision=page.live_revision,
    )
    return revision


def store_missing_revisions() -> int:
    """Store every page that has no revision, or whose live text is in none; return how many.

    One page that can't be stored stops no other. It is tried again at the next start.
    """
    keys = list(_get_pages_without().order_by("pk").values_list("pk", flat=True))
    return for_each_row(PUT_ASIDE_KIND, keys, _store_missing)


def store_seeded_words(pages: Mapping[tuple[str, str], Page], specs: list[dict[str, Any]], write: WriteShipped) -> int:
    """Store the seeded words of pages whose first revision is an editor's; return how many.

    Such a page was seeded without one, and its first words went out of the database when an editor's were published.
    They can be stored where this release's data file still has them, letter by letter. `write(page, spec, language)`
    writes the data file's words into a page without saving it.
    """
    seeded = dict(SeededText.objects.filter(key__startswith="page:").values_list("key", "fingerprint"))
    stored = set(PageLogEntry.objects.filter(action=STORED).values_list("page_id", flat=True))
    by_key = {spec["key"]: spec for spec in specs}
    lost: dict[int, tuple[Page, dict[str, Any], str]] = {}
    for (key, language), page in pages.items():
        spec = by_key[key]
        if page.pk in stored or page.latest_revision_id is None or language not in spec["title"]:
            continue
        if seeded.get(f"page:{key}:{language}") == fingerprint(get_shipped_page_words(spec, language)):
            lost[page.pk] = (page, spec, language)

    def store(pk: int) -> bool:
        page, spec, language = lost[pk]
        with transaction.atomic():
            before = page.specific
            write(before, spec, language)
            _create_revision(before, before_others=True)
        return True

    return for_each_row(PUT_ASIDE_KIND, lost, store)


def get_stored_revisions(page_id: int) -> set[int]:
    """Return the ids of the page's revisions that no person saved: those that were stored here."""
    entries = PageLogEntry.objects.filter(page_id=page_id, action=STORED, revision__isnull=False)
    return set(entries.values_list("revision_id", flat=True))


def _get_pages_without() -> QuerySet[Page]:
    lacking = Q(latest_revision=None) | Q(live=True, live_revision=None)
    stored = PageLogEntry.objects.filter(action=STORED, revision__isnull=False).values("page_id")
    # Wagtail's welcome page and the root of deleted ones, of no type of ours, have no words of anybody.
    ours = Page.objects.not_exact_type(Page).filter(lacking, depth__gt=1, alias_of=None)
    found: QuerySet[Page] = ours.exclude(pk__in=stored)
    return found


def _store_missing(pk: int) -> bool:
    with transaction.atomic():
        locked = _get_pages_without().select_for_update(of=("self",)).filter(pk=pk).first()
        if locked is None:
            return False  # saved by an editor meanwhile
        page = locked.specific
        if page.latest_revision_id is None:
            store_revision(page)
        else:
            # A draft is there already. `live_revision` stays empty: who wrote since then is told by revisions' ids, and
            # this one, though older, has the highest (`review.authors`).
            _create_revision(page, before_others=True)
    return True


def _create_revision(page: Page, *, before_others: bool = False) -> Revision:
    """Create a revision of the page as it is at hand, with its entry in the history.

    `before_others`: dated before those that the page has.
    """
    created_at = timezone.now()
    if before_others:
        first = page.revisions.order_by("created_at").values_list("created_at", flat=True).first()
        created_at = min(page.first_published_at or created_at, (first or created_at) - timedelta(seconds=1))
    revision: Revision = Revision.objects.create(
        content_object=page,
        base_content_type=page.get_base_content_type(),
        created_at=created_at,
        content=page.serializable_data(),
        object_str=str(page),
    )
    log(instance=page, action=STORED, revision=revision, content_changed=True, timestamp=created_at)
    return revision
