"""Measure once an hour how much is stored, one row for each day: what grows, and when the disk will be full."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseFailure
from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_q.models import OrmQ, Task
from wagtail.images.models import Rendition

from case_forms.cases.models import Case
from case_forms.submissions.exports.models import AnswerExport
from notifications.outbox.models import BriefDocument, Notice

from .models import DailySample

KEPT = timedelta(days=400)
LOOK_BACK = timedelta(days=30)
DISK_FREE, DATABASE, LOGS = "disk_free", "database", "logs"  # bytes; all others are counts of rows

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Growth:
    """A figure of today, and what it was on the earliest day of the last month that is known."""

    value: int
    before: int | None = None
    days: int = 0

    @property
    def per_day(self) -> float:
        return (self.value - self.before) / self.days if self.before is not None and self.days else 0.0


def measure_database() -> int:
    """Return the bytes of the database, with what SQLite has not merged into its file yet."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    return sum(os.path.getsize(path) for path in (name, f"{name}-wal") if os.path.exists(path))


def measure_logs() -> int:
    folder = Path(settings.DATA_DIR) / "log"
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) if folder.is_dir() else 0


# Each figure: what it is called, and how it is measured.
FIGURES: dict[str, tuple[str | Promise, Callable[[], int]]] = {
    DISK_FREE: (_("Free disk"), lambda: shutil.disk_usage(settings.DATA_DIR).free),
    DATABASE: (_("Database"), measure_database),
    LOGS: (_("Log files"), measure_logs),
    "cases": (_("Cases"), Case.objects.count),
    "notices": (_("Notices"), Notice.objects.count),
    "documents": (_("Documents of notices (PDF)"), BriefDocument.objects.count),
    "sessions": (_("Sessions of staff"), Session.objects.count),
    "exports": (_("Exports"), AnswerExport.objects.count),
    "queued": (_("Tasks in the queue"), OrmQ.objects.count),
    "results": (_("Results of tasks"), Task.objects.count),
    "pictures": (_("Sizes of pictures"), Rendition.objects.count),
}
BYTES = frozenset({DISK_FREE, DATABASE, LOGS})


def each_hour(argument: str = "", *, now: datetime | None = None) -> DailySample:
    """Measure everything, write today's row, and delete rows of long ago. A figure that can't be read is left out."""
    moment = now or timezone.now()
    figures = {}
    for name, (_label, measure) in FIGURES.items():
        try:
            figures[name] = measure()
        except (DatabaseFailure, OSError) as error:
            log.error("sample_failed", figure=name, code=type(error).__name__)
    today = timezone.localdate(moment)
    sample, _made = DailySample.objects.update_or_create(day=today, defaults={"at": moment, "figures": figures})
    DailySample.objects.filter(day__lt=today - KEPT).delete()
    return sample


def read_growth() -> dict[str, Growth]:
    """Return each figure of the newest day with the earliest of the month before it; {} before the first sample."""
    newest = DailySample.objects.first()
    if newest is None:
        return {}
    earlier = DailySample.objects.filter(day__gte=newest.day - LOOK_BACK, day__lt=newest.day).order_by("day").first()
    found = {}
    for name, value in newest.figures.items():
        before = earlier.figures.get(name) if earlier else None
        found[name] = Growth(value, before, (newest.day - earlier.day).days if earlier else 0)
    return found


def get_days_until_full(growth: dict[str, Growth]) -> int | None:
    """Return after how many days the disk is full, as it has gone lately; None while it isn't getting fuller."""
    free = growth.get(DISK_FREE)
    return int(free.value / -free.per_day) if free is not None and free.per_day < 0 else None
