"""A message as its recipient gets it, with made-up values: to be read before anything is sent with these words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import NATIVE_NAMES
from notifications.directory.models import Role
from notifications.texts.definitions import Medium
from notifications.texts.gsm import SmsSize, count_sms
from notifications.texts.in_force import Wording
from notifications.texts.mails import DigestLine, MailFacts, compose_mail
from notifications.texts.placeholders import PLACEHOLDERS, SAMPLE_LINK
from notifications.texts.registry import TEXTS, get_title_key
from notifications.texts.senders import NAMED, SENDERS, SenderSet
from notifications.texts.ways import WayFacts, compose_answered, compose_push, compose_sms, compose_voice

from .service_samples import SERVICE_SAMPLES, compose_sample, find_sample

CODE, OTHER_CODE, THIRD_CODE = "7K2M9-QXZ", "4HT6W-B2N", "9QF3R-K7D"
ANSWER_IN = timedelta(minutes=30)
ROLES = tuple(role for role in Role.values if role != Role.COORDINATOR)  # who is asked to call gets no paper
SITUATIONS: Mapping[str, Promise] = {
    "first": _("a new notice"),
    "deputy": _("a notice to the deputy"),
    "reminder": _("a reminder"),
    "call": _("please call"),
    "correction": _("a correction"),
    "void": _("the case is void"),
    "expect": _("somebody will call"),
    "talk": _("something was added"),
    "outcome": _("the outcome is awaited"),
    "duty": _("a duty is due"),
    "inform": _("for information"),
    "digest": _("the daily list"),
    "test": _("a test of the address"),
    "many": _("several notices in one"),
    "accepted": _("back: accepted"),
    "on_the_way": _("back: on the way"),
    "declined": _("back: declined"),
    "not_taken": _("back: not taken"),
}
BACK = ("accepted", "on_the_way", "declined", "not_taken")  # what an SMS says back to one that answered
# What is different by each way: the rest of the situations says nothing else there.
OF_MEDIUM: Mapping[str, tuple[str, ...]] = {
    Medium.MAIL: tuple(each for each in SITUATIONS if each not in ("many", *BACK)),
    Medium.SERVICE: tuple(SERVICE_SAMPLES),
    Medium.SMS: ("first", "deputy", "reminder", "call", "test", "many", *BACK),
    Medium.PUSH: ("first", "many", "test"),
    Medium.VOICE: ("first",),
    Medium.DOCUMENT: ("first",),
}


def list_situations(medium: str) -> list[tuple[str, Promise]]:
    """Return what is sent by this way, with its label. A mail of the service is called by its own text."""
    return [(name, SITUATIONS[name] if name in SITUATIONS else TEXTS[name].title) for name in OF_MEDIUM[medium]]


@dataclass(frozen=True)
class Situation:
    """What a preview shows. `again`: a further reminder or call. `has_time`: there is a time to answer."""

    medium: str
    purpose: str = "first"
    role: str = Role.POLICE.value
    is_urgent: bool = False
    is_drill: bool = False
    is_again: bool = False
    has_time: bool = True
    has_phone: bool = True
    is_declined: bool = False
    is_far: bool = False  # the time to answer is tomorrow's
    sender: str = NAMED.set


@dataclass(frozen=True)
class Preview:
    """What the recipient sees in one language. `sender`: of an e-mail; `size`: of an SMS. A document's sheet is
    fetched as a PDF.
    """

    language: str
    subject: str
    text: str
    sender: str = ""
    size: SmsSize | None = None

    @property
    def name(self) -> str:
        """Return what the language calls itself."""
        return NATIVE_NAMES[self.language]


def choose_situation(key: str) -> Situation:
    """Return a situation in which this text is part of what is sent."""
    medium, _dot, name = key.partition(".")
    found = Situation(medium)
    if medium == Medium.DOCUMENT:
        role = next((role for role in ROLES if get_title_key(role) == key), found.role)
        return replace(found, role=role, is_urgent=name == "urgent", is_drill=name == "drill")
    if medium == Medium.SMS:
        return _choose_sms(name, found)
    if medium == Medium.SERVICE:
        return replace(found, purpose=find_sample(key))
    stem = name.removeprefix("subject_")
    if medium == Medium.MAIL and stem in ("reminders", "calls"):
        return replace(found, purpose=stem[:-1], is_again=True)
    return replace(
        found,
        purpose=_find_purpose(medium, stem),
        is_drill=stem == "drill",
        is_urgent=stem == "urgent",
        has_time=stem != "answer_soon",
        is_far=stem == "answer_by",
        has_phone=stem != "genuine_card",
        is_declined=stem == "deputy_declined",
    )


def _find_purpose(medium: str, stem: str) -> str:
    known = {"deputy_declined": "deputy", "digest_numbers": "digest"}.get(stem, stem)
    return known if known in OF_MEDIUM[medium] else "first"


def _choose_sms(name: str, found: Situation) -> Situation:
    if name == "read_it":
        return replace(found, purpose="accepted")
    purpose = name.removesuffix("_by")
    return replace(
        found,
        purpose=purpose if purpose in OF_MEDIUM[Medium.SMS] else "first",
        has_time=name not in ("notice", "reminder", "deputy", "call"),
        is_drill=name == "drill",
    )


def build_preview(
    situation: Situation, language: str, *, now: datetime, trial: Mapping[str, Mapping[str, str]] | None = None
) -> Preview:
    """Compose the message by the code that composes true ones, over made-up facts. `trial`: texts that are tried."""
    wording = Wording(language, now, sender=SENDERS[SenderSet(situation.sender)], trial=trial)
    with translation.override(language):
        brand, sender = str(wording.sender.brand), _show_address(str(wording.sender.address))
    if situation.medium == Medium.SERVICE:
        return Preview(language, *compose_sample(situation.purpose, wording), sender)
    if situation.medium == Medium.MAIL:
        subject, text = compose_mail(_build_mail(situation, language, now), wording, now=now)
        return Preview(language, subject, text, sender)
    if situation.medium == Medium.SMS:
        text = _compose_sms(situation, wording, now)
        return Preview(language, "", text, size=count_sms(text))
    if situation.medium == Medium.PUSH:
        return Preview(language, brand, compose_push(_build_way(situation, now), wording))
    if situation.medium == Medium.VOICE:
        return Preview(language, "", compose_voice(_build_way(situation, now), wording))
    return Preview(language, "", "")


def _show_address(header: str) -> str:
    """Return a header From as a mail program shows it: `formataddr` writes "ë" as mail servers read it."""
    name, address = parseaddr(header)
    return f"{make_header(decode_header(name))} <{address}>" if name else address


def _compose_sms(situation: Situation, wording: Wording, now: datetime) -> str:
    if situation.purpose in BACK:
        is_read = situation.purpose in ("declined", "not_taken")
        return compose_answered(situation.purpose, CODE, "" if is_read else SAMPLE_LINK, wording)
    return compose_sms(_build_way(situation, now), wording, now=now)


def _build_mail(situation: Situation, language: str, now: datetime) -> MailFacts:
    with translation.override(language):
        unit, said = PLACEHOLDERS["unit"].sample(), str(_("no answer"))
    lines = [DigestLine(code, now - timedelta(days=2), said, False) for code in (CODE, OTHER_CODE, THIRD_CODE)]
    has_time = situation.has_time and situation.purpose not in ("digest", "test")
    answer_by = now + (timedelta(days=1) if situation.is_far else ANSWER_IN) if has_time else None
    return MailFacts(
        purpose=situation.purpose,
        code=CODE,
        link=SAMPLE_LINK,
        first_code=OTHER_CODE,
        number=2 if situation.is_again else 1,
        is_drill=situation.is_drill,
        is_urgent=situation.is_urgent,
        first_declined=situation.is_declined,
        unit=unit,
        phone=PLACEHOLDERS["phone"].sample() if situation.has_phone else "",
        minutes=int(ANSWER_IN.total_seconds() // 60) if answer_by and not situation.is_far else 0,
        answer_by=answer_by,
        lines=lines if situation.purpose == "digest" else [],
        count=len(lines),
    )


def _build_way(situation: Situation, now: datetime) -> WayFacts:
    is_many = situation.purpose == "many"
    return WayFacts(
        purpose="first" if is_many else situation.purpose,
        codes=(CODE, OTHER_CODE, THIRD_CODE) if is_many else (CODE,),
        link=SAMPLE_LINK,
        is_drill=situation.is_drill,
        answer_by=now + (timedelta(days=1) if situation.is_far else ANSWER_IN) if situation.has_time else None,
        can_reply=situation.purpose in ("first", "deputy", "reminder"),
    )
