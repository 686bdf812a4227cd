"""Tell everybody who was notified of a case that it is void."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from case_forms.procedures.chains import chain_for
from notifications.directory.chain import resolve_chain
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.service_briefs import build_row, build_short_brief

from ..as_recipient import AsRecipient, describe_telling
from ..models import Case, CaseEvent
from ..telling_again import ABOUT, build_about, list_told, tell_again

TITLE, WHAT_HAPPENED = _("This case is void"), _("What happened")
WHAT = _(
    "This case was recorded by mistake and has been declared void. What you were told about it does not hold. Stop what"
    " you have begun because of it, and call the unit if that leaves somebody without help."
)


def preview_void(case: Case) -> AsRecipient:
    """Describe what everybody gets who was notified of the case, once it is void."""
    count = len(list_told(case))
    return describe_telling(Purpose.VOID, [(WHAT_HAPPENED, WHAT), *ABOUT], is_drill=case.is_drill, count=count)


def notify_of_void(case: Case, event: CaseEvent, told: Iterable[Notice], at: datetime) -> list[Notice]:
    """Create a notice for each recipient of these notices, or for whoever has taken the recipient's place."""
    return [_notify(case, event, earlier, at) for earlier in told]


def _notify(case: Case, event: CaseEvent, earlier: Notice, at: datetime) -> Notice:
    contact = earlier.contact
    office = earlier.partner or (contact.partner if contact else None)
    if contact is None or not contact.is_active or contact.reachable_at is None:
        found = resolve_chain(
            role=earlier.role,
            municipality=earlier.municipality,
            at=at,
            unit=case.unit,
            partner=office,
            chain=chain_for(case.procedure_version.parsed, earlier.role),
        )
        contact, office = found.contact, found.partner or office
    brief, instead = build_void_brief(case, earlier), (contact, office)
    return tell_again(case, earlier, event_id=event.pk, purpose=Purpose.VOID, brief=brief, at=at, instead=instead)


def build_void_brief(case: Case, earlier: Notice) -> dict[str, Any]:
    """Build what a recipient reads: which case is void, and which notice it was about. No answer is in it."""
    rows = [build_row("void", WHAT_HAPPENED, in_each_language(WHAT)), *build_about(case, earlier)]
    return build_short_brief(TITLE, rows)
