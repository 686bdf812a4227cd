"""Note a step of a referral, whoever knows of it: the service at its link, the unit, or the unit by phone.

What `note_step` does, in one transaction:

1. locks the escalation chain of the referral's notice and then the case: whoever answers at the link holds the chain,
   whoever closes the case holds both, so two ways at the same moment come one after the other;
2. returns the step that is there if this one says the same (a second press, or the other way at the same moment);
3. checks what was written and the state machine (`moves`);
4. writes the step and the referral's state, starts or ends the clock of the arrival, settles the notice where its
   answer was given elsewhere, meets the duties that waited for it, and lets rules respond.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from access.models import User
from audit import clock
from audit.chain import SYSTEM, Actor, get_actor, log_event
from notifications.briefs.replies import NOTE_LENGTH
from notifications.briefs.role_choices import REASONS_OF_COLLEAGUES, REASONS_OF_ROLE
from notifications.directory.models import Contact, Partner
from notifications.outbox.locking import lock_chases

from ..consent.gate import find_state, may_share
from ..consent.ledger import Recipient
from ..locking import lock_case_by_id
from ..models import Case, CaseEvent, Referral, ReferralState
from ..rule_events import respond
from .arrival import end_clock, expect_accompaniment, expect_arrival, expect_next_service, meet_clocks
from .models import ReferralStep, StepKind, Way
from .moves import REPLACEABLE, TAKEN, StepRefused, find_next_state
from .notices import settle_notices
from .outcomes import get_outcomes

STEPPED = "referral_step"  # the kind of the case event
MAX_NAME = 120
MAX_AHEAD = timedelta(days=60)
TOLERANCE = timedelta(minutes=10)  # a time that has just passed while the page was filled in

# The events of the procedure, by the step that they follow from.
EVENTS = {
    StepKind.ACCEPTED: "referral_accepted",
    StepKind.DECLINED: "referral_declined",
    StepKind.ARRIVED: "referral_arrived",
    StepKind.FINISHED: "referral_ended",
}
ANSWERS = (StepKind.ACCEPTED, StepKind.DECLINED, StepKind.WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step as somebody notes it. What belongs to another kind of step is left out when it is written."""

    kind: str
    way: str
    reason: str = ""
    due_at: datetime | None = None
    office: Partner | None = None
    note: str = field(default="", repr=False)
    who: str = field(default="", repr=False)
    said_by: str = field(default="", repr=False)

    @property
    def words(self) -> dict[str, str]:
        who = self.who.strip() if self.kind == StepKind.AGREED else ""
        said_by = self.said_by.strip() if self.way == Way.PHONE else ""
        written = {"note": self.note.strip(), "who": who, "said_by": said_by}
        return {key: text for key, text in written.items() if text}


@transaction.atomic
def note_step(
    *,
    referral: Referral,
    step: Step,
    by: User | None = None,
    contact: Contact | None = None,
    at: datetime | None = None,
) -> ReferralStep:
    """Note a step. The same again returns the step that is there and changes nothing. Raises StepRefused.

    `by`: the worker who notes it; `contact`: who noted it at the service's link.
    """
    moment = at or clock.now()
    case, locked = lock_referral(referral)
    if case.closed_at is not None:
        raise StepRefused("closed")
    if (same := _find_same(locked, step)) is not None:
        return same
    find_next_state(locked.state, step.kind, step.way)
    _check(locked, case, step, moment)
    actor = get_actor(by) if by is not None else Actor("contact", str(contact.pk if contact else ""))
    return write_step(locked, case, step, by=by, contact=contact, actor=actor, at=moment)


def lock_referral(referral: Referral) -> tuple[Case, Referral]:
    """Lock the chain of the referral's notice and its case. Return the case, and the referral as it stands now."""
    lock_chases([referral.notice_id])
    case = lock_case_by_id(Referral.objects.values_list("case_id", flat=True).get(pk=referral.pk))
    return case, Referral.objects.select_related("partner", "accompaniment_duty", "arrival_duty").get(pk=referral.pk)


def _find_same(referral: Referral, step: Step) -> ReferralStep | None:
    """Return the referral's last step, if it says what this one says."""
    last = referral.steps.defer("words").last()
    if last is None or last.kind != step.kind or referral.state != find_state_after(last):
        return None
    if last.kind == StepKind.AGREED and last.due_at != step.due_at:
        return None
    return last if last.kind != StepKind.FINISHED or last.reason == step.reason else None


def find_state_after(step: ReferralStep) -> str:
    """Return the state in which a step leaves its referral; the closing of a case leaves it in one of two."""
    if step.kind == StepKind.PASSED_ON:
        return ReferralState.PENDING
    return step.referral.state if step.kind == StepKind.CASE_CLOSED else step.kind


def get_decline_codes(referral: Referral) -> tuple[str, ...]:
    """Return the codes of the reasons from which a service of this role can choose to decline."""
    return REASONS_OF_ROLE.get(referral.asked_role, REASONS_OF_COLLEAGUES)


