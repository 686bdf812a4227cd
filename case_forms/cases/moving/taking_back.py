"""What the wrong case gives up when a form is moved away: everything that followed from it there.

1. what followed is found: the form's events, the notices and duties that came of them, what came of those in turn;
2. notices end and are emptied, referrals are withdrawn and emptied, duties and awaited dates that it began are deleted;
3. duties that it met are owed again, unless another form of the case meets them;
4. its events stay as rows without content, kind or form: other tables name them, and no page shows them.

That a notice went out, to whom, when, and what was answered in codes stays: the unit must see who read something that
was not about this person. The caller holds the locks of all notices of the case, and of the case.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit.chain import Actor, log_event
from notifications.briefs.erasing import ANOTHER_PERSON, take_back_from
from notifications.outbox.models import Notice

from ..consent.ending import CONSENT_ENDED, find_shared
from ..consent.gate import BY_CONSENT, find_recipient_of, may_share
from ..deadlines import find_next_mark, withdraw_chase
from ..finding.duties import end_asking
from ..models import (
    STATUS_ASKED,
    TAKEN_BACK,
    AwaitedDate,
    Case,
    CaseEvent,
    Deadline,
    Referral,
    ReferralStep,
    StatusChange,
)
from ..referring.following import withdraw_referrals
from ..statuses.models import StatusDecision


@dataclass(frozen=True)
class Followed:
    """What followed from a form in its case, as keys."""

    events: set[UUID] = field(default_factory=set)
    notices: set[UUID] = field(default_factory=set)
    referrals: set[UUID] = field(default_factory=set)
    deadlines: set[int] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.events) + len(self.notices) + len(self.referrals) + len(self.deadlines)


@dataclass(frozen=True)
class OtherForm:
    """A form of the case that stays: it meets again what the moved one had met. `by`: who sent it."""

    key: str
    received_at: datetime
    by: int


def find_followed(case: Case, versions: Collection[UUID]) -> Followed:
    """Find what followed from these versions of a form, and what followed from that, until nothing more is found."""
    found = Followed()
    own = CaseEvent.objects.filter(case=case, submission_id__in=versions).exclude(kind=CONSENT_ENDED)
    found.events.update(own.values_list("pk", flat=True))
    before = -1
    while before != found.size:
        before = found.size
        _follow_once(case, found)
    return found


def _follow_once(case: Case, found: Followed) -> None:
    notices = Notice.objects.filter(case_id=case.pk)
    firsts = notices.filter(Q(event_id__in=found.events) | Q(pk__in=found.notices)).values_list("chase_id", flat=True)
    found.notices.update(notices.filter(chase_id__in=list(firsts)).values_list("pk", flat=True))
    referrals = Referral.objects.filter(case=case).filter(
        Q(event__in=found.events) | Q(notice_id__in=found.notices) | Q(after__in=found.referrals)
    )
    for key, event, notice in referrals.values_list("pk", "event", "notice_id"):
        found.referrals.add(key)
        found.events.add(event)
        found.notices.update([notice] if notice else [])
    duties = Deadline.objects.filter(case=case).filter(Q(event__in=found.events) | Q(notice_id__in=found.notices))
    for duty, chase in duties.values_list("pk", "chase_id"):
        found.deadlines.add(duty)
        found.notices.update([chase] if chase else [])
    events = CaseEvent.objects.filter(case=case, notice_id__in=found.notices)
    found.events.update(events.values_list("pk", flat=True))


def list_covered(case: Case, at: datetime, *, without: Collection[UUID]) -> list[Notice]:
    """List the notices of the case, beside these, that a recipient reads because the person consented."""
    shared = [notice for notice in find_shared(case) if notice.pk not in without]
    return [notice for notice in shared if _is_covered(case, notice, at)]


def list_lost(case: Case, covered: Iterable[Notice], at: datetime) -> set[UUID]:
    """Return those of these that nothing covers any more."""
    return {notice.pk for notice in covered if not _is_covered(case, notice, at)}


def _is_covered(case: Case, notice: Notice, at: datetime) -> bool:
    return may_share(case, find_recipient_of(case, notice), at=at).basis == BY_CONSENT


def take_back(
    case: Case, followed: Followed, versions: Sequence[UUID], *, by: Any, actor: Actor, at: datetime
) -> list[Notice]:
    """Take back from the case what followed from a form. Return the notices that had left for somebody."""
    _empty_events(case, followed.events)
    CaseEvent.objects.filter(case=case, submission_id__in=versions, kind=CONSENT_ENDED).update(submission_id=None)
    withdraw_referrals(case, followed.notices, at, actor=actor)
    for referral in Referral.objects.filter(pk__in=followed.referrals).defer("answer_note"):
        referral.services, referral.answer_note = [], None
        referral.save(update_fields=["services", "answer_note"])
    ReferralStep.objects.filter(referral__in=followed.referrals, words__isnull=False).update(words=None)
    left = take_back_from(case.pk, followed.notices, followed.events, at=at)
    _delete_duties(case, followed.deadlines, actor)
    AwaitedDate.objects.filter(case=case, event__in=followed.events).delete()
    _end_status_changes(case, versions, by, at)
    # The withdrawing of referrals has written events of its own.
    late = CaseEvent.objects.filter(case=case, notice_id__in=followed.notices).exclude(pk__in=followed.events)
    _empty_events(case, set(late.values_list("pk", flat=True)))
    return left


def _empty_events(case: Case, keys: Collection[UUID]) -> None:
    CaseEvent.objects.filter(case=case, pk__in=keys).update(
        kind=TAKEN_BACK, submission_id=None, explanation=None, detail={}
    )


def _delete_duties(case: Case, keys: Collection[int], actor: Actor) -> None:
    for deadline in Deadline.objects.filter(case=case, pk__in=keys).defer("ladder", "label", "next_step"):
        withdraw_chase(deadline, ANOTHER_PERSON)
        log_event(
            "deadline.withdrawn",
            actor=actor,
            target_kind="deadline",
            target_id=deadline.pk,
            case=case.pk,
            key=deadline.key,
        )
        deadline.delete()


def _end_status_changes(case: Case, versions: Sequence[UUID], by: Any, at: datetime) -> None:
    """End the status that the form proposed. What two people have decided stays decided, and no longer names it."""
    asked = StatusChange.objects.filter(case=case, submission_id__in=versions)
    if asked.waiting().update(decision=StatusDecision.ENDED, decided_by=by, decided_at=at):
        end_asking(case, STATUS_ASKED, at)
    asked.update(submission_id=None)


def owe_again(
    case: Case, moments: Collection[datetime], others: Sequence[OtherForm], *, actor: Actor, at: datetime
) -> int:
    """Owe again the duties that a form met at one of these moments, or had moved. Return how many run again.

    A duty that another form of the case answers was met when that one came in. One that only rules meet is owed again:
    nobody can tell what they would have said. `moments`: when the form's versions were received.
    """
    owed = 0
    ended = Deadline.objects.filter(case=case).filter(
        Q(met_at__in=moments) | Q(met_at__isnull=True, ended_at__in=moments)
    )
    for duty in ended.order_by("pk"):
        duty.ended_at = None
        duty.met_at = _find_meeting(duty, others)
        if duty.met_at is None:
            owed += 1
            duty.next_mark_at = find_next_mark(duty.marks, at) if duty.ladder and duty.marks else None
            log_event(
                "deadline.owed_again",
                actor=actor,
                target_kind="deadline",
                target_id=duty.pk,
                case=case.pk,
                key=duty.key,
            )
        duty.save(update_fields=["met_at", "ended_at", "next_mark_at"])
    return owed


def _find_meeting(duty: Deadline, others: Sequence[OtherForm]) -> datetime | None:
    """Return when another form met this duty: the first of its kind that came in after it began, by somebody else."""
    meeting = (
        form.received_at
        for form in others
        if duty.form and form.key == duty.form and form.received_at >= duty.starts_at and form.by != duty.not_by_id
    )
    return min(meeting, default=None)
