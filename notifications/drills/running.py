"""Begin drills: by plan once in a month and region, or because somebody asked. Run by the bulk workers each minute.

Exactly one: the row of a month is unique, and what takes it on locks it. A drill and its row's new state are one
transaction, so that a worker that dies in the middle leaves a drill that hasn't begun.

The room above registers how a drill is begun and ended (`register_road`): this one knows no forms and cases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from access.models import Region, User
from audit.chain import get_actor, log_event
from audit.put_aside import for_each_row
from notifications.outbox.models import Notice
from notifications.outbox.queueing import enqueue_bulk
from notifications.outbox.states import OPEN
from notifications.outbox.ways.planning import plan_every_way

from .models import DrillPlan, DrillRun, DrillState
from .schedule import get_month, is_due, is_in_hours, iter_over

EACH_MINUTE = "notifications.drills.watch.each_minute"
MAX_BY_HAND = 3  # a day and region: a drill must stay something that people answer
# Until when a running drill's notices climb no ladder after its end: the sweeper withdraws them within a second.
MARGIN = timedelta(hours=1)
FAULT = "fault"  # `DrillRun.reason`s
NOBODY_NOTIFIED = "nobody_notified"
MONTH_OVER = "month_over"

log = structlog.get_logger(__name__)


class CannotBegin(Exception):
    """Raised by the road: what a drill needs is missing. `code`: one of `words.REASONS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CannotAsk(Exception):
    """A drill that can't be asked for. `code`: running, too_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Road:
    """How a drill is begun, given its region and its id: returns its case's id, raises CannotBegin; and ended."""

    begin: Callable[[Region, UUID], UUID]
    end: Callable[[UUID, datetime], None]


_roads: list[Road] = []


def register_road(road: Road) -> None:
    _roads[:] = [road]


def get_road() -> Road:
    if not _roads:
        raise CannotBegin(FAULT)
    return _roads[0]


def ask_for_drill(*, region: Region, by: User, now: datetime | None = None) -> DrillRun:
    """Ask for a drill of this region now, whatever its plan. A worker begins it. Raises CannotAsk."""
    moment = now or timezone.now()
    plan = DrillPlan.objects.filter(region=region).first() or DrillPlan(region=region)
    lately = DrillRun.objects.filter(region=region, month="", asked_at__gt=moment - timedelta(days=1))
    if lately.count() >= MAX_BY_HAND:
        raise CannotAsk("too_many")
    try:
        with transaction.atomic():
            run = DrillRun.objects.create(
                region=region, asked_by=by, asked_at=moment, minutes=plan.minutes, climbs=plan.climbs
            )
            log_event("drill.asked", actor=get_actor(by), target_kind="drill", target_id=run.pk, region=region.slug)
    except IntegrityError:
        raise CannotAsk("running") from None
    transaction.on_commit(lambda: enqueue_bulk(EACH_MINUTE, ""))
    return run


def note_missed(now: datetime) -> int:
    """Write down each month that is over and had no drill. Return how many."""
    plans = list(DrillPlan.objects.filter(is_on=True).select_related("region"))
    by_key = {plan.pk: plan for plan in plans}
    return for_each_row("drill.missed", by_key, lambda key: _note_missed_of(by_key[key], now), at=now)


def _note_missed_of(plan: DrillPlan, now: datetime) -> bool:
    held = set(DrillRun.objects.filter(region=plan.region_id).exclude(month="").values_list("month", flat=True))
    missed = [month for month in iter_over(plan, now) if get_month(month) not in held]
    noted = 0
    for month in missed:
        try:
            with transaction.atomic():
                run = DrillRun.objects.create(
                    region=plan.region,
                    month=get_month(month),
                    state=DrillState.MISSED,
                    reason=MONTH_OVER,
                    asked_at=now,
                    ended_at=now,
                    alarm_at=now,
                )
                _log_end(run)
                noted += 1
        except IntegrityError:
            continue  # another worker noted it
    return noted > 0


def plan_due(now: datetime) -> int:
    """Write down each drill that is due by plan. Return how many."""
    plans = [plan for plan in DrillPlan.objects.filter(is_on=True).select_related("region") if is_due(plan, now)]
    month = get_month(timezone.localdate(now))
    held = set(DrillRun.objects.filter(month=month).values_list("region", flat=True))
    by_key = {plan.pk: plan for plan in plans if plan.region_id not in held}
    return for_each_row("drill.plan", by_key, lambda key: _plan_one(by_key[key], month, now), at=now)


def _plan_one(plan: DrillPlan, month: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            DrillRun.objects.create(
                region=plan.region, month=month, asked_at=now, minutes=plan.minutes, climbs=plan.climbs
            )
    except IntegrityError:
        return False  # another worker was faster, or one that somebody asked for isn't over yet
    return True


def begin_waiting(now: datetime) -> int:
    """Begin the drills that wait, each by itself. Return how many began."""
    keys = list(DrillRun.objects.filter(state=DrillState.WAITING).order_by("asked_at").values_list("pk", flat=True))
    return for_each_row("drill.begin", keys, lambda key: begin_drill(key, now), at=now)


def begin_drill(key: UUID, now: datetime) -> bool:
    """Begin one drill that waits; end it as failed where it can't begin. False when it hasn't begun."""
    try:
        with transaction.atomic():
            run = _lock_waiting(key)
            if run is None or _must_wait(run, now):
                return False
            _begin(run, now)
            return True
    except CannotBegin as missing:
        reason = missing.code
    except (OperationalError, InterfaceError):
        raise  # the database's fault, not this drill's: it is begun in a minute
    except Exception as error:  # noqa: BLE001  # a drill that can't begin is what a drill is to find out
        log.error("drill_failed", code=type(error).__name__, drill=str(key))
        reason = FAULT
    with transaction.atomic():
        run = _lock_waiting(key)
        if run is not None:
            close_run(run, DrillState.FAILED, reason, now)
    return False


def _lock_waiting(key: UUID) -> DrillRun | None:
    rows = DrillRun.objects.select_for_update(of=("self",)).select_related("region")
    return rows.filter(pk=key, state=DrillState.WAITING).first()


def _must_wait(run: DrillRun, now: datetime) -> bool:
    """Tell whether one by plan isn't to begin now: a worker came late, and the hours, or the month, are over."""
    if not run.month:
        return False
    if run.month < get_month(timezone.localdate(now)):
        close_run(run, DrillState.MISSED, MONTH_OVER, now)
        return True
    plan = DrillPlan.objects.filter(region=run.region_id, is_on=True).first()
    if plan is None:
        run.delete()  # drills were switched off before it began
        return True
    return not is_in_hours(plan, now)


def _begin(run: DrillRun, now: datetime) -> None:
    case_id = get_road().begin(run.region, run.pk)
    notices = list(Notice.objects.filter(case_id=case_id, is_drill=True).select_related("contact"))
    if not notices:
        raise CannotBegin(NOBODY_NOTIFIED)
    run.state, run.case_id, run.begun_at = DrillState.RUNNING, case_id, now
    run.ends_at = now + timedelta(minutes=run.minutes)
    run.save(update_fields=["state", "case_id", "begun_at", "ends_at"])
    for notice in notices:
        plan_every_way(notice, at=now)
    if not run.climbs:
        # A later moment and not none: every open notice has a next step, a drill's as well.
        open_ones = Notice.objects.filter(case_id=case_id, state__in=OPEN, next_step_at__isnull=False)
        open_ones.update(next_step_at=run.ends_at + MARGIN)
    log_event("drill.begun", target_kind="drill", target_id=run.pk, region=run.region.slug, case=case_id)


def close_run(run: DrillRun, state: str, reason: str, now: datetime) -> None:
    """Write down how a drill has ended. The caller holds its row."""
    run.state, run.reason, run.ended_at = state, reason, now
    run.alarm_at = None if state == DrillState.PASSED else now
    run.save(update_fields=["state", "reason", "ended_at", "alarm_at"])
    _log_end(run)


def _log_end(run: DrillRun) -> None:
    detail: dict[str, Any] = {"region": run.region.slug, "state": str(run.state), "reason": run.reason}
    log_event("drill.ended", target_kind="drill", target_id=run.pk, **detail)
