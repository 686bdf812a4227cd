"""The closed lists from which a recipient answers. The codes are stored; the labels may change, a code never."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Role
from notifications.outbox.escalation_chain import CALLS, NOT_REACHED
from notifications.outbox.models import Notice, Purpose, ReplyKind

from . import role_choices
from .role_choices import REASONS, REASONS_OF_COLLEAGUES, REASONS_OF_ROLE

OUTCOMES: dict[str, str | Promise] = {
    "met_safe": _("Met the person; they are safe"),
    "met": _("Met the person; the situation goes on"),
    "removed": _("Removed the person from the situation"),
    "investigation": _("Registered an investigation"),
    "protection_measure": _("Asked for or ordered a protection measure"),
    "taken_to_service": _("Accompanied the person to a protection service"),
    "measure_taken": _("Opened a procedure or a protection measure"),
    "proceedings_opened": _("Proceedings were opened"),
    "declined_contact": _("The person does not want contact now"),
    "not_found": _("Did not find the person"),
    "person_received": _("The person is with us"),
    "registered": _("Registered the case"),
    "passed_on": _("Passed on to another authority"),
    "answered_person": _("Answered the person who wrote"),
    "other": _("Something else (write it in the note)"),
}
OUTCOMES_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.PROTECTION_SERVICE: ("person_received", "declined_contact", "not_found", "passed_on"),
    Role.RESPONSIBLE_AUTHORITY: ("registered", "measure_taken", "proceedings_opened", "passed_on"),
    Role.POLICE: (
        "met_safe",
        "met",
        "removed",
        "taken_to_service",
        "investigation",
        "proceedings_opened",
        "protection_measure",
        "declined_contact",
        "not_found",
        "passed_on",
        "other",
    ),
    Role.MOBILE_UNIT: ("answered_person", "met_safe", "taken_to_service", "declined_contact", "not_found", "passed_on"),
    Role.CPU: ("met_safe", "taken_to_service", "measure_taken", "declined_contact", "not_found", "passed_on"),
}
OUTCOMES |= role_choices.OUTCOMES
OUTCOMES_OF_ROLE |= role_choices.OUTCOMES_OF_ROLE

# Roles whose outcomes come one after the other: the person is met today, proceedings are opened next month.
SEVERAL_OUTCOMES = (Role.POLICE, Role.CPU, Role.RESPONSIBLE_AUTHORITY, Role.SOCIAL_SERVICE, Role.LEGAL_AID)
# Fields that belong to one outcome and to no other: (key, label, most characters). Sealed with the reply.
DETAILS: dict[str, tuple[tuple[str, str | Promise, int], ...]] = {
    "investigation": (
        ("number", _("Number of the investigation"), 60),
        ("prosecutor", _("Prosecutor"), 120),
    ),
}
# Outcomes that say nothing without a note.
NEEDS_NOTE = frozenset({"other"})

# The reason of whoever declines from a telephone, where there is no list to choose from.
NOT_ASKED = role_choices.NOT_ASKED

# What an SMS or a pressed key can answer: a notice that asks somebody to take a case. All others are to be read.
FROM_TELEPHONE = (
    *(Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD),
    Purpose.EXPECT,  # or to keep a telephone free
)

# What a coordinator can report about a call; only "not reached" lets the escalation go on.
CALL_OUTCOMES: dict[str, str | Promise] = {
    "reached": _("Reached them by phone; they take the case"),
    "reached_other": _("Somebody else takes the case"),
    NOT_REACHED: _("Did not reach anybody"),
}

# Only those whose duty has an area can say "another area"; only those who go out can say "on the way".
WITH_AREA = (Role.POLICE, Role.CPU, Role.SOCIAL_SERVICE)
GOING_OUT = (Role.POLICE, Role.CPU, Role.PROTECTION_SERVICE, Role.SOCIAL_SERVICE, Role.HEALTH)


def get_answer_kinds(notice: Notice) -> tuple[str, ...]:
    """Return the kinds of reply that make sense for this recipient, in the order of the page."""
    if notice.purpose in (Purpose.DIGEST, Purpose.TEST, Purpose.INFORM):
        return (ReplyKind.ACCEPTED.value,)  # only read: each notice on a list is answered by itself
    if notice.root.purpose == Purpose.CORRECTION and notice.purpose not in CALLS:
        return (ReplyKind.ACCEPTED.value,)  # only read: who holds the case answers at the notice that was corrected
    if notice.root.purpose in (Purpose.TALK, Purpose.OUTCOME) and notice.purpose not in CALLS:
        return (ReplyKind.ACCEPTED.value,)  # the outcome is taken for the notice that it is about (`talk.awaiting`)
    if notice.root.purpose == Purpose.VOID and notice.purpose not in CALLS:
        return (ReplyKind.ACCEPTED.value,)  # that a case is void is only to be known
    if notice.root.purpose == Purpose.DUTY and notice.purpose not in CALLS:
        # What is done is met by its form, not by a word here; and no office can pass a duty of the case on.
        return (ReplyKind.ACCEPTED.value, ReplyKind.DECLINED.value)
    if notice.root.purpose == Purpose.EXPECT and notice.purpose not in CALLS:
        # Nobody knows yet where it is or what comes of it: that is said on the telephone.
        return (ReplyKind.ACCEPTED.value, ReplyKind.DECLINED.value)
    kinds = [ReplyKind.ACCEPTED]
    if notice.role in GOING_OUT:
        kinds.append(ReplyKind.ON_THE_WAY)
    kinds.append(ReplyKind.OUTCOME)
    if notice.role in WITH_AREA:
        kinds.append(ReplyKind.WRONG_AREA)
    kinds.append(ReplyKind.DECLINED)
    return tuple(kind.value for kind in kinds)


def is_answered_from_telephone(notice: Notice) -> bool:
    """Tell whether this notice can be accepted or declined without its page."""
    return notice.purpose in FROM_TELEPHONE and notice.root.purpose in FROM_TELEPHONE


def get_outcomes(notice: Notice) -> dict[str, str | Promise]:
    """Return the outcomes from which this recipient can choose."""
    if notice.purpose in CALLS:
        return CALL_OUTCOMES
    return {code: OUTCOMES[code] for code in OUTCOMES_OF_ROLE.get(notice.role, tuple(OUTCOMES))}


def get_decline_reasons(notice: Notice) -> dict[str, str | Promise]:
    """Return the reasons from which this recipient can choose to decline."""
    # Whoever is asked to call answers as a colleague, whatever the role of the notice.
    is_own = notice.purpose not in CALLS
    codes = REASONS_OF_ROLE.get(notice.role, REASONS_OF_COLLEAGUES) if is_own else REASONS_OF_COLLEAGUES
    return {code: REASONS[code] for code in codes}


def can_report_another_outcome(notice: Notice) -> bool:
    """Tell whether this recipient can report another outcome after the first has closed the notice."""
    is_own = notice.purpose not in (*CALLS, Purpose.DIGEST)
    return is_own and notice.role in SEVERAL_OUTCOMES and notice.accepted_at is not None


def get_detail_fields(notice: Notice) -> tuple[tuple[str, str | Promise, int], ...]:
    """Return the fields beside an outcome that this recipient is asked for, whichever it is."""
    return tuple(field for code in get_outcomes(notice) for field in DETAILS.get(code, ()))


def label_details(reason: str, details: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """Return (label, what was written) of a reply's details, in their order."""
    written = details or {}
    return [(str(label), written[key]) for key, label, _most in DETAILS.get(reason, ()) if written.get(key)]


def get_reasons(kind: str) -> dict[str, str | Promise]:
    """Return the codes and labels that belong to one kind of reply; empty where a reply takes no reason."""
    return {ReplyKind.DECLINED.value: REASONS, ReplyKind.OUTCOME.value: OUTCOMES | CALL_OUTCOMES}.get(kind, {})


def get_reason_label(kind: str, reason: str) -> str:
    """Return the label of a stored reason. An unknown code is its own label."""
    return str(get_reasons(kind).get(reason, reason))
