"""Runs all checks over a page, or over many at once."""

from collections.abc import Iterable
from itertools import groupby

from wagtail.models import Page, Revision

from content.models import PublicPageMixin

from .facts import Facts, facts_for
from .findings import Finding
from .pieces import Pieces, pieces_of
from .rules import RULES


def findings_for(page: Page) -> list[Finding]:
    """What the checks say of this page as it stands in memory, the grave first."""
    pieces = pieces_of(page)
    return _asked(pieces, facts_for(page.locale.language_code, [pieces]))


def findings_by_page(pages: Iterable[Page]) -> dict[int, list[Finding]]:
    """The same for many pages (specific ones), by their ids, with a handful of queries for each language."""
    found: dict[int, list[Finding]] = {}
    ordered = sorted(pages, key=lambda page: page.locale_id)
    for _locale, group in groupby(ordered, key=lambda page: page.locale_id):
        taken = [(page, pieces_of(page)) for page in group]
        facts = facts_for(taken[0][0].locale.language_code, [pieces for _page, pieces in taken])
        found |= {page.pk: _asked(pieces, facts) for page, pieces in taken}
    return found


def must_not_be_published(revision: Revision) -> list[Finding]:
    """What must not reach a reader in this revision of a page: numbers nobody verified, pictures without words."""
    page = revision.as_object()
    if not isinstance(page, PublicPageMixin):
        return []
    return [each for each in findings_for(page) if each.stops]


def _asked(pieces: Pieces, facts: Facts) -> list[Finding]:
    found = [each for rule in RULES for each in rule(pieces, facts)]
    return sorted(dict.fromkeys(found), key=lambda each: not each.stops)
