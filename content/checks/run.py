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
from .context import CheckContext, build_check_context
from .rules import RULES, STOP, STOPPING, WARN, Finding

log = structlog.get_logger(__name__)


def get_findings(page: Page) -> list[Finding]:
    """Return the findings for this page as it stands in memory, those that stop it first."""
    parts = _extract(page)
    return _run_rules(parts, build_check_context(page.locale.language_code, [parts]))


def get_findings_by_page(pages: Iterable[Page]) -> dict[int, list[Finding]]:
    """Return the findings for many (specific) pages by their ids, with a handful of queries for each language."""
    found: dict[int, list[Finding]] = {}
    # `groupby` groups neighbours only.
    ordered = sorted(pages, key=lambda page: page.locale_id)
    for _locale, group in groupby(ordered, key=lambda page: page.locale_id):
        taken = [(page, _extract(page)) for page in group]
        context = build_check_context(taken[0][0].locale.language_code, [parts for _page, parts in taken])
        found |= {page.pk: _run_rules(parts, context) for page, parts in taken}
    return found


def get_stopping_findings(revision: Revision) -> list[Finding]:
    """Return what must not reach a reader in this revision: numbers nobody verified, pictures
    without words, a language nobody has read."""
    page = revision.as_object()
    if not isinstance(page, PublicPageMixin):
        return []
    return [each for each in get_findings(page) if each.stops]


def _extract(page: Page) -> PageParts:
    """Take a page apart, and say where nobody has read it who must."""
    parts = extract_page(page)
    get_unread_place = getattr(page, "get_unread_place", None)
    if get_unread_place is not None and (place := get_unread_place()):
        parts.unread.append(str(place))
    return parts


def _run_rules(parts: PageParts, context: CheckContext) -> list[Finding]:
    found: list[Finding] = []
    for rule in RULES:
        try:
            found += rule(parts, context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is our fault and becomes a finding
            found.append(
                _build_failure(rule.__name__.removeprefix("check_"), error, STOP if rule in STOPPING else WARN)
            )
    return sorted(dict.fromkeys(found), key=lambda each: not each.stops)


def _build_failure(check: str, error: Exception, weight: str) -> Finding:
    log.error("check_failed", check=check, error=type(error).__name__)
    words = _("The check “%(check)s” failed because of a fault in the system. Inform the operator.")
    return Finding("check_failed", words % {"check": check}, _("the whole text"), weight=weight)
