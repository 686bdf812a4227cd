"""What a coordinator reads when nobody has answered, or nobody could be found: whom to call. No answers of the case."""

from collections.abc import Iterable
from typing import Any

from access.models import in_language
from notifications.directory.models import Contact

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
    """The brief of a call about `notice`: why, for which case and place, and whom to call with their numbers."""
    rows = [_row(f"why_{n}", {"sq": "Arsyeja", "en": "Reason"}, words) for n, words in enumerate(why, start=1)]
    rows.append(_row("case", {"sq": "Rasti", "en": "Case"}, _same(notice.case_reference)))
    rows.append(_row("code", {"sq": "Kodi i njoftimit", "en": "Code of the notice"}, _same(notice.code)))
    rows.append(_row("place", {"sq": "Bashkia", "en": "Municipality"}, _same(notice.municipality.name)))
    if notice.partner is not None:
        office: Words = {language: in_language(notice.partner.names, language) for language in ("sq", "en")}
        rows.append(_row("office", {"sq": "Zyra", "en": "Office"}, office))
    for n, contact in enumerate(told, start=1):
        numbers = {language: f"{contact.name}, {contact.phone or NO_PHONE[language]}" for language in ("sq", "en")}
        rows.append(_row(f"call_{n}", {"sq": "Telefononi", "en": "Call"}, numbers))
    return {"sections": [{"title": TITLE, "rows": rows}]}


def _row(key: str, label: Words, value: Words) -> dict[str, Any]:
    return {"key": key, "label": label, "value": value}


def _same(text: str) -> Words:
    return {"sq": text, "en": text}
