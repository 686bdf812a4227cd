"""Rows that django-q2 leaves in the database: results of tasks, and tasks of a broker that is used no more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ, Task

from audit.removals import note_removed


def tidy(argument: str = "", *, now: datetime | None = None) -> int:
    """Delete what is older than QUEUE_RESULT_DAYS. Return how many rows.

    Our workers store no result; an older release's did. Nothing is in a task that isn't in a row of ours.
    """
    before = (now or timezone.now()) - timedelta(days=settings.QUEUE_RESULT_DAYS)
    count = Task.objects.filter(stopped__lt=before).delete()[0]
    if not settings.BROKER_URL.startswith("orm://"):
        count += OrmQ.objects.filter(lock__lt=before).delete()[0]
    return note_removed("results", count)
