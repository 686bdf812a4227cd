"""The service's own mails, put together from their texts (`service_texts`): one function for each.

The order of the parts, and where the sender's name begins a subject, stands here. Values come in words of the active
language; what somebody typed elsewhere is cleaned, so that no name or label leads a reader to another page or number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import pgettext

from .filling import clean
from .in_force import Wording
from .suspicious import is_suspicious


@dataclass(frozen=True)
class Part:
    """One text with its values. `key`: without "service."."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def say(self, wording: Wording) -> str:
        return wording.say(f"service.{self.key}", **self.values)


Paragraph = Sequence[Part]


@dataclass(frozen=True)
class ServiceMail:
    """`paragraphs`: each of sentences that follow each other. `is_signed`: the sender begins its subject."""

    subject: Part
    paragraphs: Sequence[Paragraph]
    is_signed: bool = True

    def compose(self, wording: Wording) -> tuple[str, str]:
        """Return the subject and the text in the language of `wording`, which is the active one."""
        subject = self.subject.say(wording)
        text = "\n\n".join(" ".join(part.say(wording) for part in paragraph) for paragraph in self.paragraphs)
        return (f"{wording.sender.brand}: {subject}" if self.is_signed else subject), text + "\n"


def _part(key: str, **values: str) -> Part:
    return Part(key, values)


def _count(key: str, amount: int, **values: str) -> Part:
    return Part(f"{key}_{'one' if amount == 1 else 'many'}", {"amount": str(amount), **values})


def _clean_office(name: str) -> str:
    instead = pgettext("instead of an office’s name", "the office")
    return clean("office", name, instead) or instead


def _clean_person(name: str) -> str:
    return clean("person", name, _somebody()) or _somebody()


def _clean_both(person: str, office: str) -> dict[str, str]:
    """Return both as they may stand beside each other: two halves of a telephone number are one there."""
    cleaned = {"person": _clean_person(person), "office": _clean_office(office)}
    if is_suspicious(f"{cleaned['person']} ({cleaned['office']})"):
        cleaned["person"] = _somebody()
    return cleaned


def _somebody() -> str:
    return pgettext("instead of a person’s name", "Somebody")


# About the roster, to a contact.


def word_duty(*, office: str, start_hour: str, begins: str, ends: str, page: str, is_deputy: bool) -> ServiceMail:
    """Say that a duty begins. `ends`: "" where it isn't known; `page`: where it can't be opened."""
    begun = _part("deputy_begins" if is_deputy else "duty_begins", office=_clean_office(office), begins=begins)
    subject = _part("subject_deputy" if is_deputy else "subject_duty", start_hour=start_hour)
    return ServiceMail(
        subject, [[begun, *([_part("duty_ends", ends=ends)] if ends else [])], _lead_to_own(page)], is_signed=False
    )


def word_duty_changed(*, office: str, start_hour: str, begins: str, page: str) -> ServiceMail:
    """Take back that a duty begins."""
    said = _part("duty_changed", office=_clean_office(office), begins=begins)
    subject = _part("subject_duty_changed", start_hour=start_hour)
    return ServiceMail(subject, [[said], _lead_to_own(page)], is_signed=False)


def word_own_page(*, office: str, page: str) -> ServiceMail:
    """Send the link to one's own page."""
    return _say_of_roster([_part("page_sent", office=_clean_office(office))], page)


def word_swap_asked(*, person: str, office: str, page: str) -> ServiceMail:
    """Ask a colleague to agree to a swap."""
    return _say_of_roster([_part("swap_asked", **_clean_both(person, office))], page)


def word_request_ended(
    *, is_swap: bool, is_agreed: bool, person: str, office: str, result: str, page: str
) -> ServiceMail:
    """Say how a request for leave or a swap has ended."""
    ended = _part("leave_ended", result=result)
    if is_swap:
        ended = _part("swap_ended", **_clean_both(person, office), result=result)
    return _say_of_roster([ended, _part("roster_changed" if is_agreed else "roster_kept")], page)


def _say_of_roster(said: Paragraph, page: str) -> ServiceMail:
    return ServiceMail(_part("subject_roster"), [said, _lead_to_own(page)])


def _lead_to_own(page: str) -> Paragraph:
    return [_part("own_page", page=page) if page else _part("no_page")]


# About the roster, to coordinators.


def word_request(*, is_second: bool, page: str) -> ServiceMail:
    """Say to a coordinator that a request waits."""
    said = _part("request_waits_second" if is_second else "request_waits")
    return ServiceMail(_part("subject_roster"), [[said], [_part("request_page", page=page)]])


def word_gaps(*, nobody: int, others: int, is_soon: bool, page: str) -> ServiceMail:
    """Say how much is missing in the roster of the next two weeks."""
    said: list[Paragraph] = []
    if nobody:
        said.append([_count("gaps", nobody), *([_part("gaps_soon")] if is_soon else [])])
    if others:
        said.append([_count("lacks", others)])
    return ServiceMail(_part("subject_gaps"), [*said, [_part("gaps_page", page=page)]])


# About the directory.


def word_change_to_concerned(*, person: str, office: str, what: str, stage: str) -> ServiceMail:
    """Say to whom an entry is about that it changes. `stage`: asked, agreed, emergency, or ended (by itself)."""
    said = [_part(f"concerned_{stage}", person=_clean_person(person))]
    return _say_of_change(
        [said, [_say_what(office, what)], [_part("concerned_call")]], is_emergency=stage in ("emergency", "ended")
    )


