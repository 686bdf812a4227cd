"""PDFs of notices that were closed long ago: made again from the brief when somebody asks for one."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from audit.removals import note_removed
from notifications.outbox.models import BriefDocument

PORTION = 500
MOST = 20 * PORTION  # in an hour


def tidy(argument: str = "", *, now: datetime | None = None) -> int:
    """Delete PDFs of notices that were closed NOTICE_PDF_DAYS ago (0: never), in portions. Return how many."""
    count = 0
    if settings.NOTICE_PDF_DAYS:
        before = (now or timezone.now()) - timedelta(days=settings.NOTICE_PDF_DAYS)
        while count < MOST and (keys := list(_get_old(before).values_list("pk", flat=True)[:PORTION])):
            # Of those named a moment ago one may have been made anew: it is young, and stays.
            count += BriefDocument.objects.filter(pk__in=keys, rendered_at__lt=before).delete()[0]
    return note_removed("documents", count)


def _get_old(before: datetime) -> QuerySet[BriefDocument]:
    return BriefDocument.objects.filter(rendered_at__lt=before, notice__closed_at__lt=before)
