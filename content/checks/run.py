"""Runs all checks over a page, or over many at once.

A check that fails through a fault of ours is a finding itself: the others go on, and the page is not published past it
where the check would have kept harm from readers.
"""

from collections.abc import Iterable
from itertools import groupby

import structlog
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from ..models import PublicPageMixin
from .facts import Facts, facts_for
from .findings import STOP, WARN, Finding
from .pieces import Pieces, iter_pieces
from .rules import RULES, STOPPING

log = structlog.get_logger(__name__)


def findings_for(page: Page) -> list[Finding]:
    """What the checks say of this page as it stands in memory, the grave first."""
    pieces = iter_pieces(page)
    return _asked(pieces, facts_for(page.locale.language_code, [pieces]))


def findings_by_page(pages: Iterable[Page]) -> dict[int, list[Finding]]:
    """The same for many pages (specific ones), by their ids, with a handful of queries for each language."""
    found: dict[int, list[Finding]] = {}
    ordered = sorted(pages, key=lambda page: page.locale_id)
    for _locale, group in groupby(ordered, key=lambda page: page.locale_id):
        taken = [(page, iter_pieces(page)) for page in group]
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
    found: list[Finding] = []
    for rule in RULES:
        try:
            found += rule(pieces, facts)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is ours and is told
            found.append(_not_made(rule.__module__.rpartition(".")[2], error, STOP if rule in STOPPING else WARN))
    return sorted(dict.fromkeys(found), key=lambda each: not each.stops)


def _not_made(check: str, error: Exception, weight: str) -> Finding:
    log.error("check_failed", check=check, error=type(error).__name__)
    words = _("The check “%(check)s” failed because of a fault in the system. Inform the operator.")
    return Finding("check_failed", words % {"check": check}, _("the whole text"), weight=weight)
