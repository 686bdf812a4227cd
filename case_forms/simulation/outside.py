"""What a story's passes look at before each moment: the open notices, the roster's changes, the mail server."""

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from notifications.directory.models import DutyShift, Leave
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NO_CONTACT, NoticeState

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
COLUMNS = (
    "pk",
    "state",
    "reason",
    "purpose",
    "role",
    "chase_id",
    "owed_at",
    "next_attempt_at",
    "lease_until",
    "next_step_at",
    "ladder_step",
    "ladder",
)


@dataclass(frozen=True)
class OpenNotice:
    """An open notice, as far as it decides when something is due next. `steps`: how many its ladder has."""

    pk: UUID
    purpose: str
    role: str
    chase_id: UUID
    owed_at: datetime
    next_send_at: datetime | None
    next_ask_at: datetime | None
    next_step_at: datetime | None
    step: int
    steps: int

    @property
    def is_repeating(self) -> bool:
        """Whether its next step is the last one of its ladder, again."""
        return self.next_step_at is not None and self.purpose != Purpose.DIGEST and self.step >= self.steps


@dataclass
class Outside:
    """What a simulated house has around it, for as long as one story lasts.

    `asked_at`: by notice, when the directory was last asked about it in vain. `changed_at`: when the story changed the
    directory. `lists_tried_at`: when the lists of the day were last looked at. `asleep`: the notices whose calls only
    repeat and are left out from then on, with since when.
    """

    mail_is_away: bool = False
    asked_at: dict[UUID, datetime] = field(default_factory=dict)
    changed_at: list[datetime] = field(default_factory=list)
    lists_tried_at: datetime = LONG_AGO
    asleep: dict[UUID, datetime] = field(default_factory=dict)
    _notices: list[OpenNotice] | None = None
    _roster: list[datetime] | None = None

    @property
    def notices(self) -> list[OpenNotice]:
        """The open notices, read once after each change."""
        if self._notices is None:
            self._notices = _read_open_notices()
        return self._notices

    def forget(self) -> None:
        """Note that something may have changed."""
        self._notices = None

    def note_change_of_roster(self, now: datetime) -> None:
        self.changed_at.append(now)
        self._roster = None

    def get_next_roster_change(self, after: datetime) -> datetime | None:
        """Return when a shift or a leave next begins or ends, or the story next changed the directory."""
        if self._roster is None:
            self._roster = sorted({*_read_roster_changes(), *self.changed_at})
        index = bisect_right(self._roster, after)
        return self._roster[index] if index < len(self._roster) else None


def _read_open_notices() -> list[OpenNotice]:
    sql, params = _compile_open_notices()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_build(dict(zip(COLUMNS, row, strict=True))) for row in cursor.fetchall()]


@cache
def _compile_open_notices() -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of the question that is asked at every moment.

    Compiled once: building it anew takes Django a hundred times as long as SQLite takes to answer it. It holds no time,
    and it is only ever asked of a memory database, so it is SQLite's.
    """
    sql, params = Notice.objects.open().order_by("owed_at").values_list(*COLUMNS).query.sql_with_params()
    return sql, tuple(params)


def _build(row: dict[str, Any]) -> OpenNotice:
    is_for_nobody = row["state"] == NoticeState.FAILED and row["reason"] == NO_CONTACT
    next_attempt_at = _as_moment(row["next_attempt_at"])
    # A worker is woken for a new notice when its transaction commits.
    send_at = _as_moment(row["owed_at"]) if row["state"] == NoticeState.OWED else next_attempt_at
    if row["state"] == NoticeState.SENDING:
        send_at = _as_moment(row["lease_until"])
    owed_at = _as_moment(row["owed_at"])
    assert owed_at is not None
    return OpenNotice(
        pk=UUID(row["pk"]),
        purpose=row["purpose"],
        role=row["role"],
        chase_id=UUID(row["chase_id"]),
        owed_at=owed_at,
        next_send_at=None if is_for_nobody else send_at,
        next_ask_at=next_attempt_at if is_for_nobody and row["purpose"] != Purpose.TEST else None,
        next_step_at=_as_moment(row["next_step_at"]),
        step=row["ladder_step"],
        steps=len(json.loads(row["ladder"])),
    )


def _as_moment(found: datetime | None) -> datetime | None:
    """Read a moment as Django holds it in SQLite: in UTC, without saying so."""
    return found.replace(tzinfo=UTC) if found is not None else None


def _read_roster_changes() -> list[datetime]:
    periods = [
        *DutyShift.objects.values_list("starts_at", "ends_at"),
        *Leave.objects.values_list("starts_at", "ends_at"),
    ]
    return [moment for period in periods for moment in period if moment is not None]