def word_change_to_managers(*, person: str, office: str, what: str, page: str, stage: str) -> ServiceMail:
    """Ask another coordinator to decide about a change; or say that an emergency is over. `stage`: as above."""
    key = {"asked": "change_waits", "emergency": "emergency_waits", "ended": "emergency_ended"}[stage]
    said = [_part(key, person=_clean_person(person), page=page)]
    return _say_of_change([said, [_say_what(office, what)]], is_emergency=stage != "asked")


def word_change_decided(*, result: str, page: str, is_emergency: bool) -> ServiceMail:
    """Say to whoever asked how it was decided."""
    return _say_of_change([[_part("change_decided", result=result, page=page)]], is_emergency=is_emergency)


def _say_of_change(said: Sequence[Paragraph], *, is_emergency: bool) -> ServiceMail:
    subject = _part("subject_emergency" if is_emergency else "subject_change")
    return ServiceMail(subject, [[_part("hello")], *said], is_signed=False)


def _say_what(office: str, what: str) -> Part:
    return (
        _part("change_what_where", office=_clean_office(office), what=what)
        if office
        else _part("change_what", what=what)
    )


def word_phone_added(*, phone_name: str) -> ServiceMail:
    """Say to a contact that a phone was added behind their PIN. Whoever added it chose its name."""
    instead = pgettext("instead of a phone’s name", "a phone")
    added = _part("phone_added", phone_name=clean("phone_name", phone_name, instead) or instead)
    said = [[_part("hello")], [added], [_part("phone_not_mine")]]
    return ServiceMail(_part("subject_phone_added"), said, is_signed=False)


def word_came_back(*, person: str, office: str, page: str) -> ServiceMail:
    """Say to a coordinator that a contact's mail came back."""
    came_back = _part("came_back", **_clean_both(person, office))
    said = [[_part("hello")], [came_back], [_part("came_back_page", page=page)]]
    return ServiceMail(_part("subject_came_back"), said, is_signed=False)


# What is ahead, to coordinators.


def word_agreements(*, over: int, ends: int, review: int, days: int, page: str) -> ServiceMail:
    """Say how many agreements are to be looked at."""
    said: list[Paragraph] = []
    if over:
        said.append([_count("agreements_over", over)])
    if ends:
        said.append([_count("agreements_end", ends, days=str(days))])
    if review:
        said.append([_count("agreements_review", review)])
    return ServiceMail(_part("subject_agreements"), [*said, [_part("ahead_page", page=page)]])


def word_keys(*, amount: int, days: int, page: str) -> ServiceMail:
    """Say how many keys expire."""
    said = [_count("keys", amount, days=str(days)), _part("keys_after")]
    return ServiceMail(_part("subject_keys"), [said, [_part("ahead_page", page=page)]])


def word_texts_waiting(*, amount: int, page: str) -> ServiceMail:
    """Say how many texts wait for a second coordinator, and nothing of what they say."""
    said: list[Paragraph] = [[_count("text_waits", amount)], [_part("text_waits_page", page=page)]]
    return ServiceMail(_part("subject_text_waits"), said)


# Alarms.


def word_alarm(*, cases: int, page: str) -> ServiceMail:
    """Say to an operator that nobody could be found for so many cases."""
    return ServiceMail(_count("subject_alarm", cases), [[_count("alarm", cases)], [_part("alarm_page", page=page)]])


def word_wrong_pins() -> ServiceMail:
    """Say to an operator that a coordinator's PIN is being guessed."""
    return ServiceMail(_part("subject_wrong_pins"), [[_part("wrong_pins")]])


def word_bad_drill(*, state: str, page: str) -> ServiceMail:
    """Say that a drill went wrong. `state`: missed, unanswered or failed."""
    key = state if state in ("missed", "unanswered") else "failed"
    return ServiceMail(_part("subject_bad_drill"), [[_part(f"drill_{key}")], [_part("drill_page", page=page)]])


# Phones that store, to coordinators and to who works with one.


def word_phone_alarm(*, is_urgent: bool, page: str) -> ServiceMail:
    """Say that a worker without a network will call; not who, and not from where."""
    key = "phone_alarm_urgent" if is_urgent else "phone_alarm"
    return ServiceMail(_part(f"subject_{key}"), [[_part(key)], [_part("phone_alarm_page", page=page)]])


def word_form_returned(*, page: str) -> ServiceMail:
    """Say that an urgent form of a phone waits as a draft; not whose, and not what it is about."""
    return ServiceMail(
        _part("subject_form_returned"), [[_part("form_returned")], [_part("form_returned_page", page=page)]]
    )


def word_record_waits(*, unit: str, page: str, is_last: bool) -> ServiceMail:
    """Say that a session's record from a phone waits for its unit; nothing of what was written. `is_last`: it ends."""
    instead = pgettext("instead of a unit’s name", "a mobile unit")
    said = [[_part("record_waits", unit=clean("unit", unit, instead) or instead)]]
    if is_last:
        said.append([_part("record_ends")])
    return ServiceMail(_part("subject_record_waits"), [*said, [_part("record_waits_page", page=page)]])
