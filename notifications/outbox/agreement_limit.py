"""What an agreement lets an office read: the kinds of facts that it doesn't name are taken out of the brief.

A row that was composed from a case says what it is for (`part`, see `briefs.parts`), an empty one the rest. Rows that
the service writes itself have no part and hold nothing of a case. What was taken out is said at the end, by kind.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES, Texts, format_in_each_language, in_each_language
from access.models import Municipality
from notifications.directory.agreements.cover import get_shared_kinds
from notifications.directory.agreements.rules import counts_agreements
from notifications.directory.agreements.shareable import name_kinds
from notifications.directory.models import Partner
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Notice
from .service_briefs import set_outside_area_heading

LIMIT_KEY = "agreement_limit"
OTHER = "other"  # the kind of what has no part
OF_THE_CASE = "case."  # rows that name and route the case: reference, time, whether it is a drill
TITLE = _("Not shared")
LABEL = _("Under the agreement")
HELD_BACK = _(
    "The cooperation agreement with your office doesn't include: {kinds}. If you need it, call the unit or the"
    " coordinator."
)
LEFT_OUT = _("The agreement with {office} doesn't include all that would be shared. The notice leaves out: {kinds}.")


def fit_to_office(
    brief: Mapping[str, Any], *, role: str, office: Partner | None, municipality: Municipality, at: datetime
) -> dict[str, Any]:
    """Return the brief as this office gets it: what its agreement allows, under the heading where it is due.

    Nothing that was taken out before comes back.
    """
    # The agreements are read only where there is something that they could hold back: it is one query for each notice.
    kinds = get_shared_kinds(office, role=role, municipality=municipality, at=at) if _can_be_limited(brief) else None
    limited = brief if kinds is None else limit_brief(brief, kinds)
    return set_outside_area_heading(limited, role=role, office=office, municipality=municipality)


def _can_be_limited(brief: Mapping[str, Any]) -> bool:
    """Tell whether the brief holds anything that an agreement may hold back, or that one has held back before."""
    rows = (row for section in brief.get("sections", ()) for row in section["rows"])
    return any(row["key"] == LIMIT_KEY or _get_kind(row) is not None for row in rows)


def limit_brief(brief: Mapping[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """Return the brief with these kinds of facts only, and at its end which kinds were held back."""
    held: set[str] = set()
    sections = []
    for section in brief["sections"]:
        rows = []
        for row in section["rows"]:
            kind = _get_kind(row)
            if row["key"] == LIMIT_KEY:
                held |= set(row["kinds"])
            elif kind is None or kind in kinds:
                rows.append(row)
            else:
                held.add(kind)
        if rows:
            sections.append({**section, "rows": rows})
    if held:
        sections.append({"title": in_each_language(TITLE), "rows": [_build_row(held)]})
    return {**brief, "sections": sections}


def explain_limit(notice: Notice) -> list[Texts]:
    """Explain to the case's own people what a notice leaves out; empty where it is nothing, or can't be read."""
    office = notice.partner
    if office is None or not counts_agreements(notice.role):
        return []
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        return []
    return [
        format_in_each_language(LEFT_OUT, office=office.names, kinds=_name_kinds(row["kinds"]))
        for section in brief["sections"]
        for row in section["rows"]
        if row["key"] == LIMIT_KEY
    ]


def _name_kinds(kinds: Iterable[str]) -> Texts:
    return {language: name_kinds(kinds, language) for language in LANGUAGES}


def _get_kind(row: Mapping[str, Any]) -> str | None:
    """Return the kind of facts that a row holds; None for one that no agreement holds back."""
    if "part" not in row:
        return None
    return row["part"] or (None if row["key"].startswith(OF_THE_CASE) else OTHER)


def _build_row(held: set[str]) -> dict[str, Any]:
    return {
        "key": LIMIT_KEY,
        "label": in_each_language(LABEL),
        "value": format_in_each_language(HELD_BACK, kinds=_name_kinds(held)),
        "kinds": sorted(held),
    }
