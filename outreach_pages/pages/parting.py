"""Whether a session's page still says what its record made of it, and what differs.

The record leaves the fingerprint of what it wrote on the page (`SessionPage.record_digest`). A draft changes a revision
and not the page that readers have, so only what was *published* since tells the two apart.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wagtail.models import PageLogEntry

from content.checks.pieces import iter_pieces

if TYPE_CHECKING:
    from .models import SessionPage

OUR_LOG_ENTRIES = ("wagtail.create", "wagtail.publish")
WRITTEN = ("title", "seo_title", "intro", "sources")  # besides the body: what the record writes


@dataclass(frozen=True)
class Change:
    """Lines of text that readers see now and lines that the record has at the same place; one of them may be empty."""

    now: tuple[str, ...]
    record: tuple[str, ...]


def compute_digest(page: "SessionPage") -> str:
    """A fingerprint of everything the record writes, as hex."""
    said: dict[str, Any] = {name: getattr(page, name) for name in WRITTEN}
    said["body"] = page.body.stream_block.get_prep_value(page.body)  # with every field, whether it was stored or not
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_edited(page: "SessionPage") -> bool:
    """Whether readers see something else than the record made. `page` as it stands in the database, not a draft."""
    if page.record_digest:
        return page.record_digest != compute_digest(page)
    # Made before fingerprints were kept: an editor's revision has entries in the page's history, the record's has none.
    history = PageLogEntry.objects.filter(page_id=page.pk, revision_id=page.live_revision_id)
    return page.live_revision_id is not None and history.exclude(action__in=OUR_LOG_ENTRIES).exists()


def differences(page: "SessionPage", record: "SessionPage") -> list[Change]:
    """Where the texts of a page and of the same page as its record would write it differ, in the order of the page."""
    return changes(_lines(page), _lines(record))


def changes(now: list[str], record: list[str]) -> list[Change]:
    matcher = difflib.SequenceMatcher(a=now, b=record, autojunk=False)
    return [
        Change(tuple(now[start:end]), tuple(record[begin:stop]))
        for what, start, end, begin, stop in matcher.get_opcodes()
        if what != "equal"
    ]


def _lines(page: "SessionPage") -> list[str]:
    return [*_not_empty([page.seo_title]), *_not_empty(each.text.strip() for each in iter_pieces(page).words)]


def _not_empty(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
