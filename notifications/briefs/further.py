"""Further reports: later reports about the same place are added to the notice that is still open.

A flood, or a village that reports one event ten times, so stays one notice with one clock for each recipient. What is
added is counted and shown there at once. For a report of danger the recipients are also sent a new mail, bounded:
`NOTICE_ALARMS_PER_HOUR` for an escalation chain, and one in `SAME_ORIGIN` for each place that reports come from, so
that one page that is flooded doesn't use up what another needs. What had to wait is sent as soon as the bound allows
(`send_due_alarms`). docs/adr/0070.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from access.models import Municipality
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.directory.models import Contact
from notifications.outbox.escalation_chain import CALLS
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, NoticeQuerySet, Purpose
from notifications.outbox.repeating import repeat
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .floods import find_alike, joins_flood
from .models import FurtherReport

ONE_HOUR = timedelta(hours=1)
SAME_ORIGIN = timedelta(minutes=10)
MAX_JOIN_AGE = timedelta(
    hours=6
)  # of a chain that a report is added to: an older one has run out of people to ask: what is new needs its own notice
ALARM = "notice.alarm"  # the kind under which a chain is put aside when its alarm can't be sent
MAX_CHAINS = 50  # alarmed in one pass
READER_PURPOSES = (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE)

log = structlog.get_logger(__name__)


def joinable(
    *,
    among: NoticeQuerySet,
    role: str,
    municipality: Municipality,
    contact: Contact | None,
    is_urgent: bool,
    at: datetime,
) -> Notice | None:
    """Return the first notice of an escalation chain that a new report may be added to. None: it needs its own notice.

    It must be open, of the same role and place, not older than `MAX_JOIN_AGE`, and have reached the very contact who
    would be notified now: after a change of shift the new officer is notified. An urgent report is never added to a
    notice that isn't urgent, whose clock runs slower.
    """
    open_ones = among.open().filter(
        role=role,
        municipality=municipality,
        contact=contact,
        purpose__in=READER_PURPOSES,
        is_drill=False,
        link_revoked_at__isnull=True,
        link_expires_at__gt=at,
        chase_id__isnull=False,
    )
    keys = open_ones.order_by("-owed_at").values_list("chase_id", flat=True)[:10]
    firsts = Notice.objects.filter(pk__in=list(keys), role=role, owed_at__gt=at - MAX_JOIN_AGE)
    return next((first for first in firsts.order_by("-owed_at") if not is_urgent or _is_urgent(first)), None)


def _is_urgent(notice: Notice) -> bool:
    try:
        brief: Any = notice.brief
    except (SealBroken, KeyRingError):
        return False
    return brief.get("urgent") is True


def add_report(
    *,
    notice: Notice,
    source_id: UUID,
    event_id: UUID,
    reference: str,
    origin: str,
    brief: Mapping[str, Any],
    is_urgent: bool,
    alarms: bool,
    at: datetime,
) -> FurtherReport:
    """Add a report to an escalation chain, in the caller's transaction; `notice` is its first.

    `alarms`: its recipients are sent a new mail, now or when the bound allows; not for one more of what they marked as
    a flood.
    """
    with transaction.atomic():
        lock_chases([notice])
        first = Notice.objects.defer("brief", "link_token").get(pk=notice.pk)
        like = find_alike(first, brief)
        is_flood = joins_flood(like)
        alarms = alarms and not is_flood
        report = FurtherReport.objects.create(
            notice=first,
            source_id=source_id,
            event_id=event_id,
            reference=reference,
            origin=origin,
            is_urgent=is_urgent,
            brief=dict(brief),
            at=at,
            alarm_due_at=at if alarms else None,
            like=like,
            flood_at=at if is_flood else None,
        )
        log_event("notice.further", target_kind="notice", target_id=first.pk, report=report.pk, case=source_id)
        if alarms:
            _send_alarm(first, at)
            report.refresh_from_db(fields=["alarm_due_at", "alarmed_at"])
    return report


def send_due_alarms(now: datetime) -> int:
    """Send the alarms that the bound held back, each chain by itself. Return how many chains were alarmed."""
    keys = _find_waiting(now=now, aside=get_put_aside_keys(ALARM, now))
    return for_each_row(ALARM, keys, lambda key: _send_alarm_of(key, now), at=now)


def _find_waiting(now: datetime, aside: Collection[Any]) -> QuerySet[FurtherReport, UUID]:
    return (
        FurtherReport.objects.filter(alarm_due_at__lte=now)
        .exclude(notice__in=aside)
        .order_by()
        .values_list("notice_id", flat=True)
        .distinct()[:MAX_CHAINS]
    )


def _send_alarm_of(key: UUID, now: datetime) -> bool:
    with transaction.atomic():
        lock_chases([key])
        return _send_alarm(Notice.objects.defer("brief", "link_token").get(pk=key), now)


def _send_alarm(first: Notice, now: datetime) -> bool:
    """Send one mail for all reports of a locked chain that wait for one, unless the bound says later."""
    rows = FurtherReport.objects.filter(notice=first)
    waiting = rows.filter(alarm_due_at__isnull=False)
    origins = set(waiting.order_by().values_list("origin", flat=True).distinct())
    if not origins:
        return False
    later = _get_earliest_time(rows, origins, now)
    if later is not None:
        waiting.filter(alarm_due_at__lt=later).update(alarm_due_at=later)
        return False
    recipients = _get_recipients(first)
    if not recipients:
        # Somebody has taken it, or passed it on: whoever is asked now reads all of it, and nobody is left to be mailed.
        waiting.update(alarm_due_at=None)
        return False
    for notice in recipients:
        repeat(notice=notice, at=now)
    count = waiting.update(alarm_due_at=None, alarmed_at=now)
    log_event("notice.alarmed", target_kind="notice", target_id=first.pk, reports=count)
    return True


def _get_earliest_time(rows: QuerySet[FurtherReport], origins: set[str], now: datetime) -> datetime | None:
    """Return when these may be alarmed; None when they may be now."""
    alarmed = rows.filter(alarmed_at__gt=now - ONE_HOUR).order_by().values_list("alarmed_at", "origin").distinct()
    mails: dict[datetime, set[str]] = {}
    for at, origin in alarmed:
        if at is not None:
            mails.setdefault(at, set()).add(origin)
    if len(mails) >= settings.NOTICE_ALARMS_PER_HOUR:
        # The next mail may go when the oldest of the last so many is an hour old.
        return sorted(mails)[-settings.NOTICE_ALARMS_PER_HOUR] + ONE_HOUR
    lately = {origin: at + SAME_ORIGIN for at in sorted(mails) for origin in mails[at] if at + SAME_ORIGIN > now}
    # One origin that wasn't mailed lately is enough: the mail is for all reports that wait.
    return min(lately[origin] for origin in origins) if origins <= set(lately) else None


def _get_recipients(first: Notice) -> list[Notice]:
    """Return one open notice for each person of the chain who reads it; without any of them, the open calls."""
    members = Notice.objects.open().filter(chase_id=first.chase_id, link_revoked_at__isnull=True)
    readers: dict[int | None, Notice] = {}
    for notice in members.filter(purpose__in=READER_PURPOSES, contact__isnull=False).defer("brief").order_by("owed_at"):
        readers.setdefault(notice.contact_id, notice)
    return list(readers.values()) or list(members.filter(purpose__in=CALLS, contact__isnull=False).defer("brief"))


def reports_for(notice: Notice) -> QuerySet[FurtherReport]:
    """Return what was added to this notice's escalation chain, the newest first."""
    return FurtherReport.objects.filter(notice=notice.chase_id or notice.pk).order_by("-at", "pk")


def may_read_reports(notice: Notice) -> bool:
    """Tell whether this recipient may read the reports: only the role that they were composed for.

    Whoever is asked to call learns how many there are.
    """
    return notice.role == notice.root.role and notice.purpose in READER_PURPOSES
