"""Open a closed case again, or decide that it stays closed although a form came in.

What starts again is chosen on the page: the duties that ended with the case, with the time that was left to them when
it was closed. Dates that are still to come are awaited again. Notices that were withdrawn don't go out again, and links
stay ended: whoever has to know is notified by the next form.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from access.models import User
from approvals.requests import Decision
from audit import clock
from audit.chain import get_actor, log_event

from ..brief_content import both
from ..deadlines import find_next_mark
from ..locking import lock_all_of
from ..models import ASKING, AwaitedDate, Case, CaseClosing, CaseEvent, Deadline
from ..rule_events import CASE_REOPENED, respond_to_closing
from .actions import CannotClose, may_ask
from .reasons import REOPEN, get_reasons, label_reason


def get_closing(case: Case) -> CaseClosing | None:
    """Return how the case was closed last; None for one that is open, or was closed without a request."""
    agreed = CaseClosing.objects.filter(case=case, decision=Decision.AGREED, reopened_at__isnull=True)
    return agreed.select_related("asked_by", "decided_by").order_by("-decided_at").first() if case.closed_at else None


def get_ended_duties(case: Case) -> "QuerySet[Deadline]":
    """Return the duties that can start again. One that waits for the answer to a notice can't: that was withdrawn."""
    ended = Deadline.objects.filter(case=case, ended_at__isnull=False, notice_id__isnull=True)
    # Nor one that asks somebody for an answer between units: what it asked for has ended, and is asked for anew.
    return ended.exclude(key__in=ASKING)


@transaction.atomic
def reopen_case(*, case: Case, reason: str, note: str = "", duties: Collection[int] = (), by: User) -> CaseEvent:
    """Open the case again, and start these duties (ids) again.

    Raises CannotClose: not_allowed, open, void, forgotten, no_reason.

    One person is enough: it only brings help back.
    """
    if not may_ask(case, by):
        raise CannotClose("not_allowed")
    locked = lock_all_of(case)
    if locked.closed_at is None:
        raise CannotClose("open")
    if locked.voided_at is not None or locked.forgotten_at is not None:
        raise CannotClose("void" if locked.voided_at else "forgotten")
    chosen = get_reasons(REOPEN).get(reason)
    if chosen is None or (chosen.needs_words and not note.strip()):
        raise CannotClose("no_reason")
    at = clock.now()
    closing = get_closing(locked)
    locked.closed_at = locked.form_after_closing_at = locked.forget_after = None
    locked.save(update_fields=["closed_at", "form_after_closing_at", "forget_after"])
    started = [_start_again(duty, at) for duty in get_ended_duties(locked).filter(pk__in=list(duties)).order_by("pk")]
    awaited = AwaitedDate.objects.filter(case=locked, done_at__isnull=True, ended_at__isnull=False, at__gt=at)
    dates = awaited.update(ended_at=None)
    if closing is not None:
        _note_reopening(closing, reason, note, by, at)
    return _record(locked, closing, reason, started, dates, by, at)


def _start_again(duty: Deadline, at: datetime) -> int:
    """Let the duty's clock go on with the time that was left. Marks that had passed before stay passed."""
    assert duty.ended_at is not None
    stood: timedelta = at - duty.ended_at
    for mark in ("amber_at", "red_at", "breach_at"):
        moment = getattr(duty, mark)
        if moment is not None and moment > duty.ended_at:
            setattr(duty, mark, moment + stood)
    duty.ended_at = None
    duty.next_mark_at = find_next_mark(duty.marks, at) if duty.ladder and duty.marks else None
    duty.save(update_fields=["amber_at", "red_at", "breach_at", "ended_at", "next_mark_at"])
    return duty.pk


def _note_reopening(closing: CaseClosing, reason: str, note: str, by: User, at: datetime) -> None:
    closing.reopened_by, closing.reopened_at, closing.reopen_reason = by, at, reason
    if note.strip():
        closing.words = {**closing.words, "reopened": note.strip()}
    closing.save(update_fields=["reopened_by", "reopened_at", "reopen_reason", "words"])


def _record(
    case: Case, closing: CaseClosing | None, reason: str, started: list[int], dates: int, by: User, at: datetime
) -> CaseEvent:
    closing_id, between = closing.pk if closing else None, count_between_units(closing)
    event = CaseEvent.objects.create(
        case=case,
        kind=CASE_REOPENED,
        at=at,
        detail={"closing": str(closing_id or ""), "reason": reason, "duties": started, "dates": dates, "by": by.pk},
        explanation=[{"rule": REOPEN, "words": both(lambda: _say(reason, len(started), dates, between))}],
    )
    log_event(
        "case.reopened",
        actor=get_actor(by),
        target_kind="case",
        target_id=case.pk,
        reason=reason,
        duties=len(started),
        dates=dates,
    )
    respond_to_closing(CASE_REOPENED, case, closing_id or uuid4(), at, reason)
    return event


def _say(reason: str, duties: int, dates: int, between: int) -> str:
    said = [gettext("The case was opened again: %(reason)s.") % {"reason": label_reason(REOPEN, reason)}]
    said.append(gettext("Duties that start again: %(count)d.") % {"count": duties})
    if dates:
        said.append(gettext("Dates that are awaited again: %(count)d.") % {"count": dates})
    if between:
        words = gettext("Requests, transfers and proposals that ended with it stay ended (%(count)d): ask again.")
        said.append(words % {"count": between})
    return " ".join(said)


def count_between_units(closing: CaseClosing | None) -> int:
    """Return how much between units ended with the case; 0 for one that was closed before this was counted."""
    return sum(closing.ended.get("between", {}).values()) if closing else 0


@transaction.atomic
def leave_closed(*, case: Case, by: User) -> None:
    """Decide that the case stays closed although a form came in about it. Raises CannotClose."""
    if not may_ask(case, by):
        raise CannotClose("not_allowed")
    locked = lock_all_of(case)
    if locked.form_after_closing_at is None:
        return
    locked.form_after_closing_at = None
    locked.save(update_fields=["form_after_closing_at"])
    log_event("case.left_closed", actor=get_actor(by), target_kind="case", target_id=case.pk)
