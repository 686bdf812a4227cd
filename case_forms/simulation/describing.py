"""The entries of a timeline as sentences, in every language."""

from functools import cache
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language, localize_to, same_in_each_language
from case_forms.cases.models import CaseStatus
from notifications.directory.models import Role
from notifications.escalation.audit_labels import get_words
from notifications.outbox.models import Purpose

if TYPE_CHECKING:
    from .timeline import Entry

NOBODY = _("Nobody was found: {role}.")
# By the kind of an entry; what has no sentence here is said by the record's own label.
SENTENCES: dict[str, Promise | str] = {
    "submission.received": _("The form is received."),
    "signal.received": _("The message is received."),
    "signal.added": _("The person adds to the message."),
    "case.opened": _("A case is opened."),
    "case.updated": _("The case changes. {status}"),
    "referral.made": _("A referral is made."),
    "referral.answered": _("The referral is answered. {status}"),
    "notice.owed": _("To be notified: {who} ({role}). {purpose}."),
    "notice.sent": _("Sent: to {who} ({role}), {purpose}."),
    "notice.not_sent": _("Not sent: to {who} ({role}). The mail server wasn't reached, or didn't take it ({reason})."),
    "notice.repeated": _("To be sent again: to {who} ({role}), {purpose}, number {number}."),
    "notice.resolved": _("Somebody is found now: {who} ({role})."),
    "notice.opened": _("Read: {who} ({role}) opens the notice."),
    "notice.accepted": _("Accepted: {who} ({role})."),
    "notice.on_the_way": _("On the way: {who} ({role})."),
    "notice.declined": _("Declined: {who} ({role})."),
    "notice.wrong_area": _("Another area: {who} ({role}) says that it belongs to {why}."),
    "notice.outcome": _("Outcome reported: {who} ({role})."),
    "notice.rerouted": _("Forwarded to another area: {who} ({role})."),
    "notice.cancelled": _("Withdrawn: the notice to {who} ({role})."),
    "notice.further": _("Added to an open notice: {who} ({role})."),
    "document.ordered": _("A document is made: {why}."),
    "session.held": _("The session is recorded as held."),
    "session.reported": _("The report of the session is received."),
    "deadline.started": _("A clock starts: {why}."),
    "deadline.amber": _("The clock turns amber: {why}."),
    "deadline.red": _("The clock turns red: {why}."),
    "deadline.breach": _("The time is over: {why}."),
    "deadline.met": _("The clock is stopped: {why}."),
    "calls.repeat": _(
        "From here on, while nobody answers: the coordinator on duty is asked to call each {number} minutes for a day,"
        " and after that by the daily list. ({role})"
    ),
    "act.impossible": _("What the story says can't be done here. {why}"),
    "mail.away": _("The mail server isn't reached from now on."),
    "mail.back": _("The mail server is reached again."),
    "put_aside": _("Something couldn't be dealt with, and is set aside ({reason}). A coordinator is asked to call."),
}
STEPS: dict[str, Promise | str] = {
    "remind": _("No answer: {who} ({role}) is reminded."),
    "deputy": _("No answer from {who} ({role}): the deputy is notified."),
    "call": _("No answer from {who} ({role}): a coordinator is asked to call."),
}
AFTER_A_REFUSAL: dict[str, Promise | str] = {
    "deputy": _("Declined by {who} ({role}): the deputy is notified."),
    "call": _("Declined by {who} ({role}): a coordinator is asked to call."),
}
ENDS: dict[str, Promise | str] = {
    "settled": _("From here on nothing more happens by itself."),
    "repeats": _("From here on the same repeats until somebody answers, and nothing else happens by itself."),
    "horizon": _("The simulation looks no further than this."),
    "too_busy": _("So much happens that the simulation stops here."),
}


def describe(entry: "Entry") -> Texts:
    """Say an entry in a sentence."""
    template = _get_template(entry.kind, entry.action, entry.reason == "declined", bool(entry.who))
    parts: dict[str, Texts] = {
        "role": _label(Role, entry.role),
        "purpose": _label(Purpose, entry.purpose),
        "status": _label(CaseStatus, entry.status),
        "why": _join(entry.why),
    }
    said = {}
    for language, text in template.items():
        translated = {name: localize_to(part, language) for name, part in parts.items()}
        said[language] = text.format(
            **translated,
            who=entry.who or _nobody()[language],
            number=entry.number,
            reason=entry.reason,
        ).strip()
    return said


# What is translated once: it doesn't change while the process runs, and a timeline says the same few again and again.
@cache
def _get_template(kind: str, action: str, is_declined: bool, has_person: bool) -> Texts:
    """Return the sentence of a kind of entry, its placeholders not filled; the record's own label where it has none."""
    if kind == "notice.owed" and not has_person:
        return in_each_language(NOBODY)
    if kind == "notice.escalated":
        steps = AFTER_A_REFUSAL if is_declined else STEPS
        return in_each_language(steps.get(action, steps["call"]))
    if kind in SENTENCES:
        return in_each_language(SENTENCES[kind])
    return {language: text.replace("{", "{{").replace("}", "}}") for language, text in _get_label(kind).items()}


def _get_label(kind: str) -> Texts:
    return in_each_language(get_words(kind))


@cache
def _label(kind: type[TextChoices], value: str) -> Texts:
    return in_each_language(kind(value).label) if value in kind.values else same_in_each_language(value)


@cache
def _nobody() -> Texts:
    return in_each_language(_("nobody"))


def describe_end(ended: str) -> Texts:
    """Say how a story ended."""
    return in_each_language(ENDS[ended])


def _join(words: tuple[Texts, ...]) -> Texts:
    languages = {language for each in words for language in each}
    joined = {language: "; ".join(localize_to(each, language) for each in words) for language in sorted(languages)}
    return joined or same_in_each_language("")
