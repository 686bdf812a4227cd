"""Tell everybody who was notified of a case what its status is now: two people have decided."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.service_briefs import build_row, build_short_brief
from notifications.outbox.sharing import SharingRefused

from ..as_recipient import AsRecipient, describe_telling
from ..models import Case, CaseEvent, CaseStatus
from ..telling_again import ABOUT, build_about, list_told, tell_again

STATUS_NOW, WHAT_HAPPENED = _("Status now"), _("What happened")
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


def preview_status(case: Case, status: str) -> AsRecipient:
    """Describe what everybody gets who was notified of the case, once this status is agreed to."""
    return preview_telling(status, is_drill=case.is_drill, count=len(list_told(case)))


def preview_telling(status: str, *, is_drill: bool, count: int, what: Promise | str = WHAT) -> AsRecipient:
    """Describe what `count` recipients get who are told that the status is this one; `what`: why it differs."""
    says = [(STATUS_NOW, CaseStatus(status).label), (WHAT_HAPPENED, what), *ABOUT]
    return describe_telling(Purpose.CORRECTION, says, is_drill=is_drill, count=count)


def _tell(case: Case, event: CaseEvent, earlier: Notice, at: datetime, what: Promise | str) -> Notice:
    rows = [
        build_row("status", STATUS_NOW, in_each_language(CaseStatus(case.status).label)),
        build_row("decided", WHAT_HAPPENED, in_each_language(what)),
        *build_about(case, earlier),
    ]
    brief = build_short_brief(TITLE, rows)
    return tell_again(case, earlier, event_id=event.pk, purpose=Purpose.CORRECTION, brief=brief, at=at)
