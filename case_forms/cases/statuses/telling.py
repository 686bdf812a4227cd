"""Tell everybody who was notified of a case what its status is now: two people have decided."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language, same_in_each_language
from case_forms.procedures.chains import chain_for
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.service_briefs import name_with_phone
from notifications.outbox.sharing import SharingRefused

from ..closing.void_notices import ANSWER_MINUTES, LADDER, list_told
from ..models import Case, CaseEvent, CaseStatus

TITLE = _("The status of this case was changed by decision")
WHAT = _(
    "Two people of the organisation looked at the case again and decided on its status. What you were told of the"
    " status before no longer holds. Nothing else is taken back: go on with what you have begun for the person, and"
    " call the unit before you end it."
)
MERGED = _(
    "This case and another one turned out to be about one person and are one case now. Its status is the one that was"
    " decided. What you were told of the status before no longer holds. Nothing else is taken back: go on with what you"
    " have begun for the person, and call the unit before you end it."
)
SEPARATED = _(
    "Two cases that had been taken for one person's are two again, and this one has the status that it had before."
    " Nothing else is taken back: go on with what you have begun for the person, and call the unit before you end it."
)

log = structlog.get_logger(__name__)


def tell_status(
    case: Case,
    event: CaseEvent,
    at: datetime,
    *,
    told: Iterable[Notice] | None = None,
    what: Promise | str = WHAT,
) -> list[Notice]:
    """Create a notice for each recipient who was sent one about the case, where the gate for sharing lets it pass.

    `told`: the newest notice of each recipient, where it isn't everybody whom the case has. `what`: why it differs.
    Whoever may not be told any more has a link that opens nothing, and was told so when it ended.
    """
    created = []
    for earlier in list_told(case) if told is None else told:
        try:
            created.append(_tell(case, event, earlier, at, what))
        except SharingRefused as refused:
            log.info("status_not_told", notice=str(earlier.pk), code=refused.code)
    return created


def _tell(case: Case, event: CaseEvent, earlier: Notice, at: datetime, what: Promise | str) -> Notice:
    contact = earlier.contact
    return create_notice(
        NoticeRequest(
            event_id=event.pk,
            case_id=case.pk,
            case_reference=case.reference,
            role=earlier.role,
            contact=contact,
            partner=earlier.partner or (contact.partner if contact else None),
            municipality=earlier.municipality,
            home=earlier.home,
            unit=case.unit,
            chain=chain_for(case.procedure_version.parsed, earlier.role),
            brief=_build_brief(case, earlier, what),
            answer_minutes=ANSWER_MINUTES,
            ladder=LADDER,
            is_drill=case.is_drill,
            purpose=Purpose.CORRECTION,
            at=at,
        )
    )


def _build_brief(case: Case, earlier: Notice, what: Promise | str) -> dict[str, Any]:
    rows = [
        _build_row("status", _("Status now"), in_each_language(CaseStatus(case.status).label)),
        _build_row("decided", _("What happened"), in_each_language(what)),
        _build_row("case", _("Case"), same_in_each_language(case.reference)),
        _build_row("code", _("Code of the notice"), same_in_each_language(earlier.code)),
        _build_row("unit", _("Questions"), name_with_phone(case.unit.name, case.unit.callback_phone)),
    ]
    return {"sections": [{"title": in_each_language(TITLE), "rows": rows}]}


def _build_row(key: str, label: Promise | str, value: Texts) -> dict[str, Any]:
    return {"key": key, "label": in_each_language(label), "value": value}
