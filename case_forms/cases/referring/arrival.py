"""The clocks of a referral, from one step to the next.

    UNTOLD         until somebody of the role could be told at all                          (`untold`)
    ACCOMPANIMENT  from the service's yes until it is agreed who brings the person, and when
    ARRIVAL        from the agreed time until the person has arrived
    NEXT_SERVICE   after a "no", until another service is asked

Each is a duty of the case (`..deadlines`), turned by the same clock. A procedure sets the marks, owner and steps of its
own under these keys among its deadlines; the marks of ARRIVAL count from the time at which the person was to arrive.
Without them the proposals below hold.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language, in_each_language
from audit.chain import SYSTEM, Actor
from case_forms.procedures.clocks import (
    REFERRAL_ACCOMPANIMENT,
    REFERRAL_ARRIVAL,
    REFERRAL_NEXT_SERVICE,
    REFERRAL_UNTOLD,
)
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import CALL, DEPUTY, REMIND, snapshot_ladder

from ..deadlines import build_chase, compute_marks, find_first_mark, meet_deadlines, withdraw_chase
from ..models import Case, CaseEvent, Deadline, DeadlineKind, Referral
from ..rule_events import respond, respond_to_done
from .models import ReferralStep

ARRIVAL, NEXT_SERVICE = REFERRAL_ARRIVAL, REFERRAL_NEXT_SERVICE
ACCOMPANIMENT, UNTOLD = REFERRAL_ACCOMPANIMENT, REFERRAL_UNTOLD
NOT_ARRIVED = "referral_not_arrived"  # the event of the procedure
OVER = "referral_over"  # why a notice about the duty is withdrawn

# Proposals, as all hours. An arrival: the unit is told two hours after the time, reminded, its deputy after four hours
# more, and a coordinator is asked to call after eight. The two that nothing else moves are told within hours.
DUE_AFTER: dict[str, timedelta] = {
    UNTOLD: timedelta(hours=1),
    ACCOMPANIMENT: timedelta(hours=4),
    ARRIVAL: timedelta(hours=2),
    NEXT_SERVICE: timedelta(hours=24),
}
QUICK_STEPS = (
    {"after_minutes": 60, "do": REMIND},
    {"after_minutes": 120, "do": DEPUTY},
    {"after_minutes": 240, "do": CALL, "repeat_minutes": 240},
)
STEPS: dict[str, tuple[dict[str, Any], ...]] = {
    UNTOLD: QUICK_STEPS,
    ACCOMPANIMENT: QUICK_STEPS,
    ARRIVAL: (
        {"after_minutes": 60, "do": REMIND},
        {"after_minutes": 240, "do": DEPUTY},
        {"after_minutes": 480, "do": CALL, "repeat_minutes": 480},
    ),
    NEXT_SERVICE: (
        {"after_minutes": 720, "do": REMIND},
        {"after_minutes": 1440, "do": CALL, "repeat_minutes": 1440},
    ),
}
LABELS: dict[str, str | Promise] = {
    UNTOLD: _("Find somebody to notify: nobody has been notified yet"),
    ACCOMPANIMENT: _("Agree who brings the person to the service, and when"),
    ARRIVAL: _("The person arrives at the service"),
    NEXT_SERVICE: _("Another service after a referral that nobody took"),
}
NEXT_STEPS: dict[str, str | Promise] = {
    UNTOLD: _("Choose on the case's page whom to notify instead, or phone, and mark this as done."),
    ACCOMPANIMENT: _("Note on the referral who brings the person and when, or mark this as done and say why not."),
    ARRIVAL: _("Find out whether the person has arrived, and note it on the referral."),
    NEXT_SERVICE: _("Refer the person to another service, or mark this as done and say why none is needed."),
}

ASK_THE_PERSON = _(
    "The office that was asked says that it is not in its area. {who} would answer, and the person's consent does not"
    " cover it. Ask the person: if they agree, note the consent and refer them again; if not, mark this as done and say"
    " so."
)


def expect_arrival(referral: Referral, case: Case, event: CaseEvent, step: ReferralStep) -> Deadline:
    """Start the clock of an agreed accompaniment, with its marks after the agreed time."""
    assert step.due_at is not None
    referral.arrival_duty = start_clock(case, event, ARRIVAL, step.due_at, kind=DeadlineKind.DEADLINE)
    referral.save(update_fields=["arrival_duty"])
    return referral.arrival_duty


def expect_accompaniment(referral: Referral, case: Case, event: CaseEvent, at: datetime) -> Deadline:
    """Start the clock of agreeing who brings the person. A task: some help comes to the person, and nobody travels."""
    referral.accompaniment_duty = start_clock(case, event, ACCOMPANIMENT, at)
    referral.save(update_fields=["accompaniment_duty"])
    return referral.accompaniment_duty


def expect_next_service(case: Case, event: CaseEvent, at: datetime) -> Deadline | None:
    """Ask for another service, unless that is asked for already. A task: it can be marked as done by hand, too."""
    if Deadline.objects.unmet().filter(case=case, key=NEXT_SERVICE).exists():
        return None
    return start_clock(case, event, NEXT_SERVICE, at)


def ask_for_consent(case: Case, event: CaseEvent, at: datetime, who: Texts) -> Deadline:
    """Ask the unit to ask the person: the office of another area answers, and no consent covers it. A task.

    `who`: the office, in words. It is met when the person is referred again, or by hand.
    """
    said = format_in_each_language(ASK_THE_PERSON, who=who)
    return start_clock(case, event, NEXT_SERVICE, at, next_step=said)


def start_clock(
    case: Case,
    event: CaseEvent,
    key: str,
    since: datetime,
    *,
    kind: str = DeadlineKind.TASK,
    notice_id: UUID | None = None,
    next_step: Texts | None = None,
) -> Deadline:
    """Start one of these clocks, its marks counted from `since`: as the procedure says, else as proposed here.

    `notice_id`: the notice that nobody has, for what ends with it. `next_step`: what to do, where it isn't the usual.
    """
    procedure = case.procedure_version.parsed
    written = procedure.deadlines.get(key)
    if written is not None and written.is_chased:
        owned = {**build_chase(procedure, written), "form": ""}
        marks, label = compute_marks(procedure, key, since), written.label
    else:
        owned = {"owner": Role.MOBILE_UNIT, "ladder": snapshot_ladder([dict(step) for step in STEPS[key]])}
        marks = {"amber_at": None, "red_at": since + DUE_AFTER[key], "breach_at": None}
        label = in_each_language(LABELS[key])
    owned["next_step"] = next_step or owned.get("next_step") or in_each_language(NEXT_STEPS[key])
    deadline, _is_new = Deadline.objects.get_or_create(
        event=event,
        key=key,
        defaults={
            "case": case,
            "kind": kind,
            "label": label,
            "starts_at": event.at,
            "notice_id": notice_id,
            "next_mark_at": find_first_mark(marks),
            **marks,
            **owned,
        },
    )
    return deadline


def meet_clocks(keys: Iterable[int | None], at: datetime, *, actor: Actor = SYSTEM) -> None:
    """Meet these clocks of a referral, those that run; rules respond as to any duty that is done."""
    # The audit chain may be held already, by the answer that brought the step.
    found = Deadline.objects.filter(pk__in=[key for key in keys if key is not None])
    met = meet_deadlines(found, at, actor=actor, is_later=True)
    respond_to_done(met, at)


def end_clock(duty: Deadline | None, at: datetime) -> None:
    """End a clock without calling it met: another time was agreed, or nobody is to arrive any more."""
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
        role=referral.asked_role,
        office=referral.partner.slug,
    )
