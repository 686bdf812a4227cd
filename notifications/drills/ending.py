"""End drills whose time is over: keep what became of each notice by each way, and withdraw what is still open.

The sweeper does it in each round, so that no drill's notice climbs a ladder because the bulk workers are down.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from audit.due import Due, lock_row_alone
from notifications.outbox.models import Attempt, AttemptOutcome, Notice, Purpose
from notifications.outbox.states import NO_CONTACT
from notifications.outbox.ways.models import Dispatch, DispatchState

from .models import DrillResult, DrillRun, DrillState
from .running import close_run, get_road

LATE = timedelta(minutes=15)  # after which one that hasn't ended is said to be stranded
EMAIL = "email"
NOT_SENT = "not_sent"
# The purposes whose recipients a drill is about; calls to coordinators and reminders are no recipients of their own.
ASKED = (Purpose.FIRST, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD)


def find_unended(now: datetime) -> list[str]:
    """Return the drills that should have ended some time ago; there should be none."""
    late = DrillRun.objects.filter(state=DrillState.RUNNING, ends_at__lt=now - LATE)
    return [str(key) for key in late.values_list("pk", flat=True)]


def end_drill(run: DrillRun, now: datetime) -> bool:
    """End one drill that runs, as it was locked. False where it has no case."""
    if run.case_id is None:
        return False
    results = read_results(run)
    DrillResult.objects.bulk_create(results)
    get_road().end(run.case_id, now)
    close_run(run, judge(results), "", now)
    return True


DUE = Due(
    name="drill.end",
    label=_("Ending a drill"),
    rows=lambda _now: DrillRun.objects.filter(state=DrillState.RUNNING).select_related("region"),
    column="ends_at",
    lock=lock_row_alone,
    act=end_drill,
    find_stranded=find_unended,
)
end_due = DUE.advance


def judge(results: Iterable[DrillResult]) -> DrillState:
    """Say how a drill went: failed when a notice found nobody, or a way didn't take it."""
    found = list(results)
    if not found or any(each.has_failed for each in found):
        return DrillState.FAILED
    return DrillState.UNANSWERED if any(each.is_unmet for each in found) else DrillState.PASSED


def read_results(run: DrillRun) -> list[DrillResult]:
    """Return what has become of each notice by each way until now, unsaved; by order of the notices."""
    if run.case_id is None:
        return []
    notices = list(
        Notice.objects.filter(case_id=run.case_id, is_drill=True, purpose__in=ASKED)
        .defer("brief", "link_token", "ladder")
        .order_by("owed_at", "pk")
    )
    keys = [notice.pk for notice in notices]
    ways: dict[UUID, list[Dispatch]] = {}
    for dispatch in Dispatch.objects.filter(notice__in=keys).order_by("owed_at", "pk"):
        ways.setdefault(dispatch.notice_id, []).append(dispatch)
    # "Isn't something", which no index answers: nearly every attempt has none, and SQLite would begin with all of them.
    mailed = Attempt.objects.filter(notice__in=keys).exclude(dispatch__isnull=False).order_by("number")
    last_mail = {attempt.notice_id: attempt for attempt in mailed}
    found: list[DrillResult] = []
    for notice in notices:
        found.append(_read_mail(run, notice, last_mail.get(notice.pk)))
        found += [_read_way(run, notice, dispatch) for dispatch in ways.get(notice.pk, [])]
    return found


def _read_mail(run: DrillRun, notice: Notice, attempt: Attempt | None) -> DrillResult:
    if notice.reason == NO_CONTACT or notice.contact_id is None:
        return _build(run, notice, "", error_code=NO_CONTACT)
    # By the attempt and not by `sent_at`: whoever opened it by the link of an SMS shows nothing of the mail.
    if attempt is None:
        was_opened = notice.opened_at is not None
        return _build(run, notice, notice.channel, not_needed=was_opened, error_code="" if was_opened else NOT_SENT)
    was_taken = attempt.outcome == AttemptOutcome.ACCEPTED
    return _build(
        run,
        notice,
        notice.channel,
        taken_at=attempt.finished_at if was_taken else None,
        error_code="" if was_taken else attempt.error_code or NOT_SENT,
    )


def _read_way(run: DrillRun, notice: Notice, dispatch: Dispatch) -> DrillResult:
    not_needed = dispatch.state == DispatchState.NOT_NEEDED
    is_out = dispatch.taken_at is not None and dispatch.state != DispatchState.FAILED
    return _build(
        run,
        notice,
        dispatch.channel,
        not_needed=not_needed,
        taken_at=dispatch.taken_at,
        delivered_at=dispatch.delivered_at,
        error_code="" if is_out or not_needed else dispatch.error_code or NOT_SENT,
    )


def _build(
    run: DrillRun,
    notice: Notice,
    channel: str,
    *,
    not_needed: bool = False,
    taken_at: datetime | None = None,
    delivered_at: datetime | None = None,
    error_code: str = "",
) -> DrillResult:
    return DrillResult(
        run=run,
        role=notice.role,
        office_id=notice.partner_id,
        contact_id=notice.contact_id,
        channel=channel,
        not_needed=not_needed,
        taken_at=taken_at,
        delivered_at=delivered_at,
        error_code=error_code,
        awaits_answer=notice.answer_by is not None and notice.contact_id is not None,
        opened_at=notice.opened_at,
        answered_at=notice.accepted_at or notice.declined_at,
    )
