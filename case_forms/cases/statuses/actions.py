"""Change a case's status by decision: one person proposes with a reason, another one agrees.

A form never lowers a status, so a wrong one could not be taken back. To lower it, one of the two is a coordinator; to
raise it, anybody of the unit and its coordinators may be the second. Whoever had been notified of the case is told what
its status is now. From then on no form changes the status by itself against that decision: it says what it would have
been, and that becomes a proposal (`hold_by_decision`). A formal identification does, because it is an authority's own
result.

Locks: every notice of the case, then the case (`..locking`), then the audit chain.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from access.languages import Texts
from access.models import User
from audit import clock
from case_forms.procedures.case_state import STATUS_ORDER

from ..adopting import may_adopt
from ..brief_content import both
from ..closing.actions import may_ask
from ..finding.duties import end_asking
from ..locking import lock_all_of
from ..models import STATUS_ASKED, Case, CaseEvent, CaseStatus, StatusChange
from .decided import get_decided, log_status, store_proposal
from .models import StatusDecision
from .telling import tell_status

DECIDED = "status_decided"  # the kind of the case event
MAX_WORDS = 2000  # characters


class CannotChange(Exception):
    """A proposal or a decision that can't be carried out; nothing has changed.

    `code`: not_allowed, closed, unknown_status, no_reason, too_long, asked_already, own_proposal, needs_coordinator,
    decided, changed (the case's status isn't any more what it was when this was proposed).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def may_decide(change: StatusChange, user: User) -> bool:
    """Return whether this person may be the second: somebody else, and for a lower status one of two coordinates."""
    return not _get_obstacle(change, user)


def _get_obstacle(change: StatusChange, user: User) -> str:
    """Return why this person can't decide, as a code; "" if they can."""
    if not may_ask(change.case, user):
        return "not_allowed"
    if change.proposed_by_id == user.pk:
        return "own_proposal"
    if not change.is_lowering or may_adopt(change.case, user) or may_adopt(change.case, change.proposed_by):
        return ""
    return "needs_coordinator"


@transaction.atomic
def propose_status(*, case: Case, wanted: str, reason: str, by: User) -> StatusChange:
    """Propose another status. Nothing changes yet. Raises CannotChange."""
    if not may_ask(case, by):
        raise CannotChange("not_allowed")
    locked = lock_all_of(case)
    if locked.closed_at is not None or _is_merged(locked):
        raise CannotChange("closed")
    if wanted not in STATUS_ORDER or wanted == locked.status:
        raise CannotChange("unknown_status")
    if not reason.strip():
        raise CannotChange("no_reason")
    if len(reason) > MAX_WORDS:
        raise CannotChange("too_long")
    change = store_proposal(locked, wanted, by, clock.now(), words={"reason": reason.strip()})
    if change is None:
        raise CannotChange("asked_already")
    return change


@transaction.atomic
def decide_status(*, change: StatusChange, agree: bool, by: User, answer: str = "") -> StatusChange:
    """Agree or refuse as the second person. Raises CannotChange."""
    case = lock_all_of(change.case)
    locked = _lock_waiting(change)
    if obstacle := _get_obstacle(locked, by):
        raise CannotChange(obstacle)
    if len(answer) > MAX_WORDS:
        raise CannotChange("too_long")
    if agree and (case.closed_at is not None or _is_merged(case)):
        raise CannotChange("closed")
    if agree and case.status != locked.before:
        raise CannotChange("changed")
    at = clock.now()
    end_asking(case, STATUS_ASKED, at, by)
    locked.answer(answer)
    locked.decide(StatusDecision.AGREED if agree else StatusDecision.REFUSED, by, at)
    if not agree:
        log_status("case.status_refused", locked, by)
        return locked
    case.status = locked.wanted
    case.save(update_fields=["status"])
    event = CaseEvent.objects.create(
        case=case,
        kind=DECIDED,
        at=at,
        detail={"change": str(locked.pk), "before": locked.before, "status": locked.wanted, "by": by.pk},
        explanation=[{"rule": DECIDED, "words": both(lambda: _word_decision(locked))}],
    )
    log_status("case.status_decided", locked, by, proposed_by=locked.proposed_by_id)
    tell_status(case, event, at)
    return locked


@transaction.atomic
def withdraw_status(*, change: StatusChange, by: User) -> None:
    """Withdraw what one has proposed, before it was decided. Raises CannotChange."""
    case = lock_all_of(change.case)
    locked = _lock_waiting(change)
    if locked.proposed_by_id != by.pk:
        raise CannotChange("not_allowed")
    at = clock.now()
    end_asking(case, STATUS_ASKED, at, by)
    locked.decide(StatusDecision.WITHDRAWN, by, at)
    log_status("case.status_withdrawn", locked, by)


def hold_by_decision(*, case: Case, asked: str, submission_id: UUID, by: User, at: datetime) -> StatusChange | None:
    """Keep a decided status although a form asks for another one, and propose what the form asks.

    Return the decision; None where nobody has decided, and the form's status is taken. The caller holds the case's
    lock.
    """
    decided = get_decided(case)
    if decided is None:
        return None
    if not StatusChange.objects.filter(case=case, submission_id=submission_id).exists():
        store_proposal(case, asked, by, at, submission_id=submission_id)
    return decided


def propose_without_form(*, case: Case, wanted: str, by: User, at: datetime) -> StatusChange | None:
    """Propose the status that a case has without a form that was moved away from it. None where another one waits.

    The caller holds the case's lock.
    """
    return store_proposal(case, wanted, by, at)


def _is_merged(case: Case) -> bool:
    """Read anew: another transaction may have merged it since it was read."""
    return Case.objects.filter(pk=case.pk, merged_into__isnull=False).exists()


def _lock_waiting(change: StatusChange) -> StatusChange:
    locked = StatusChange.objects.select_related("case__unit", "proposed_by").lock_waiting(change.pk)
    if locked is None:
        raise CannotChange("decided")
    return locked


def _word_decision(change: StatusChange) -> str:
    words = gettext("Two people decided that the status is “%(status)s” instead of “%(before)s”.")
    return words % {"status": CaseStatus(change.wanted).label, "before": CaseStatus(change.before).label}


def word_held(decided: StatusChange, asked: str) -> Texts:
    """Word what a form would have made of the status."""
    return both(
        lambda: (
            gettext(
                "By this form the status would be “%(asked)s”. Two people have decided that it is “%(status)s”: it"
                " stays so until somebody else than whoever sent it agrees to the form's."
            )
            % {"asked": CaseStatus(asked).label, "status": CaseStatus(decided.wanted).label}
        )
    )
