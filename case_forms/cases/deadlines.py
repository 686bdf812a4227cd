"""Deadlines and tasks of a case: begin them, meet them, withdraw what was sent because of them.

The clock that notifies their owners is `deadline_clock`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from audit.chain import SYSTEM, Actor, log_event
from case_forms.procedures.clocks import Moments, compute_moments
from case_forms.procedures.definition import Deadline as WrittenDeadline
from case_forms.procedures.definition import Procedure
from case_forms.procedures.public_holidays import get_public_holidays
from notifications.outbox.actions import cancel
from notifications.outbox.escalation_policy import snapshot_ladder
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN

from .models import AwaitedDate, Case, CaseEvent, Deadline

LOOK_AGAIN = timedelta(days=1)  # after the last mark of a duty
DAY_MINUTES = 24 * 60
DUTY_MET, MOVED = "duty_met", "duty_moved"  # why a notice about a duty is withdrawn
LATER_EVENTS = "rules_"  # how the kinds of case events begin to which rules respond later (`rule_events.KIND`)


class Chased(Protocol):
    """What has an owner who is told when it is due: a case's duty, a task about a session (`session_rules`)."""

    @property
    def chase_id(self) -> UUID | None: ...

    @property
    def ladder(self) -> Any: ...


def start_deadline(
    *, case: Case, event: CaseEvent, procedure: Procedure, key: str, at: datetime, notice: Notice | None = None
) -> Deadline:
    """Start the clock of a deadline of the procedure. A duty runs once in each event.

    `notice`: the one whose acceptance meets it. Its own steps chase its recipient, so the deadline has none then.
    """
    deadline = build_deadline(case=case, event=event, procedure=procedure, key=key, at=at, notice=notice)
    # The constraint holds one for each event and key. Inserted without a look before: nearly always it is the first.
    try:
        with transaction.atomic():
            deadline.save(force_insert=True)
            return deadline
    except IntegrityError:
        same = Deadline.objects.filter(event=event, key=key).first()
        # Then another constraint failed, and that is a fault.
        if same is None:
            raise
        return same


def build_deadline(
    *, case: Case, event: CaseEvent, procedure: Procedure, key: str, at: datetime, notice: Notice | None = None
) -> Deadline:
    """Build the row of a deadline that begins `at`, unsaved."""
    written = procedure.deadlines[key]
    owned = {"owner": notice.role} if notice else build_chase(procedure, written)
    marks = compute_marks(procedure, key, at)
    return Deadline(
        event=event,
        key=key,
        case=case,
        label=written.label,
        starts_at=at,
        notice_id=notice.pk if notice else None,
        next_mark_at=find_first_mark(marks) if owned.get("ladder") else None,
        **marks,
        **owned,
    )


def start_together(deadlines: Sequence[Deadline]) -> None:
    """Insert what one decision starts in its event, built and not saved yet: of each key the first.

    Two rules of one decision may ask for the same deadline; what the event has already is left as it is.
    """
    fresh: dict[str, Deadline] = {}
    for deadline in deadlines:
        fresh.setdefault(deadline.key, deadline)
    started = Deadline.objects.filter(event__in={each.event_id for each in deadlines}, key__in=fresh)
    for key in started.values_list("key", flat=True):
        del fresh[key]
    Deadline.objects.bulk_create(fresh.values())


def restart_deadlines(*, case: Case, event: CaseEvent, procedure: Procedure, key: str, at: datetime) -> Deadline | None:
    """Count the running clock of this deadline anew from this event. Return the new one; None where none was moved.

    Only a clock that runs since a form, or since the case came under its version: what a later event has moved once
    isn't moved by the next, so that a second shelter doesn't begin the follow-ups anew.
    """
    since_forms = Deadline.objects.unmet().filter(case=case, key=key, notice_id__isnull=True)
    moved = list(since_forms.exclude(event__kind__startswith=LATER_EVENTS).defer("ladder", "label", "next_step"))
    if not moved:
        return None
    for deadline in moved:
        Deadline.objects.unmet().filter(pk=deadline.pk).update(ended_at=at, next_mark_at=None)
        # The audit chain may be held already, by what the event is.
        transaction.on_commit(partial(withdraw_chase, deadline, MOVED))
        log_event("deadline.moved", target_kind="deadline", target_id=deadline.pk, case=case.pk, key=key)
    return start_deadline(case=case, event=event, procedure=procedure, key=key, at=at)


def build_chase(procedure: Procedure, written: WrittenDeadline) -> dict[str, Any]:
    """Return whose duty a deadline is, what happens while they don't act, and what meets it, as its row stores it."""
    if not written.is_chased:
        return {}
    return {
        "owner": written.owner,
        "ladder": snapshot_ladder(procedure.ladders[written.ladder].stored_steps),
        # Where rules meet it, they know more than the form alone: the follow-up of a month, and not just any.
        "form": written.form,
        "next_step": dict(written.next_step),
    }


def find_first_mark(marks: Mapping[str, datetime | None]) -> datetime | None:
    """Return the earliest of {"amber_at": ...}; None when there is none."""
    return min((at for at in marks.values() if at is not None), default=None)


def find_next_mark(marks: Iterable[datetime], now: datetime) -> datetime:
    """Return the next of these moments; after the last one, the same hour of the next day."""
    return min((at for at in marks if at > now), default=now + LOOK_AGAIN)


