"""The closed lists a recipient answers from. The codes are stored; the words may change, a code never."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
    "passed_on": _("Passed on to another authority"),
}

# What a coordinator can tell about a call; only "not reached" keeps the chase going.
NOT_REACHED = "not_reached"
CALL_OUTCOMES: dict[str, str | Promise] = {
    "reached": _("Reached them by phone; they take the case"),
    "reached_other": _("Somebody else takes the case"),
    NOT_REACHED: _("Did not reach anybody"),
}

WRONG_AREA = "wrong_area"


def outcomes_for(notice: Notice) -> dict[str, str | Promise]:
    """The outcomes this recipient can choose from."""
    return CALL_OUTCOMES if notice.purpose in (Purpose.CALL, Purpose.FALLBACK) else OUTCOMES


def reasons_of(kind: str) -> dict[str, str | Promise]:
    """The codes and words that belong to one kind of reply; empty where a reply takes no reason."""
    return {ReplyKind.DECLINED.value: REASONS, ReplyKind.OUTCOME.value: OUTCOMES | CALL_OUTCOMES}.get(kind, {})


def words_of(kind: str, reason: str) -> str:
    """How a stored reason reads. An unknown code reads as itself."""
    return str(reasons_of(kind).get(reason, reason))
