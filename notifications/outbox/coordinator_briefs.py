"""Briefs for a coordinator when nobody has answered or nobody could be found: whom to call. No answers of the case."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from access.languages import LANGUAGES, in_each_language
from access.models import localize
from notifications.directory.areas import NAMED_ROLES, roles_answering
from notifications.directory.call_list import call_list
from notifications.directory.models import Contact, Role

from .models import Notice

Words = dict[str, str]

TITLE: Words = {"sq": "Thirrje telefonike", "en": "A phone call"}
NOBODY_FOUND: Words = {
    "sq": "Për këtë njoftim nuk u gjet asnjë person në shërbim. Ju lutemi gjeni dikë dhe njoftojeni me telefon.",
    "en": "Nobody on duty was found for this notice. Please find somebody and tell them by phone.",
}
NO_ANSWER: Words = {
    "sq": "Ky njoftim nuk është pranuar në kohë. Ju lutemi telefononi.",
    "en": "This notice was not accepted in time. Please call.",
}
DECLINED: Words = {
    "sq": "Ky njoftim nuk u pranua. Ju lutemi telefononi dhe gjeni kush e merr rastin.",
    "en": "This notice was declined. Please call and find who takes the case.",
}
NO_DEPUTY: Words = {
    "sq": "Në listën e shërbimit nuk ka zëvendës tjetër për t'u njoftuar.",
    "en": "There is no further deputy on the duty roster to be told.",
}
UNREADABLE: Words = {
    "sq": "Ky njoftim nuk lexohet dot nga sistemi, prandaj nuk shkon më vetë te askush tjetër. Ju lutemi telefononi.",
    "en": "The system can't read this notice, so it goes to nobody else by itself. Please call.",
}
NO_PHONE: Words = {"sq": "pa numër telefoni", "en": "no phone number"}


def call_brief(notice: Notice, *, why: Iterable[Words], told: Iterable[Contact] = ()) -> dict[str, Any]:
    """Build the brief of a call about `notice`: why, for whom it was, for which case and place, and whom to call.

    With nobody `told`, it lists the people who could be notified by phone. Nothing of what was answered is in it.
    """
    rows = [_row(f"why_{n}", {"sq": "Arsyeja", "en": "Reason"}, words) for n, words in enumerate(why, start=1)]
    rows.append(_row("role", {"sq": "Për kë ishte", "en": "It was for"}, _role_words(notice)))
    rows.append(_row("case", {"sq": "Rasti", "en": "Case"}, _same(notice.case_reference)))
    rows.append(_row("code", {"sq": "Kodi i njoftimit", "en": "Code of the notice"}, _same(notice.code)))
    rows.append(_row("place", {"sq": "Bashkia", "en": "Municipality"}, _same(notice.municipality.name)))
    if notice.partner is not None:
        office: Words = {language: localize(notice.partner.names, language) for language in LANGUAGES}
        rows.append(_row("office", {"sq": "Zyra", "en": "Office"}, office))
    if notice.unit is not None:
        unit = {
            language: f"{notice.unit.name}, {notice.unit.callback_phone or NO_PHONE[language]}"
            for language in LANGUAGES
        }
        rows.append(_row("unit", {"sq": "Njësia që dërgoi", "en": "The sending unit"}, unit))
    for n, contact in enumerate(list(told) or _could_be_told(notice), start=1):
        numbers = {language: f"{contact.name}, {contact.phone or NO_PHONE[language]}" for language in LANGUAGES}
        rows.append(_row(f"call_{n}", {"sq": "Telefononi", "en": "Call"}, numbers))
    return {"sections": [{"title": TITLE, "rows": rows}]}


def _could_be_told(notice: Notice) -> list[Contact]:
    """Return the people of the notice's role with a number, on duty or not, the nearest first."""
    callees = call_list(
        role=notice.role,
        municipality=notice.municipality,
        at=timezone.now(),
        unit=notice.unit,
        # A referral stays with the service that it names: the consent named it.
        partner=notice.partner if notice.role in NAMED_ROLES else None,
    )
    roles = roles_answering(notice.role)
    return [callee.contact for callee in callees if callee.contact and callee.contact.partner.role in roles]


def _role_words(notice: Notice) -> Words:
    return in_each_language(Role(notice.role).label)


def _row(key: str, label: Words, value: Words) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value}


def _same(text: str) -> Words:
    return dict.fromkeys(LANGUAGES, text)
