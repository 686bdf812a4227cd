"""Run all checks over a page, or over many at once.

A check that fails through a fault of ours is a finding itself: the others go on, and the page is not published past it
where the check would have prevented harm.
"""

from collections.abc import Iterable
from itertools import groupby

import structlog
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from ..extract import PageParts, extract_page
from ..models import PublicPageMixin
from .facts import CheckContext, build_check_context
from .findings import STOP, WARN, Finding
from .rules import RULES, STOPPING

log = structlog.get_logger(__name__)


def findings_for(page: Page) -> list[Finding]:
    """Return the findings for this page as it stands in memory, those that stop it first."""
    pieces = extract_page(page)
    return _asked(pieces, build_check_context(page.locale.language_code, [pieces]))


def findings_by_page(pages: Iterable[Page]) -> dict[int, list[Finding]]:
    """Return the findings for many (specific) pages by their ids, with a handful of queries for each language."""
    found: dict[int, list[Finding]] = {}
    # `groupby` groups neighbours only.
    ordered = sorted(pages, key=lambda page: page.locale_id)
    for _locale, group in groupby(ordered, key=lambda page: page.locale_id):
        taken = [(page, extract_page(page)) for page in group]
        facts = build_check_context(taken[0][0].locale.language_code, [pieces for _page, pieces in taken])
        found |= {page.pk: _asked(pieces, facts) for page, pieces in taken}
    return found


def must_not_be_published(revision: Revision) -> list[Finding]:
    """Return what must not reach a reader in this revision: numbers nobody verified, pictures without words."""
    page = revision.as_object()
    if not isinstance(page, PublicPageMixin):
        return []
    return [each for each in findings_for(page) if each.stops]


def _asked(pieces: PageParts, facts: CheckContext) -> list[Finding]:
    found: list[Finding] = []
    for rule in RULES:
        try:
            found += rule(pieces, facts)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is our fault and becomes a finding
            found.append(_not_made(rule.__name__.removeprefix("check_"), error, STOP if rule in STOPPING else WARN))
    return sorted(dict.fromkeys(found), key=lambda each: not each.stops)


def _not_made(check: str, error: Exception, weight: str) -> Finding:
    log.error("check_failed", check=check, error=type(error).__name__)
    words = _("The check “%(check)s” failed because of a fault in the system. Inform the operator.")
    return Finding("check_failed", words % {"check": check}, _("the whole text"), weight=weight)
