"""Tell whoever was notified from a form that it was about another person, and the coordinator that it was moved.

Neither holds anything of a case but its reference, and neither says which case the form belongs to now: whoever has to
know of that one is notified by its own rules.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.service_briefs import build_row, build_short_brief

from ..as_recipient import AsRecipient, describe_telling
from ..consent.ending import CALLS
from ..consent.gate import WITHOUT_CONTENT
from ..consent.informing import inform_coordinators_of
from ..models import Case
from ..telling_again import ABOUT, build_about, tell_again

TITLE, WHAT_HAPPENED = _("This notice was about another person"), _("What happened")
WHAT = _(
    "What you were told by this notice is not about the person of this case: a form had been sent to the wrong case."
    " Its link has ended. Do not use what you read for this person, and call the unit before you end what you have"
    " begun. Whoever has to know about the other person gets a notice of its own."
)
MOVED = _("A form was moved to another case")
MOVED_WORDS = _(
    "Two people decided that a form belongs to another case than the one it was sent to. Who they are, and when, stands"
    " in the history of both cases. Please look at whether it was right."
)


def tell_recipients(case: Case, left: Iterable[Notice], event_id: UUID, at: datetime) -> list[Notice]:
    """Create a notice for each recipient of these, which were taken back. Each is told once.

    Our own people, who were asked to call or about a duty, see it on the case.
    """
    told: dict[Any, Notice] = {}
    for notice in sorted(left, key=lambda each: each.owed_at):
        is_read_elsewhere = notice.purpose in (*CALLS, Purpose.DUTY) or notice.purpose in WITHOUT_CONTENT
        if notice.contact_id is not None and not is_read_elsewhere:
            told[notice.contact_id] = notice
    return [_tell(case, notice, event_id, at) for notice in told.values()]


def preview_move(case: Case) -> AsRecipient:
    """Describe what everybody gets who was notified because of a form that leaves this case."""
    return describe_telling(Purpose.INFORM, [(WHAT_HAPPENED, WHAT), *ABOUT], is_drill=case.is_drill)


def tell_coordinator(case: Case, event_id: UUID, at: datetime) -> Notice:
    """Tell the coordinator of a case that a form was moved away from it, whoever decided that."""
    return inform_coordinators_of(
        case=case, title=MOVED, words=MOVED_WORDS, event_id=uuid5(event_id, "coordinator"), at=at
    )


def _tell(case: Case, earlier: Notice, event_id: UUID, at: datetime) -> Notice:
    rows = [build_row("moved", WHAT_HAPPENED, in_each_language(WHAT)), *build_about(case, earlier)]
    return tell_again(
        case,
        earlier,
        event_id=uuid5(event_id, f"moved {earlier.chase_id}"),
        purpose=Purpose.INFORM,
        brief=build_short_brief(TITLE, rows),
        at=at,
    )