def meet_deadlines(
    deadlines: "QuerySet[Deadline]", at: datetime, *, actor: Actor = SYSTEM, is_later: bool = False
) -> list[Deadline]:
    """Meet these running duties, and withdraw what was sent to their owners. Return those that were met here.

    `is_later`: the transaction holds the audit chain already, because of what else happened in it. Then the notices are
    withdrawn as soon as it is committed (`outbox.locking`), or by the clock, should the process end in between.
    """
    met = []
    # One by one, because each gets its audit entry; a case has only a few.
    for deadline in deadlines.filter(met_at__isnull=True, ended_at__isnull=True).defer("ladder", "label", "next_step"):
        if not Deadline.objects.unmet().filter(pk=deadline.pk).update(met_at=at, next_mark_at=None):
            continue
        deadline.met_at, deadline.next_mark_at = at, None
        if is_later:
            transaction.on_commit(partial(withdraw_chase, deadline))
        else:
            withdraw_chase(deadline)
        log_event(
            "deadline.met",
            actor=actor,
            target_kind="deadline",
            target_id=deadline.pk,
            case=deadline.case_id,
            key=deadline.key,
        )
        met.append(deadline)
    return met


def withdraw_chases_of_met(limit: int) -> int:
    """Withdraw what is still open about duties that are met. Return how many there were."""
    asked = Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")
    met = Deadline.objects.filter(Q(met_at__isnull=False) | Q(ended_at__isnull=False), chase_id__in=asked)
    found = list(met.defer("ladder", "label", "next_step")[:limit])
    for deadline in found:
        withdraw_chase(deadline)
    return len(found)


def is_being_chased(duty: Chased) -> bool:
    """Say whether a notice about this duty is open, whoever it went on to."""
    return duty.chase_id is not None and Notice.objects.filter(chase_id=duty.chase_id, state__in=OPEN).exists()


def get_answer_minutes(duty: Chased) -> float:
    """Return how long the owner has to say that they are on it: until a coordinator is asked to call."""
    return float(duty.ladder[-1].get("after_minutes") or DAY_MINUTES) if duty.ladder else DAY_MINUTES


def withdraw_chase(duty: Chased, reason: str = DUTY_MET) -> bool:
    """Withdraw the notices that tell the owner of this duty, with all that followed them. False when none is open."""
    if duty.chase_id is None or not is_being_chased(duty):
        return False
    first = Notice.objects.filter(pk=duty.chase_id).defer("brief", "ladder", "link_token").first()
    return first is not None and cancel(notice=first, reason=reason)


def lock_duties(case: Case) -> None:
    """Lock the notices by which owners of this case's duties are told, before anything is written to the audit chain.

    Whoever answers one holds it and waits for the audit chain (`outbox.locking`).
    """
    lock_chases(Deadline.objects.unmet().filter(case=case, chase_id__isnull=False).values_list("chase_id", flat=True))


def stop_deadlines(case: Case, reason: str) -> None:
    """Let no duty of this case notify anybody any more, as after a drill; what was sent is withdrawn."""
    Deadline.objects.filter(case=case, next_mark_at__isnull=False).update(next_mark_at=None, ladder=[])
    for deadline in (
        Deadline.objects.unmet().filter(case=case, chase_id__isnull=False).defer("ladder", "label", "next_step")
    ):
        withdraw_chase(deadline, reason)


def end_duties(case: Case, at: datetime, *, without: Iterable[str] = ()) -> list[int]:
    """End what is still to be done in this case, without calling it met. Return the ids of the duties.

    `without`: keys of duties that go on. What was sent to their owners is withdrawn by the caller, or by the clock.
    """
    unmet = Deadline.objects.unmet().filter(case=case).exclude(key__in=list(without))
    keys = list(unmet.order_by("pk").values_list("pk", flat=True))
    unmet.filter(pk__in=keys).update(ended_at=at, next_mark_at=None)
    AwaitedDate.objects.filter(case=case, done_at__isnull=True, ended_at__isnull=True).update(ended_at=at)
    return keys


def get_stranded_deadlines() -> "QuerySet[Deadline]":
    """Return the running duties of open cases that have steps and no next moment: there should be none."""
    marked = Q(amber_at__isnull=False) | Q(red_at__isnull=False) | Q(breach_at__isnull=False)
    # Not as "is null", and in no order: by either index SQLite reads all duties that were ever met.
    running = Deadline.objects.running().order_by()
    return running.filter(marked).exclude(next_mark_at__isnull=False).exclude(ladder=[])


def compute_marks(procedure: Procedure, key: str, starts_at: datetime) -> dict[str, datetime | None]:
    """Compute when the procedure's deadline of this key turns amber and red and is missed.

    None for a mark that it hasn't.
    """
    moments = _moments(procedure, key, starts_at)
    return {mark.replace("_minutes", "_at"): moment for mark, moment in moments.items()}


def compute_mark_minutes(procedure: Procedure, key: str | None, starts_at: datetime) -> dict[str, float]:
    """Compute after how many minutes a notice's clock reaches each mark that its deadline (None: no deadline) has.

    In a calendar's working time that depends on when it starts.
    """
    if not key:
        return {}
    moments = _moments(procedure, key, starts_at)
    return {mark: (at - starts_at).total_seconds() / 60 for mark, at in moments.items() if at is not None}


def _moments(procedure: Procedure, key: str, starts_at: datetime) -> Moments:
    return compute_moments(procedure, procedure.deadlines[key], starts_at, get_public_holidays())
