"""The mail of a notice, put together from its texts.

What stands here can't be worded away: it begins with the sender's name, a drill is marked, how a true link begins and
the number to call are said, and the sender signs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .filling import clean
from .in_force import Wording
from .values import get_link_start, word_hour, word_minutes, word_until


@dataclass(frozen=True)
class DigestLine:
    """One line of a daily list: a code, since when, what is said of it, and whether it is a drill."""

    code: str
    since: datetime
    said: str
    is_drill: bool


@dataclass(frozen=True)
class MailFurther:
    """A notice that a mail lists beside the one that it says: its code, its kind in words, and its link."""

    code: str
    kind: str
    link: str
    answer_by: datetime | None


@dataclass(frozen=True)
class MailFacts:
    """What a mail says. `purpose`: a value of outbox.Purpose. `minutes`: to answer, 0 where a time of day says more.

    `unit`, `phone`: of the unit to call, as somebody typed them. `count`: notices of a daily list, of which `lines` are
    some. `further`: notices that waited with this one, and are listed below it.
    """

    purpose: str
    code: str
    link: str
    first_code: str = ""
    number: int = 1
    is_drill: bool = False
    is_urgent: bool = False
    first_declined: bool = False
    unit: str = ""
    phone: str = ""
    minutes: int = 0
    answer_by: datetime | None = None
    lines: Sequence[DigestLine] = ()
    count: int = 0
    further: Sequence[MailFurther] = ()


# Which text says what the mail is about; every other purpose is a new notice.
_ABOUT = {
    "reminder": "mail.reminder",
    "call": "mail.call",
    "fallback": "mail.call",
    "duty": "mail.duty",
    "correction": "mail.correction",
    "void": "mail.void",
    "expect": "mail.expect",
    "inform": "mail.inform",
    "talk": "mail.talk",
    "outcome": "mail.outcome",
    "test": "mail.test",
    "digest": "mail.digest",
}
_SUBJECTS = {
    "correction": "mail.subject_correction",
    "void": "mail.subject_void",
    "talk": "mail.subject_talk",
    "outcome": "mail.subject_outcome",
    "test": "mail.subject_test",
    "digest": "mail.subject_digest",
    "deputy": "mail.subject_deputy",
}


def compose_mail(facts: MailFacts, wording: Wording, *, now: datetime) -> tuple[str, str]:
    """Return the subject and the text of the mail, in the language of `wording`."""
    with translation.override(wording.language):
        return _compose_subject(facts, wording), "\n\n".join(_iter_parts(facts, wording, now)) + "\n"


def _compose_subject(facts: MailFacts, wording: Wording) -> str:
    subject = f"{wording.sender.brand}: " + wording.say(
        _choose_subject(facts),
        code=facts.code,
        first_code=facts.first_code,
        number=str(facts.number),
        count=str(facts.count),
    )
    if facts.further:
        subject = f"{subject}, {_('and {count} more').format(count=len(facts.further))}"
    if facts.is_urgent and facts.minutes:
        subject = wording.say("mail.subject_urgent", subject=subject, minutes=str(facts.minutes))
    return wording.say("mail.subject_drill", subject=subject) if facts.is_drill else subject


def _choose_subject(facts: MailFacts) -> str:
    is_again = facts.number > 1
    if facts.purpose == "reminder":
        return "mail.subject_reminders" if is_again else "mail.subject_reminder"
    if facts.purpose in ("call", "fallback"):
        return "mail.subject_calls" if is_again else "mail.subject_call"
    return _SUBJECTS.get(facts.purpose, "mail.subject_notice")


def _iter_parts(facts: MailFacts, wording: Wording, now: datetime) -> Iterator[str]:
    """Yield the paragraphs in their order."""
    if facts.is_drill:
        yield wording.say("mail.drill")
    if facts.is_urgent and facts.minutes and facts.answer_by:
        yield wording.say("mail.urgent", within=word_minutes(facts.minutes), hour=word_hour(facts.answer_by))
    yield wording.say("mail.greeting")
    yield from _iter_about(facts, wording)
    yield wording.say("mail.open", link=facts.link, code=facts.code)
    yield _word_answer(facts, wording, now)
    yield wording.say("mail.code", code=facts.code)
    if facts.further:
        yield _("More has waited for you while e-mails could not be sent. Open each of these, too:")
        yield "\n\n".join(_word_further(each, now) for each in facts.further)
    yield _word_genuine(facts, wording)
    yield wording.say("mail.keep")
    yield str(wording.sender.organisation)


def _iter_about(facts: MailFacts, wording: Wording) -> Iterator[str]:
    about = wording.say(
        _ABOUT.get(facts.purpose, "mail.notice"),
        code=facts.code,
        first_code=facts.first_code,
        count=str(facts.count),
        unit=_name_unit(facts, wording, wording.sender.a_unit),
    )
    if facts.purpose == "deputy":
        key = "mail.deputy_declined" if facts.first_declined else "mail.deputy"
        unit = _name_unit(facts, wording, wording.sender.a_unit)
        about += "\n" + wording.say(key, code=facts.code, unit=unit)
    yield about
    if facts.purpose == "digest":
        lines = [_word_line(line, facts) for line in facts.lines]
        if facts.count > len(lines):
            lines.append(_("and {count} more").format(count=facts.count - len(lines)))
        yield "\n".join(lines)
        yield wording.say("mail.digest_numbers")


def _word_line(line: DigestLine, facts: MailFacts) -> str:
    since = timezone.localtime(line.since).strftime("%d.%m.%Y %H:%M")
    words = _("{code} (drill), since {since}: {said}") if line.is_drill and not facts.is_drill else ""
    return (words or _("{code}, since {since}: {said}")).format(code=line.code, since=since, said=line.said)


def _word_further(each: MailFurther, now: datetime) -> str:
    if each.answer_by is None:
        return _("{code}, {kind}:\n{link}").format(code=each.code, kind=each.kind, link=each.link)
    until = word_until(each.answer_by, now)
    words = _("{code}, {kind}, to be answered by {until}:\n{link}")
    return words.format(code=each.code, kind=each.kind, until=until, link=each.link)


def _word_answer(facts: MailFacts, wording: Wording, now: datetime) -> str:
    if facts.answer_by is None:
        return wording.say("mail.answer_soon")
    until = word_until(facts.answer_by, now)
    if facts.minutes:
        return wording.say("mail.answer_within", within=word_minutes(facts.minutes), until=until)
    return wording.say("mail.answer_by", until=until)


def _word_genuine(facts: MailFacts, wording: Wording) -> str:
    points = [wording.say("mail.genuine_link", link_start=get_link_start()), wording.say("mail.genuine_pin")]
    phone = clean("phone", facts.phone)
    if phone:
        unit = _name_unit(facts, wording, wording.sender.the_unit)
        points.append(wording.say("mail.genuine_phone", unit=unit, phone=phone))
    else:
        points.append(wording.say("mail.genuine_card"))
    return "\n".join([wording.say("mail.genuine"), *(f"- {point}" for point in points)])


def _name_unit(facts: MailFacts, wording: Wording, instead: "str | Promise") -> str:
    return clean("unit", wording.sender.name_unit(facts.unit), str(instead)) or str(instead)
