"""What was told and answered under an agreement: the notices to its offices within its time, by code and by times.

Counted are notices that somebody of these offices was to read: no drills, tests of an address, or lists of the day.
Nothing of a case is read for it: neither its reference nor a brief.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from statistics import median
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from access.csv_files import Cell
from access.short_lists import ShortList, shorten
from notifications.directory.models import Agreement, Role
from notifications.outbox.models import Notice, Purpose

NOT_COUNTED = (Purpose.TEST, Purpose.DIGEST)
MAX_LISTED = 100
COLUMNS = ("code", "role", "purpose", "state", "owed_at", "sent_at", "opened_at", "accepted_at", "declined_at")


@dataclass(frozen=True)
class RoleCount:
    """How notices to one role went. Minutes are medians from creating a notice on; None: there was none."""

    role: str
    created: int
    sent: int
    opened: int
    accepted: int
    declined: int
    minutes_to_open: int | None
    minutes_to_accept: int | None

    @property
    def unanswered(self) -> int:
        """Sent, and neither accepted nor declined."""
        return max(self.sent - self.accepted - self.declined, 0)

    @property
    def name(self) -> str:
        return capfirst(str(Role(self.role).label))


@dataclass(frozen=True)
class Account:
    """What was told under an agreement: by role of the reader, and the newest notices of all."""

    roles: list[RoleCount]
    notices: ShortList[Notice]


def get_notices(agreement: Agreement) -> "QuerySet[Notice]":
    """Return the notices to this agreement's offices on the days on which it was in force, the newest first."""
    offices = {agreement.partner_id, *agreement.other_offices.values_list("pk", flat=True)}
    found = Notice.objects.counted().filter(partner__in=offices, contact__isnull=False)
    found = found.exclude(purpose__in=NOT_COUNTED)
    if agreement.roles:
        found = found.filter(role__in=agreement.roles)
    if agreement.begins_on is not None:
        found = found.filter(owed_at__gte=_midnight(agreement.begins_on))
    if agreement.last_day is not None:
        found = found.filter(owed_at__lt=_midnight(agreement.last_day + timedelta(days=1)))
    return found.only(*COLUMNS).order_by("-owed_at", "pk")


def build_account(agreement: Agreement) -> Account:
    """Count what was told under the agreement and answered."""
    notices = get_notices(agreement)
    rows = list(notices.order_by().values_list("role", *COLUMNS[4:]))
    roles = sorted({row[0] for row in rows})
    return Account(
        [_count(role, [row for row in rows if row[0] == role]) for role in roles], shorten(notices, MAX_LISTED)
    )


def _count(role: str, rows: list[tuple[Any, ...]]) -> RoleCount:
    def took(column: int) -> int | None:
        minutes = [(row[column] - row[1]).total_seconds() / 60 for row in rows if row[column] is not None]
        return round(median(minutes)) if minutes else None

    def reached(column: int) -> int:
        return sum(row[column] is not None for row in rows)

    # Given back after it was accepted: declined is what holds.
    accepted = sum(row[4] is not None and row[5] is None for row in rows)
    return RoleCount(role, len(rows), reached(2), reached(3), accepted, reached(5), took(3), took(4))


def iter_rows(agreement: Agreement) -> Iterator[list[Cell]]:
    """Yield the account as a table: one line for each notice, with its times in Tirana."""
    yield [
        _("Code"), _("Role"), _("Purpose"), _("State"), _("Created"), _("Sent"), _("Opened"), _("Accepted"),
        _("Declined"),
    ]  # fmt: skip
    for notice in get_notices(agreement).iterator(chunk_size=500):
        moments = (getattr(notice, name) for name in COLUMNS[4:])
        yield [
            notice.code,
            notice.get_role_display(),
            notice.get_purpose_display(),
            notice.get_state_display(),
            *(_moment(each) for each in moments),
        ]


def _moment(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
