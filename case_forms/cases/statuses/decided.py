"""What was decided about a case's status, and proposals to change it: used by the page, by forms and by merging."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from access.models import User
from audit.chain import get_actor, log_event
from notifications.directory.models import Role

from ..brief_content import both
from ..finding.duties import ask_for_answer
from ..models import STATUS_ASKED, Case, StatusChange
from .models import StatusDecision


def get_decided(case: Case) -> StatusChange | None:
    """Return the decision by which the case has the status that it has; None where a form or an authority gave it."""
    agreed = StatusChange.objects.filter(case=case, decision=StatusDecision.AGREED).defer("words")
    newest = agreed.order_by("-decided_at").first()
    return newest if newest is not None and newest.wanted == case.status else None


def store_proposal(
    case: Case,
    wanted: str,
    by: User,
    at: datetime,
    *,
    words: dict[str, str] | None = None,
    submission_id: UUID | None = None,
    merge_id: UUID | None = None,
) -> StatusChange | None:
    """Store a proposal; None where another one waits. The caller holds the case's lock."""
    try:
        with transaction.atomic():
            change = StatusChange.objects.create(
                case=case,
                before=case.status,
                wanted=wanted,
                words=words or {},
                submission_id=submission_id,
                merge_id=merge_id,
                proposed_by=by,
                proposed_at=at,
            )
    except IntegrityError:
        return None
    ask_for_answer(
        case=case,
        kind=STATUS_ASKED,
        label=both(lambda: gettext("Another status is proposed: a second person decides")),
        next_step=both(lambda: gettext("Agree to the proposed status, or refuse it.")),
        at=at,
        detail={"change": str(change.pk)},
        owner=Role.COORDINATOR,
    )
    log_status("case.status_proposed", change, by, by_form=submission_id is not None, by_merge=merge_id is not None)
    return change


def log_status(kind: str, change: StatusChange, by: User, **more: Any) -> None:
    about = {"before": change.before, "status": change.wanted, **more}
    log_event(kind, actor=get_actor(by), target_kind="case", target_id=change.case_id, **about)
