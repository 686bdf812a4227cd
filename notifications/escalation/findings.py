"""The sweeper's findings: counts and ages, stored in a Heartbeat row for `/readyz`; and stranded notices.

`/readyz` is asked each second or two by everybody; it must cost the same whatever the outbox holds. So the queries
that read rows run here, each few seconds, in one process; the answer says only how old it is.
"""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Min, OuterRef

from audit.models import PutAside
from notifications.directory.models import Contact, DutyShift, Leave
from notifications.outbox.actions import EMAIL
from notifications.outbox.alarm import build_health_part
from notifications.outbox.models import Attempt, AttemptOutcome, Notice, Purpose
from notifications.outbox.states import OPEN, SETTLED, UNREACHED, UNSENT, NoticeState

FINDINGS = "findings"  # parts of Heartbeat
AUDIT = "audit"
CLOCKS = ("notice.clock", "notice.digest", "notice.resolve")


def collect_findings(now: datetime) -> dict[str, Any]:
    """Collect the findings, in some eleven statements.

    {"overdue_s", "put_aside", "smtp_failing_s", "contacts", "on_duty"}: seconds and counts; "nobody_told": the
    operator's alarm (outbox.alarm).
    """
    return {
        "overdue_s": _measure_overdue(now),
        "put_aside": PutAside.objects.count(),
        "smtp_failing_s": _measure_mail_failing(now),
        "contacts": Contact.objects.filter(is_active=True, partner__is_active=True, reachable_at__isnull=False).count(),
        "on_duty": _count_on_duty(now),
        "nobody_told": build_health_part(now),
    }


def _measure_overdue(now: datetime) -> float:
    """Return how long, in seconds, the oldest due notice has been waiting."""
    # A notice that is being sent has no next attempt; what counts for it is its lease.
    due = Notice.objects.due(now)
    waiting = due.exclude(state=NoticeState.SENDING).aggregate(at=Min("next_attempt_at"))["at"]
    abandoned = due.filter(state=NoticeState.SENDING).aggregate(at=Min("lease_until"))["at"]
    oldest = min((at for at in (waiting, abandoned) if at is not None), default=None)
    return round((now - oldest).total_seconds(), 1) if oldest is not None else 0.0


def _measure_mail_failing(now: datetime) -> float:
    """Return for how many seconds the mail server hasn't been reached while something waits for it, else 0.

    Counted from the beginning of the first attempt that failed after the last that succeeded.
    """
    if not Notice.objects.filter(state=NoticeState.FAILED, reason=UNREACHED).exists():
        return 0.0
    newest_first = Attempt.objects.filter(channel=EMAIL).order_by("-started_at")
    succeeded_at = newest_first.filter(outcome=AttemptOutcome.ACCEPTED).values_list("started_at", flat=True).first()
    failed = Attempt.objects.filter(channel=EMAIL, outcome=AttemptOutcome.UNREACHED)
    if succeeded_at is not None:
        failed = failed.filter(started_at__gt=succeeded_at)
    first = failed.aggregate(at=Min("started_at"))["at"]
    return round(max((now - first).total_seconds(), 0.0), 1) if first is not None else 0.0


def _count_on_duty(now: datetime) -> int:
    # The conditions of `roster`, for all offices at once.
    shifts = DutyShift.objects.at(now).filter(
        contact__is_active=True,
        contact__reachable_at__isnull=False,
        contact__partner=F("partner"),
        partner__is_active=True,
    )
    shifts = shifts.exclude(contact__in=Leave.objects.at(now).values("contact"))
    return shifts.values("contact").distinct().count()


def delete_settled_rows(now: datetime) -> None:
    """Drop rows that were put aside for notices that were answered meanwhile, or are gone."""
    rows = PutAside.objects.filter(kind__in=CLOCKS)
    keys = set(rows.values_list("row", flat=True))
    if keys:
        waiting = Notice.objects.filter(pk__in=keys).exclude(state__in=SETTLED).values_list("pk", flat=True)
        rows.filter(row__in=keys - {str(key) for key in waiting}).delete()


def get_stranded_notices(now: datetime) -> list[Notice]:
    """Return the open notices for which nothing further would happen, oldest first, in one statement.

    There should be none: it is the outbox's guarantee. A notice is covered by a next attempt (unsent), by a lease
    (being sent), or, once sent, by a clock: its own next step, or that of another open notice of its escalation chain.
    Drills count too.
    """
    with_clock = Notice.objects.filter(chase_id=OuterRef("chase_id"), state__in=OPEN, next_step_at__isnull=False)
    found = (
        Notice.objects.open()
        .filter(owed_at__lte=now)
        # Not as "is null": by that index SQLite reads all that is settled before it looks at what is open.
        .exclude(next_step_at__isnull=False)
        .exclude(purpose=Purpose.TEST)  # a test never escalates
        .exclude(state__in=UNSENT, next_attempt_at__isnull=False)
        .exclude(state=NoticeState.SENDING, lease_until__isnull=False)
        .exclude(Exists(with_clock))
        .order_by("owed_at")
        .only("pk", "code", "role", "state")
    )
    return list(found)
