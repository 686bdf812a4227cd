"""The plan of visits compared with the logs: a visit is done when the unit's log names the zone near its day."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from access.models import User
from case_forms.zones.models import PlannedVisit

from .visits import Visit, get_visits

EARLY, LATE = 2, 7  # days around the planned one within which a visit counts for it
SHOWN_BACK = 60
DONE, DUE, AHEAD, MISSED = "done", "due", "ahead", "missed"


@dataclass(frozen=True)
class PlanLine:
    """A planned visit. `state`: done, due (today, or still within LATE days), ahead, missed."""

    planned: PlannedVisit
    state: str
    done_on: date | None = None


def get_plan(user: User, *, today: date | None = None) -> list[PlanLine]:
    """Return the plan from SHOWN_BACK days ago on: what lies ahead, soonest first, then the past, newest first."""
    day = today or timezone.localdate()
    since = day - timedelta(days=SHOWN_BACK)
    planned = list(
        PlannedVisit.objects.visible_to(user)
        .not_cancelled()
        .filter(on__gte=since)
        .select_related("zone__municipality", "unit")
    )
    visits = get_visits({plan.unit for plan in planned}, since - timedelta(days=EARLY), day) if planned else []
    lines = [build_line(plan, visits, day) for plan in planned]
    open_ones = [line for line in lines if line.state in (DUE, AHEAD)]
    past = [line for line in lines if line.state in (DONE, MISSED)]
    return sorted(open_ones, key=lambda line: line.planned.on) + sorted(
        past, key=lambda line: line.planned.on, reverse=True
    )


def build_line(planned: PlannedVisit, visits: list[Visit], day: date) -> PlanLine:
    """Return a planned visit with its state on this day; a log counts from EARLY days before to LATE days after."""
    made = [
        visit.on
        for visit in visits
        if visit.unit_id == planned.unit_id
        and visit.zone == str(planned.zone_id)
        and -EARLY <= (visit.on - planned.on).days <= LATE
    ]
    if made:
        return PlanLine(planned, DONE, min(made))
    if planned.on > day:
        return PlanLine(planned, AHEAD)
    return PlanLine(planned, DUE if (day - planned.on).days <= LATE else MISSED)
