"""The clock of duties: tell the owner of each deadline and task when it is due, until it is met.

    mark reached, nobody asked   the owner (of a unit's duty the lead worker first: `lead`) gets a notice with the
                                 duty's own steps, which end in a coordinator's call
    a notice of it is open       nothing new: that one's steps go on (one open chase for each duty)
    after the last mark          looked at again each day, so that "I'll do it" isn't the last that is heard of it
    met, or its case closed      no further moment; meeting it withdraws what was sent (`deadlines.meet_deadlines`);
                                 what `models.RUNS_IN_CLOSED_CASES` names goes on in a closed case

Of two sweepers one tells the owner (`audit.due`). A row that can't be read is put aside by name, and a coordinator is
asked to look at its case.
"""

from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from django.utils.translation import gettext_lazy as _

from audit.chain import log_event
from audit.due import Due
from case_forms.procedures.chains import chain_for
from notifications.directory.models import Role
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_policy import REPEAT_MINUTES
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.subjects import Subject

from .deadlines import (
    find_next_mark,
    get_answer_minutes,
    get_stranded_deadlines,
    is_being_chased,
    withdraw_chases_of_met,
)
from .duty_briefs import build_duty_brief, build_unreadable_brief
from .finding.transfers import get_addressee
from .lead import find_first_told, put_unit_after_lead
from .locking import lock_case_by_id
from .models import Case, CaseEvent, Deadline
from .referring.arrival import respond_to_late_arrival
from .rule_events import respond_to_duty

DUE = "duty_due"  # the kind of the case event when an owner is told
MAX_DUTIES = 200  # in one pass


def _lock_case(key: int) -> None:
    """Lock its case before the row: whoever closes the case holds it, and then waits for its duties."""
    lock_case_by_id(Deadline.objects.values_list("case_id", flat=True).get(pk=key))


def _take_mark(deadline: Deadline, now: datetime) -> bool:
    """Move the duty on to its next mark, and tell its owner unless somebody is being asked already."""
    Deadline.objects.filter(pk=deadline.pk).update(next_mark_at=find_next_mark(deadline.marks, now))
    is_told = not is_being_chased(deadline)
    if is_told:
        notice = _tell_owner(deadline, now)
        Deadline.objects.filter(pk=deadline.pk).update(chase_id=notice.pk, chases=deadline.chases + 1)
        _record(deadline, notice, now)
    respond_to_duty("task_due", deadline, now)
    respond_to_late_arrival(deadline, now)
    if deadline.marks and deadline.marks[-1] <= now:
        respond_to_duty("task_overdue", deadline, now)
    return is_told


def _tell_owner(deadline: Deadline, now: datetime) -> Notice:
    case = Case.objects.select_related("municipality", "unit", "procedure_version", "lead", "opened_by").get(
        pk=deadline.case_id
    )
    unit, place = get_addressee(deadline, case)
    lead = find_first_told(deadline, case, unit, now)
    return replace(Subject.of(case), unit=unit, municipality=place).notify(
        deadline.owner,
        # The same id for the same time that a chase begins: should two begin it, there is one notice.
        event_id=uuid5(deadline.event_id, f"{deadline.key}-{deadline.chases + 1}"),
        chain=chain_for(case.procedure_version.parsed, deadline.owner),
        found=Resolution(deadline.owner, lead.partner, lead) if lead else None,
        brief=build_duty_brief(deadline, case),
        answer_minutes=get_answer_minutes(deadline),
        ladder=put_unit_after_lead(deadline.ladder) if lead else deadline.ladder,
        purpose=Purpose.DUTY,
        at=now,
    )


def _record(deadline: Deadline, notice: Notice, now: datetime) -> None:
    detail = {"deadline": deadline.pk, "key": deadline.key, "role": deadline.owner, "chases": deadline.chases + 1}
    event = CaseEvent(case_id=deadline.case_id, kind=DUE, at=now, notice_id=notice.pk, detail=detail)
    event.save(force_insert=True)
    log_event(
        "deadline.due",
        target_kind="deadline",
        target_id=deadline.pk,
        case=deadline.case_id,
        key=deadline.key,
        role=deadline.owner,
        notice=notice.pk,
    )


def _ask_to_look(key: int, now: datetime) -> Notice | None:
    """Ask a coordinator to look at the case of a duty that can't be read, without reading what is damaged."""
    deadline = Deadline.objects.only("pk", "event_id", "case_id").filter(pk=key).first()
    if deadline is None:
        return None
    case = Case.objects.select_related("municipality", "unit").get(pk=deadline.case_id)
    return Subject.of(case).notify(
        Role.COORDINATOR,
        event_id=uuid5(deadline.event_id, f"put-aside-{key}"),
        brief=build_unreadable_brief(case),
        answer_minutes=REPEAT_MINUTES,
        purpose=Purpose.DUTY,
        at=now,
    )


def find_stranded(now: datetime) -> list[str]:
    """Return the ids of duties that have steps and no next moment. `now` is the sweeper's; none depends on it."""
    return [str(key) for key in get_stranded_deadlines().values_list("pk", flat=True)]


DUE_CLOCK = Due(
    name="deadline.clock",
    label=_("Notifying the owner of a duty: a coordinator was asked to look"),
    rows=lambda _now: Deadline.objects.running(),
    column="next_mark_at",
    lock=_lock_case,
    act=_take_mark,
    prepare=lambda _now: withdraw_chases_of_met(MAX_DUTIES),
    on_put_aside=_ask_to_look,
    find_stranded=find_stranded,
)
advance = DUE_CLOCK.advance
