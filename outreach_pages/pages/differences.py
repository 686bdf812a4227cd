"""Whether a session's page still has its record's text, and what differs.

The record stores a hash of what it wrote on the page (`SessionPage.record_digest`). A draft changes a revision and not
the page that readers see, so only what was *published* since counts as a difference.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wagtail.models import PageLogEntry

from content.extract import extract_page

if TYPE_CHECKING:
    from .models import SessionPage

RECORD_LOG_ACTIONS = ("wagtail.create", "wagtail.publish")
RECORD_FIELDS = ("title", "seo_title", "intro", "sources")  # what the record writes besides the body


@dataclass(frozen=True)
class Change:
    """Lines of text that readers see now, and the record's lines at the same place; one of them may be empty."""

    now: tuple[str, ...]
    record: tuple[str, ...]


def compute_digest(page: "SessionPage") -> str:
    """Hash everything that the record writes, as hex."""
    content: dict[str, Any] = {name: getattr(page, name) for name in RECORD_FIELDS}
    content["body"] = page.body.stream_block.get_prep_value(page.body)  # with every field, stored or default
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_edited(page: "SessionPage") -> bool:
    """Whether readers see something else than the record wrote. `page`: as stored in the database, not a draft."""
    if page.record_digest:
        return page.record_digest != compute_digest(page)
    # Made before hashes were stored: an editor's revision has entries in the page's history, the record's has none.
    history = PageLogEntry.objects.filter(page_id=page.pk, revision_id=page.live_revision_id)
    return page.live_revision_id is not None and history.exclude(action__in=RECORD_LOG_ACTIONS).exists()


def get_differences(page: "SessionPage", record: "SessionPage") -> list[Change]:
    """List where the text of a page differs from what its record would write, in the order of the page."""
    return diff_lines(_get_lines(page), _get_lines(record))


def diff_lines(now: list[str], record: list[str]) -> list[Change]:
    """List the differing stretches of two lists of lines."""
    matcher = difflib.SequenceMatcher(a=now, b=record, autojunk=False)
    return [
        Change(tuple(now[start:end]), tuple(record[begin:stop]))
        for what, start, end, begin, stop in matcher.get_opcodes()
        if what != "equal"
    ]


def _get_lines(page: "SessionPage") -> list[str]:
    return [*_drop_empty([page.seo_title]), *_drop_empty(each.text.strip() for each in extract_page(page).words)]


def _drop_empty(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
