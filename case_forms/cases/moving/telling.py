"""Tell whoever was notified from a form that it was about another person, and the coordinator that it was moved.

Neither holds anything of a case but its reference, and neither says which case the form belongs to now: whoever has to
know of that one is notified by its own rules.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language, same_in_each_language
from case_forms.procedures.chains import chain_for
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.service_briefs import name_with_phone

from ..closing.void_notices import ANSWER_MINUTES, LADDER
from ..consent.ending import CALLS
from ..consent.gate import WITHOUT_CONTENT
from ..consent.informing import inform_coordinators_of
from ..models import Case

TITLE = _("This notice was about another person")
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


def tell_coordinator(case: Case, event_id: UUID, at: datetime) -> Notice:
    """Tell the coordinator of a case that a form was moved away from it, whoever decided that."""
    return inform_coordinators_of(
        case=case, title=MOVED, words=MOVED_WORDS, event_id=uuid5(event_id, "coordinator"), at=at
    )


def _tell(case: Case, earlier: Notice, event_id: UUID, at: datetime) -> Notice:
    contact = earlier.contact
    return create_notice(
        NoticeRequest(
            event_id=uuid5(event_id, f"moved {earlier.chase_id}"),
            case_id=case.pk,
            case_reference=case.reference,
            role=earlier.role,
            contact=contact,
            partner=earlier.partner or (contact.partner if contact else None),
            municipality=earlier.municipality,
            home=earlier.home,
            unit=case.unit,
            chain=chain_for(case.procedure_version.parsed, earlier.role),
            brief=_build_brief(case, earlier),
            answer_minutes=ANSWER_MINUTES,
            ladder=LADDER,
            is_drill=case.is_drill,
            purpose=Purpose.INFORM,
            at=at,
        )
    )


def _build_brief(case: Case, earlier: Notice) -> dict[str, Any]:
    rows = [
        _build_row("moved", _("What happened"), in_each_language(WHAT)),
        _build_row("case", _("Case"), same_in_each_language(case.reference)),
        _build_row("code", _("Code of the notice"), same_in_each_language(earlier.code)),
        _build_row("unit", _("Questions"), name_with_phone(case.unit.name, case.unit.callback_phone)),
    ]
    return {"sections": [{"title": in_each_language(TITLE), "rows": rows}]}


def _build_row(key: str, label: Promise | str, value: Texts) -> dict[str, Any]:
    return {"key": key, "label": in_each_language(label), "value": value}
