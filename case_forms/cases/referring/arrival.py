"""The clocks of a referral: until the person has arrived, and until another service was asked after a "no".

Both are duties of the case (`..deadlines`), turned by the same clock. A procedure sets the marks, owner and steps of
its own under the keys ARRIVAL and NEXT_SERVICE among its deadlines; the marks of the first count from the time at
which the person was to arrive. Without them the proposals below hold.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid5

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from audit.chain import SYSTEM, Actor
from case_forms.procedures.clocks import REFERRAL_ARRIVAL, REFERRAL_NEXT_SERVICE
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import CALL, DEPUTY, REMIND, snapshot_ladder

from ..deadlines import build_chase, compute_marks, find_first_mark, meet_deadlines, withdraw_chase
from ..models import Case, CaseEvent, Deadline, DeadlineKind, Referral
from ..rule_events import respond, respond_to_done
from .models import ReferralStep

ARRIVAL, NEXT_SERVICE = REFERRAL_ARRIVAL, REFERRAL_NEXT_SERVICE
NOT_ARRIVED = "referral_not_arrived"  # the event of the procedure
OVER = "referral_over"  # why a notice about the duty is withdrawn

# Proposals, as all hours: the unit is told two hours after the time, reminded, its deputy after four hours more, and a
# coordinator is asked to call after eight.
LATE = timedelta(hours=2)
STEPS_OF_ARRIVAL = (
    {"after_minutes": 60, "do": REMIND},
    {"after_minutes": 240, "do": DEPUTY},
    {"after_minutes": 480, "do": CALL, "repeat_minutes": 480},
)
NEXT_WITHIN = timedelta(hours=24)
STEPS_OF_NEXT = (
    {"after_minutes": 720, "do": REMIND},
    {"after_minutes": 1440, "do": CALL, "repeat_minutes": 1440},
)
LABELS: dict[str, str | Promise] = {
    ARRIVAL: _("The person arrives at the service"),
    NEXT_SERVICE: _("Another service after a referral that nobody took"),
}
NEXT_STEPS: dict[str, str | Promise] = {
    ARRIVAL: _("Find out whether the person has arrived, and note it on the referral."),
    NEXT_SERVICE: _("Refer the person to another service, or mark this as done and say why none is needed."),
}


def expect_arrival(referral: Referral, case: Case, event: CaseEvent, step: ReferralStep) -> Deadline:
    """Start the clock of an agreed accompaniment, with its marks after the agreed time."""
    assert step.due_at is not None
    referral.arrival_duty = _start(
        case, event, ARRIVAL, step.due_at, default=LATE, ladder=STEPS_OF_ARRIVAL, kind=DeadlineKind.DEADLINE
    )
    referral.save(update_fields=["arrival_duty"])
    return referral.arrival_duty


def expect_next_service(case: Case, event: CaseEvent, at: datetime) -> Deadline | None:
    """Ask for another service, unless that is asked for already. A task: it can be marked as done by hand, too."""
    if Deadline.objects.unmet().filter(case=case, key=NEXT_SERVICE).exists():
        return None
    return _start(case, event, NEXT_SERVICE, at, default=NEXT_WITHIN, ladder=STEPS_OF_NEXT, kind=DeadlineKind.TASK)


def _start(
    case: Case,
    event: CaseEvent,
    key: str,
    since: datetime,
    *,
    default: timedelta,
    ladder: Any,
    kind: str,
) -> Deadline:
    procedure = case.procedure_version.parsed
    written = procedure.deadlines.get(key)
    if written is not None and written.is_chased:
        owned = {**build_chase(procedure, written), "form": ""}
        marks, label = compute_marks(procedure, key, since), written.label
    else:
        owned = {"owner": Role.MOBILE_UNIT, "ladder": snapshot_ladder([dict(step) for step in ladder])}
        marks, label = {"amber_at": None, "red_at": since + default, "breach_at": None}, in_each_language(LABELS[key])
    owned["next_step"] = owned.get("next_step") or in_each_language(NEXT_STEPS[key])
    deadline, _is_new = Deadline.objects.get_or_create(
        event=event,
        key=key,
        defaults={
            "case": case,
            "kind": kind,
            "label": label,
            "starts_at": event.at,
            "next_mark_at": find_first_mark(marks),
            **marks,
            **owned,
        },
    )
    return deadline


def meet_arrival(referral: Referral, at: datetime, *, actor: Actor = SYSTEM) -> None:
    """Meet the clock of the arrival, if one runs; rules respond as to any duty that is done."""
    if referral.arrival_duty_id is not None:
        # The audit chain may be held already, by the answer that brought the step.
        found = Deadline.objects.filter(pk=referral.arrival_duty_id)
        met = meet_deadlines(found, at, actor=actor, is_later=True)
        respond_to_done(met, at)


def end_arrival(referral: Referral, at: datetime) -> None:
    """End the clock of the arrival without calling it met: another time was agreed, or nobody is to arrive."""
    duty = referral.arrival_duty
    if duty is None or not Deadline.objects.unmet().filter(pk=duty.pk).update(ended_at=at, next_mark_at=None):
        return
    # Not now: the audit chain may be held already (`outbox.locking`). If the process ends meanwhile, the clock does it.
    transaction.on_commit(partial(withdraw_chase, duty, OVER))


def meet_next_service(case: Case, at: datetime, *, actor: Actor = SYSTEM, is_later: bool = False) -> list[Deadline]:
    """Meet the task of finding another service: the person was referred again."""
    waiting = Deadline.objects.filter(case=case, key=NEXT_SERVICE)
    return meet_deadlines(waiting, at, actor=actor, is_later=is_later)


def respond_to_late_arrival(deadline: Deadline, now: datetime) -> None:
    """Let rules respond to a person who hasn't arrived by the time that was agreed, once for each agreed time."""
    if deadline.key != ARRIVAL:
        return
    referral = Referral.objects.filter(arrival_duty=deadline).select_related("partner").first()
    if referral is None:
        return
    source = CaseEvent.objects.select_related("case__procedure_version").get(pk=referral.event_id)
    respond(
        NOT_ARRIVED,
        case=source.case,
        source=source,
        occurrence=uuid5(deadline.event_id, NOT_ARRIVED),
        at=now,
        office=referral.partner.slug,
    )