def _check(referral: Referral, case: Case, step: Step, now: datetime) -> None:
    """Raise StepRefused for the first thing that is missing or can't be."""
    if step.kind == StepKind.DECLINED and step.reason not in get_decline_codes(referral):
        raise StepRefused("reason_missing")
    if step.kind == StepKind.FINISHED and step.reason not in get_outcomes():
        raise StepRefused("outcome_missing")
    if step.kind == StepKind.FINISHED and get_outcomes()[step.reason].needs_words and not step.note.strip():
        raise StepRefused("note_missing")
    if step.kind == StepKind.AGREED:
        _check_accompaniment(step, now)
    if step.way == Way.PHONE and not step.said_by.strip():
        raise StepRefused("said_by_missing")
    if max(len(step.who.strip()), len(step.said_by.strip())) > MAX_NAME:
        raise StepRefused("name_too_long")
    if len(step.note) > NOTE_LENGTH:
        raise StepRefused("note_too_long")
    # Whoever comes back to a service that had said no asks the gate again.
    if step.kind == StepKind.ACCEPTED and referral.state != ReferralState.PENDING:
        state = find_state(referral.case, referral.event_id, referral.asked_role)
        to = Recipient(referral.asked_role, referral.partner, state)
        if not may_share(case, to, at=now).is_allowed:
            raise StepRefused("not_covered")


def _check_accompaniment(step: Step, now: datetime) -> None:
    if not step.who.strip():
        raise StepRefused("who_missing")
    if step.due_at is None:
        raise StepRefused("time_missing")
    if step.due_at < now - TOLERANCE:
        raise StepRefused("past")
    if step.due_at > now + MAX_AHEAD:
        raise StepRefused("too_far")


def write_step(
    referral: Referral,
    case: Case,
    step: Step,
    *,
    by: User | None = None,
    contact: Contact | None = None,
    actor: Actor = SYSTEM,
    at: datetime,
    settles_notice: bool = True,
) -> ReferralStep:
    """Write a step that was checked, and do what follows from it. The caller holds the locks.

    `settles_notice`: not where the notice's own answer brought the step, which settles it.
    """
    before = referral.state
    referral.state = find_next_state(before, step.kind, step.way)
    if step.office is not None:
        # Whoever has it now has said nothing yet.
        referral.partner, referral.answered_at = step.office, None
    elif referral.answered_at is None:
        referral.answered_at = at
    referral.save(update_fields=["state", "answered_at", "partner"])
    row = ReferralStep.objects.create(
        referral=referral,
        case=case,
        kind=step.kind,
        way=step.way,
        at=at,
        by=by,
        contact=contact,
        reason=step.reason if step.kind in (StepKind.DECLINED, StepKind.FINISHED, StepKind.CASE_CLOSED) else "",
        due_at=step.due_at if step.kind == StepKind.AGREED else None,
        office=step.office,
        words=step.words or None,
    )
    event = CaseEvent.objects.create(
        case=case,
        kind=STEPPED,
        at=at,
        notice_id=referral.notice_id,
        submission_id=_get_submission(referral),
        detail={"referral": str(referral.pk), "step": str(row.pk), "kind": str(step.kind), "way": str(step.way)},
    )
    _turn_clocks(referral, case, event, row, at=at, actor=actor)
    if settles_notice:
        settle_notices(referral, row, before=before, at=at)
    about: dict[str, Any] = {"actor": actor, "target_kind": "referral", "target_id": referral.pk, "case": case.pk}
    if step.kind in ANSWERS:
        log_event("referral.answered", **about, state=str(referral.state), way=str(step.way))
    else:
        log_event("referral.step", **about, step=str(step.kind), way=str(step.way), reason=row.reason)
    _respond(referral, case, row, at)
    return row


def _get_submission(referral: Referral) -> UUID | None:
    return CaseEvent.objects.values_list("submission_id", flat=True).get(pk=referral.event_id)


def _turn_clocks(
    referral: Referral, case: Case, event: CaseEvent, row: ReferralStep, *, at: datetime, actor: Actor
) -> None:
    """Start, meet or end the clocks that lead from this step to the next.

    Another service is asked for where none is being asked any more.
    """
    if row.kind == StepKind.ACCEPTED and referral.asked_role in REPLACEABLE:
        expect_accompaniment(referral, case, event, at)
    elif row.kind == StepKind.AGREED:
        end_clock(referral.arrival_duty, at)
        meet_clocks([referral.accompaniment_duty_id], at, actor=actor)
        expect_arrival(referral, case, event, row)
    elif row.kind == StepKind.ARRIVED:
        meet_clocks([referral.accompaniment_duty_id, referral.arrival_duty_id], at, actor=actor)
    elif referral.state not in TAKEN:
        end_clock(referral.accompaniment_duty, at)
        end_clock(referral.arrival_duty, at)
    is_left = row.kind in (StepKind.DECLINED, StepKind.NO_ANSWER) and row.way != Way.LINK
    outcome = get_outcomes().get(row.reason) if row.kind == StepKind.FINISHED else None
    is_left = is_left or (outcome is not None and outcome.needs_next)
    if is_left and referral.asked_role in REPLACEABLE:
        expect_next_service(case, event, at)


def _respond(referral: Referral, case: Case, row: ReferralStep, at: datetime) -> None:
    """Let the procedure's rules respond, once for each kind of step of a referral."""
    kind = EVENTS.get(StepKind(row.kind))
    if kind is None:
        return
    source = CaseEvent.objects.get(pk=referral.event_id)
    respond(
        kind,
        case=case,
        source=source,
        occurrence=uuid5(referral.pk, row.kind),
        at=at,
        role=referral.asked_role,
        office=referral.partner.slug,
        reply=row.reason or None,
    )
