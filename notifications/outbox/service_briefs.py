"""Briefs that the service writes itself: calls for a coordinator, and the heading for an office outside its area.

A call goes to a coordinator when nobody has answered or nobody could be found: it says whom to phone, and no answers of
the case.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES, Texts, format_in_each_language, in_each_language, same_in_each_language
from access.models import Municipality, localize
from audit import clock
from notifications.directory.agreements.cover import explain_without, split_by_agreement
from notifications.directory.areas import NAMED_ROLES, offices_for, roles_answering
from notifications.directory.call_list import call_list
from notifications.directory.chain import is_outside_area
from notifications.directory.models import Contact, Partner, Role

from .models import Notice, Purpose

CALL_TITLE = _("A phone call")
# Why a coordinator is asked to call.
NOBODY_FOUND = _("Nobody on duty was found for this notice. Please find somebody and tell them by phone.")
NO_ANSWER = _("This notice was not accepted in time. Please call.")
NOT_READ = _("What the unit added to a notice has not been opened. Please call and say that there is something.")
NO_OUTCOME = _("Nobody has said yet what came of an accepted notice. Please call and ask.")
DECLINED = _("This notice was declined. Please call and find who takes the case.")
NO_DEPUTY = _("There is no further deputy on the duty roster to be told.")
UNREADABLE = _("The system can't read this notice, so it goes to nobody else by itself. Please call.")

NO_PHONE = _("no phone number")

OUTSIDE_AREA_KEY = "outside_area"
OUTSIDE_AREA = _(
    "{place} is outside your office's area. Nobody was found there to be notified, so you are notified. If you can't"
    " act, answer at once, so that somebody else is notified."
)


def get_why_silent(notice: Notice) -> Promise | str:
    """Return why a coordinator is asked to call when this notice's recipient says nothing."""
    return {Purpose.TALK.value: NOT_READ, Purpose.OUTCOME.value: NO_OUTCOME}.get(notice.purpose, NO_ANSWER)


def build_call_brief(
    notice: Notice, *, why: Iterable[Texts | Promise | str], notified: Iterable[Contact] = ()
) -> dict[str, Any]:
    """Build the brief of a call about `notice`: why, for whom it was, for which case and place, and whom to call.

    `notified`: the people to call, because they were notified and have not answered. With none, it lists those who
    could be notified by phone. Nothing of what was answered is in it.
    """
    rows = [build_row(f"why_{n}", _("Reason"), _in_each(reason)) for n, reason in enumerate(why, start=1)]
    rows.append(build_row("role", _("It was for"), in_each_language(Role(notice.role).label)))
    rows.append(build_row("case", _("Case"), same_in_each_language(notice.case_reference)))
    rows.append(build_row("code", _("Code of the notice"), same_in_each_language(notice.code)))
    rows.append(build_row("place", _("Municipality"), same_in_each_language(notice.municipality.name)))
    if notice.partner is not None:
        names = notice.partner.names
        office: Texts = {language: localize(names, language) for language in LANGUAGES}
        rows.append(build_row("office", _("Office"), office))
    if notice.unit is not None:
        unit = name_with_phone(notice.unit.name, notice.unit.callback_phone)
        rows.append(build_row("unit", _("The sending unit"), unit))
    for n, contact in enumerate(list(notified) or _get_people_to_phone(notice), start=1):
        number = name_with_phone(contact.name, contact.phone)
        rows.append(build_row(f"call_{n}", _("Call"), number))
    return build_short_brief(CALL_TITLE, rows)


def name_with_phone(name: str, phone: str) -> Texts:
    """Return "Arben Demo, +355 69 ...", or that there is no number."""
    return {language: f"{name}, {words}" for language, words in phone_or_none(phone).items()}


def phone_or_none(phone: str) -> Texts:
    return same_in_each_language(phone) if phone else in_each_language(NO_PHONE)


def set_outside_area_heading(
    brief: Mapping[str, Any], *, role: str, office: Partner | None, municipality: Municipality
) -> dict[str, Any]:
    """Return the brief as this office gets it: with the heading when the place is outside its area, else without.

    The heading stands before everything else. Nothing else of the brief changes.
    """
    sections = [section for section in brief["sections"] if not _is_outside_area_heading(section)]
    if office is not None and is_outside_area(role, office, municipality):
        sections.insert(0, _build_outside_area_heading(municipality))
    return {**brief, "sections": sections}


def explain_missing_agreement(notice: Notice, at: datetime) -> list[Texts]:
    """Explain which offices for this notice's place aren't told because no agreement with them is in force."""
    named = notice.partner if notice.role in NAMED_ROLES else None
    offices = list(offices_for(notice.role, notice.municipality, named))
    _told, without = split_by_agreement(offices, role=notice.role, municipality=notice.municipality, at=at)
    return explain_without(without, notice.municipality)


def _is_outside_area_heading(section: Mapping[str, Any]) -> bool:
    return any(row["key"] == OUTSIDE_AREA_KEY for row in section["rows"])


def _build_outside_area_heading(municipality: Municipality) -> dict[str, Any]:
    words = format_in_each_language(OUTSIDE_AREA, place=municipality.name)
    return {
        "title": in_each_language(_("Outside your area")),
        "rows": [build_row(OUTSIDE_AREA_KEY, _("Why you"), words)],
    }


def _get_people_to_phone(notice: Notice) -> list[Contact]:
    """Return the people of the notice's role with a number, on duty or not, the nearest first."""
    callees = call_list(
        role=notice.role,
        municipality=notice.municipality,
        at=clock.now(),
        unit=notice.unit,
        # A referral stays with the service that it names: the consent named it.
        partner=notice.partner if notice.role in NAMED_ROLES else None,
    )
    roles = roles_answering(notice.role)
    return [callee.contact for callee in callees if callee.contact and callee.contact.partner.role in roles]


def build_row(key: str, label: Promise | str, value: Texts) -> dict[str, Any]:
    """Return a row of a brief that is written in code, in every language."""
    return {"key": key, "label": in_each_language(label), "value": value}


def build_short_brief(title: Promise | str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a brief of one section."""
    return {"sections": [{"title": in_each_language(title), "rows": rows}]}


def _in_each(words: Texts | Promise | str) -> Texts:
    return words if isinstance(words, dict) else in_each_language(words)
