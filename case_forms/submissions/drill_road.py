"""How the room of drills, on a floor below, has a drill begun and ended: by a form, as a real case begins."""

from datetime import datetime
from uuid import UUID

from access.models import Region
from notifications.drills.running import CannotBegin, Road, register_road

from .drill import DrillImpossible, submit_drill
from .drill_ending import end_drill


def register() -> None:
    register_road(Road(_begin, _end))


def _begin(region: Region, run: UUID) -> UUID:
    try:
        case = submit_drill(region, run).submission.case
    except DrillImpossible as impossible:
        raise CannotBegin(impossible.code) from None
    if case is None:
        raise CannotBegin("nobody_notified")
    return case.pk


def _end(case_id: UUID, at: datetime) -> None:
    end_drill(case_id, at)
