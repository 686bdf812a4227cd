"""Services that a form asks for while nobody could be told: a task until somebody is, and then the referral begins.

A role has no office in the directory, or its office has nobody on duty. Its notice waits, the directory is asked again,
and coordinators are asked to call. Beside that the unit has a task (`arrival.UNTOLD`), because only a person can decide
to phone, to choose another office, or to do without.

When somebody is told at last, by the directory or because the unit chose them, `begin` starts the referral where there
was none for want of an office, and counts every clock of the answer from then on: whoever is told on the third day has
as long to answer as whoever is told at once.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet

from audit.chain import SYSTEM, Actor, log_event
from audit.due import Clock
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory.models import Partner, Role
from notifications.outbox.escalation_policy import get_first_step_time
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NO_CONTACT

from ..deadlines import compute_marks, find_first_mark, meet_deadlines
from ..locking import lock_case_by_id
from ..models import Case, CaseEvent, Deadline, Referral
from ..rule_events import respond_to_done
from .arrival import UNTOLD, start_clock
from .moves import HELPING_ROLES

KIND = "referral.untold"  # the name of the clock, and the kind under which a notice is put aside
NOBODY_TOLD = "nobody_told"  # the kind of the case event
ASKED_ROLES = HELPING_ROLES | {Role.PROTECTION_SERVICE.value}
MARKS = ("amber_at", "red_at", "breach_at")
MAX_NOTICES = 200  # in one pass
MAX_LOOKED_AT = 5000


def ask_to_find(notice: Notice, case: Case, at: datetime) -> Deadline | None:
    """Begin the task of finding somebody for a service's first notice that has nobody; once while it has not."""
    if notice.role not in ASKED_ROLES or notice.purpose != Purpose.FIRST or notice.reason != NO_CONTACT:
        return None
    source = CaseEvent.objects.filter(pk=notice.event_id).values_list("submission_id", flat=True).first()
    event, _is_new = CaseEvent.objects.get_or_create(
        pk=_build_event_id(notice.pk, notice.attempts),
        defaults={
            "case": case,
            "kind": NOBODY_TOLD,
            "at": at,
            "notice_id": notice.pk,
            "submission_id": source,
            "detail": {"role": notice.role},
        },
    )
    return start_clock(case, event, UNTOLD, at, notice_id=notice.pk)


def _build_event_id(notice: UUID, attempts: int) -> UUID:
    """Return the id of the event that nobody has a notice: another one when who had it was sent it and has left."""
    return uuid5(notice, f"{NOBODY_TOLD} {attempts}")


def begin(notice: Notice, case: Case, at: datetime, *, actor: Actor = SYSTEM) -> Referral | None:
    """Begin the referral of a service's notice that has a recipient at last. Return it; None for any other notice.

    `notice`: the one that has them; its chain begins with the one that had nobody. The caller holds the chain and is in
    the transaction in which they were found.
    """
    office = notice.partner or (notice.contact.partner if notice.contact else None)
    root = notice.root
    if notice.role not in ASKED_ROLES or office is None or root.purpose != Purpose.FIRST or root.role != notice.role:
        return None
    referral = Referral.objects.filter(notice_id=notice.chase_id).order_by("made_at").first()
    if referral is None and notice.role in HELPING_ROLES:
        referral = _create(notice, case, office, at, actor)
    if not _was_told_before(notice):
        _count_anew(notice, case, at)
    found = Deadline.objects.filter(case=case, key=UNTOLD, notice_id=notice.chase_id)
    respond_to_done(meet_deadlines(found, at, actor=actor, is_later=True), at)
    return referral


def _create(notice: Notice, case: Case, office: Partner, at: datetime, actor: Actor) -> Referral | None:
    event = CaseEvent.objects.filter(case=case, pk=notice.root.event_id).first()
    if event is None:
        return None
    made = Referral.objects.create(
        case=case, event=event, partner=office, role=notice.role, notice_id=notice.chase_id, made_at=at
    )
    log_event("referral.made", actor=actor, target_kind="referral", target_id=made.pk, case=case.pk)
    return made


