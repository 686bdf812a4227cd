"""The hourly housekeeping of this room, run by a `bulk` worker (settings.HOUSEKEEPING)."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from audit.put_aside import for_each_row

from .actions import QUEUE_DAYS, end_grants_of_leavers
from .models import Arrival, PhoneAlarm, RoadCase
from .sealed_files import tidy_files

# As long as a token that delivers lives, and a day: later no phone can send a form again, or ask what became of it.
ARRIVAL_DAYS = QUEUE_DAYS + 1
ALARM_DAYS = 90
ROAD_DAYS = 31

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """End grants of those who left, and delete what is over: parts, arrivals, marks, alarms. Idempotent."""
    now = timezone.now()
    steps = {
        "devices.grants": lambda: end_grants_of_leavers(),
        "devices.files": lambda: tidy_files(now),
        "devices.rows": lambda: _delete_old(now),
    }
    done: dict[str, int] = {}

    def do(name: str) -> None:
        done[name.partition(".")[2]] = steps[name]()

    for_each_row("housekeeping", steps, do, at=now)
    log.info("tidied", **done)


def _delete_old(now: datetime) -> int:
    old = now - timedelta(days=ARRIVAL_DAYS)
    count = Arrival.objects.filter(arrived_at__lt=old).delete()[0]
    count += RoadCase.objects.filter(expires_at__lt=now - timedelta(days=ROAD_DAYS)).delete()[0]
    return count + PhoneAlarm.objects.filter(at__lt=now - timedelta(days=ALARM_DAYS)).delete()[0]
