"""Tell everybody who was notified of a case that it is void."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language, same_in_each_language
from case_forms.procedures.chains import chain_for
from notifications.directory.chain import resolve_chain
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest

from ..models import Case, CaseEvent

ANSWER_MINUTES = 24 * 60
# Whoever goes on looking for somebody because of it should know the same day.
LADDER = (
    {"after_minutes": 4 * 60, "do": "remind"},
    {"after_minutes": ANSWER_MINUTES, "do": "call", "repeat_minutes": ANSWER_MINUTES},
)
TITLE = _("This case is void")
WHAT = _(
    "This case was recorded by mistake and has been declared void. What you were told about it does not hold. Stop what"
    " you have begun because of it, and call the unit if that leaves somebody without help."
)


def list_told(case: Case) -> list[Notice]:
    """List the newest notice that went out to each recipient: all of them are told of what was decided about a case."""
    sent = Notice.objects.filter(case_id=case.pk, sent_at__isnull=False, contact__isnull=False)
    rows = sent.select_related("contact__partner", "partner", "municipality__region", "unit__region")
    newest: Mapping[int | None, Notice] = {
        row.contact_id: row for row in rows.defer("brief", "ladder", "link_token").order_by("owed_at", "pk")
    }
    return list(newest.values())


def notify_of_void(case: Case, event: CaseEvent, told: Iterable[Notice], at: datetime) -> list[Notice]:
    """Create a notice for each recipient of these notices, or for whoever has taken the recipient's place."""
    return [_notify(case, event, earlier, at) for earlier in told]


def _notify(case: Case, event: CaseEvent, earlier: Notice, at: datetime) -> Notice:
    contact = earlier.contact
    office = earlier.partner or (contact.partner if contact else None)
    chain = chain_for(case.procedure_version.parsed, earlier.role)
    if contact is None or not contact.is_active or contact.reachable_at is None:
        found = resolve_chain(
            role=earlier.role,
            municipality=earlier.municipality,
            at=at,
            unit=case.unit,
            partner=office,
            chain=chain,
        )
        contact, office = found.contact, found.partner or office
    return create_notice(
        NoticeRequest(
            event_id=event.pk,
            case_id=case.pk,
            case_reference=case.reference,
            role=earlier.role,
            contact=contact,
            partner=office,
            municipality=earlier.municipality,
            home=earlier.home,
            unit=case.unit,
            chain=chain,
            brief=build_void_brief(case, earlier),
            answer_minutes=ANSWER_MINUTES,
            ladder=LADDER,
            is_drill=case.is_drill,
            purpose=Purpose.VOID,
            at=at,
        )
    )


def build_void_brief(case: Case, earlier: Notice) -> dict[str, Any]:
    """Build what a recipient reads: which case is void, and which notice it was about. No answer is in it."""
    rows = [
        _build_row("void", _("What happened"), in_each_language(WHAT)),
        _build_row("case", _("Case"), same_in_each_language(case.reference)),
        _build_row("code", _("Code of the notice"), same_in_each_language(earlier.code)),
    ]
    if case.unit.callback_phone:
        rows.append(_build_row("unit", _("The sending unit"), same_in_each_language(case.unit.callback_phone)))
    return {"sections": [{"title": in_each_language(TITLE), "rows": rows}]}


def _build_row(key: str, label: Promise | str, value: Texts) -> dict[str, Any]:
    return {"key": key, "label": in_each_language(label), "value": value}
