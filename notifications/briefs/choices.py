"""The closed lists a recipient answers from. The codes are stored; the words may change, a code never."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose, ReplyKind

REASONS: dict[str, str | Promise] = {
    "busy_elsewhere": _("I am on another case and can't leave it"),
    "not_on_duty": _("I am not on duty"),
    "not_competent": _("This isn't for my office"),
    "conflict": _("I know the people involved"),
    "other": _("Another reason"),
}

OUTCOMES: dict[str, str | Promise] = {
    "met_safe": _("Met the person; they are safe"),
    "taken_to_service": _("Accompanied the person to a protection service"),
    "measure_taken": _("Opened a procedure or a protection measure"),
    "declined_contact": _("The person does not want contact now"),
    "not_found": _("Did not find the person"),
    "person_received": _("The person is with us"),
    "registered": _("Registered the case"),
    "passed_on": _("Passed on to another authority"),
    "answered_person": _("Answered the person who wrote"),
}
OUTCOMES_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.PROTECTION_SERVICE: ("person_received", "declined_contact", "not_found", "passed_on"),
    Role.RESPONSIBLE_AUTHORITY: ("registered", "measure_taken", "passed_on"),
    Role.POLICE: ("met_safe", "taken_to_service", "measure_taken", "declined_contact", "not_found", "passed_on"),
    Role.MOBILE_UNIT: ("answered_person", "met_safe", "taken_to_service", "declined_contact", "not_found", "passed_on"),
    Role.CPU: ("met_safe", "taken_to_service", "measure_taken", "declined_contact", "not_found", "passed_on"),
}

# What a coordinator can tell about a call; only "not reached" keeps the chase going.
NOT_REACHED = "not_reached"
CALL_OUTCOMES: dict[str, str | Promise] = {
    "reached": _("Reached them by phone; they take the case"),
    "reached_other": _("Somebody else takes the case"),
    NOT_REACHED: _("Did not reach anybody"),
}

WRONG_AREA = "wrong_area"

# Only those whose duty has an area can say "another area"; only those who go out can say "on the way".
WITH_AREA = (Role.POLICE, Role.CPU)
GOING_OUT = (Role.POLICE, Role.CPU, Role.PROTECTION_SERVICE)


def answers_for(notice: Notice) -> tuple[str, ...]:
    """The kinds of reply that make sense for this recipient, in the order of the page."""
    if notice.purpose in (Purpose.DIGEST, Purpose.TEST):
        return (ReplyKind.ACCEPTED.value,)  # it is read; each notice on it is answered by itself
    kinds = [ReplyKind.ACCEPTED]
    if notice.role in GOING_OUT:
        kinds.append(ReplyKind.ON_THE_WAY)
    kinds.append(ReplyKind.OUTCOME)
    if notice.role in WITH_AREA:
        kinds.append(ReplyKind.WRONG_AREA)
    kinds.append(ReplyKind.DECLINED)
    return tuple(kind.value for kind in kinds)


def outcomes_for(notice: Notice) -> dict[str, str | Promise]:
    """The outcomes this recipient can choose from."""
    if notice.purpose in (Purpose.CALL, Purpose.FALLBACK):
        return CALL_OUTCOMES
    return {code: OUTCOMES[code] for code in OUTCOMES_OF_ROLE.get(notice.role, tuple(OUTCOMES))}


def reasons_of(kind: str) -> dict[str, str | Promise]:
    """The codes and words that belong to one kind of reply; empty where a reply takes no reason."""
    return {ReplyKind.DECLINED.value: REASONS, ReplyKind.OUTCOME.value: OUTCOMES | CALL_OUTCOMES}.get(kind, {})


def words_of(kind: str, reason: str) -> str:
    """How a stored reason reads. An unknown code reads as itself."""
    return str(reasons_of(kind).get(reason, reason))