def _was_told_before(notice: Notice) -> bool:
    """Say whether somebody of the role has been sent a notice of this chain already, and their clock has run."""
    chain = Notice.objects.filter(chase_id=notice.chase_id, role=notice.role).exclude(purpose__in=_CALLS)
    return chain.filter(attempts__gt=0).exists()


_CALLS = (Purpose.CALL, Purpose.FALLBACK)


def _count_anew(notice: Notice, case: Case, at: datetime) -> None:
    """Count the times of the answer, the steps meanwhile and the duty that waits for it from this moment on."""
    since, passed = notice.owed_at, at - notice.root.owed_at
    waited = at - since
    # Of a notice that takes the place of the first one, the marks are those of the first one.
    moved: dict[str, Any] = {name: moment + passed for name in MARKS if (moment := getattr(notice, name)) is not None}
    if notice.answer_by is not None:
        moved["answer_by"] = notice.answer_by + waited
    if notice.ladder:
        # The steps are counted from when the notice was created, which stays what it was.
        minutes = waited.total_seconds() / 60
        steps = [{**step, "after_minutes": round(step["after_minutes"] + minutes, 2)} for step in notice.ladder]
        moved |= {"ladder": steps, "ladder_step": 0, "next_step_at": get_first_step_time(steps, since)}
    if moved:
        Notice.objects.filter(pk=notice.pk).update(**moved)
    count_duties_anew(notice.chase_id, case, at)


def count_duties_anew(chase_id: UUID | None, case: Case, at: datetime) -> None:
    """Count the duties that wait for an answer to this chain of notices from this moment on."""
    procedure = case.procedure_version.parsed
    members = Notice.objects.filter(chase_id=chase_id).values("pk")
    for duty in Deadline.objects.unmet().filter(case=case, notice_id__in=members).exclude(key=UNTOLD):
        if duty.key in procedure.deadlines:
            marks = compute_marks(procedure, duty.key, at)
            next_mark = find_first_mark(marks) if duty.next_mark_at is not None else None
            Deadline.objects.filter(pk=duty.pk).update(starts_at=at, next_mark_at=next_mark, **marks)


def advance(now: datetime) -> int:
    """Begin the task for every notice that lost its recipient, or was created by another road. Return how many."""
    rows = list(_find_lost(aside=get_put_aside_keys(KIND, now)))
    return for_each_row(KIND, _leave_out_known(rows)[:MAX_NOTICES], lambda key: _ask_one(key, now), at=now)


def _find_lost(aside: Collection[str]) -> QuerySet[Notice, Any]:
    return (
        Notice.objects.without_recipient()
        .filter(role__in=ASKED_ROLES, purpose=Purpose.FIRST)
        .exclude(pk__in=aside)
        .order_by("owed_at")
        .values_list("pk", "attempts")[:MAX_LOOKED_AT]
    )


def _leave_out_known(rows: Iterable[tuple[UUID, int]]) -> list[UUID]:
    events = {_build_event_id(key, attempts): key for key, attempts in rows}
    if not events:
        return []
    known = set(CaseEvent.objects.filter(pk__in=list(events)).values_list("pk", flat=True))
    return [key for event, key in events.items() if event not in known]


def _ask_one(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        rows = Notice.objects.without_recipient().defer("brief", "ladder", "link_token")
        notice = rows.filter(pk=key).first()
        # It may be about something else than a case, or the case may be closed.
        if notice is None or not Case.objects.open().filter(pk=notice.case_id).exists():
            return False
        case = lock_case_by_id(notice.case_id)
        return case.closed_at is None and ask_to_find(notice, case, now) is not None


CLOCK = Clock(name=KIND, advance=advance)
