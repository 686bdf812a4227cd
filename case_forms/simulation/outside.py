"""What a story's passes look at before each moment: the open notices, the roster's changes, the mail server."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model, Q, QuerySet
from django.utils.timezone import make_aware

from case_forms.cases.consent.models import ConsentEntry
from case_forms.cases.documents.models import CaseDocument
from case_forms.cases.finding.models import IdentityRequest
from case_forms.cases.models import AwaitedDate, Case, Deadline
from case_forms.session_requests.models import SessionRequest
from case_forms.session_rules.models import SessionTask
from notifications.briefs.models import AwaitedOutcome, FurtherReport, TalkMessage, TalkNotice, UnreadAcceptance
from notifications.directory.models import Agreement, DutyShift, Leave
from notifications.drills.models import DrillRun
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Dispatch, Notice, Purpose
from notifications.outbox.states import NO_CONTACT, OPEN, NoticeState
from notifications.outbox.ways.models import DispatchState

from .database import MemoryConnection, as_moment

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
Question = tuple[str, tuple[Any, ...]]  # SQL and its parameters
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

    @property
    def is_listed_next(self) -> bool:
        """Whether its first day is over at its next step: the daily list takes the place of the call."""
        return self.next_step_at is not None and self.next_step_at - self.owed_at >= FIRST_DAY


@dataclass
class Outside:
    """What a simulated system has around it, for as long as one story lasts.

    `asked_at`: by notice, when the directory was last asked about it in vain. `changed_at`: when the story changed the
    directory. `lists_tried_at`: when the lists of the day were last looked at. `asleep`: the notices whose calls only
    repeat and are left out from then on, with since when. `dozing`: those whose calls are left out until then.
    `lists_stood_as`: what there was to be listed then. `talk_stood_as`: how the conversations stood when their pass
    had last run.
    """

    mail_is_away: bool = False
    asked_at: dict[UUID, datetime] = field(default_factory=dict)
    changed_at: list[datetime] = field(default_factory=list)
    lists_tried_at: datetime = LONG_AGO
    lists_stood_as: tuple[Any, ...] = ()
    asleep: dict[UUID, datetime] = field(default_factory=dict)
    dozing: dict[UUID, datetime] = field(default_factory=dict)
    talk_stood_as: tuple[Any, ...] = ()
    # What was looked at, by name: after which write to its tables, and what it was.
    _seen: dict[str, tuple[int, Any]] = field(default_factory=dict)
    # The names of what holds as long as nothing at all is written: after `_looked_after`.
    _certain: set[str] = field(default_factory=set)
    _looked_after: int = -1
    _database: MemoryConnection = field(default_factory=lambda: cast(MemoryConnection, connections[DEFAULT_DB_ALIAS]))
    _roster: list[datetime] | None = None

    @property
    def notices(self) -> list[OpenNotice]:
        """The open notices."""
        found: list[OpenNotice] = self._look("notices", _read_notices)
        return found

    @property
    def next_mark_at(self) -> datetime | None:
        """When a duty's next mark or a date that a rule waits for is reached, or a request has waited too long."""
        return self._get_first("mark", "date", "session", "request")

    @property
    def asks_about_what_is_done(self) -> bool:
        """Whether a notice about a duty is open that is met, or ended."""
        if not any(each.purpose == Purpose.DUTY for each in self.notices):
            return False
        found: bool = self._look("done", _read_done_duties)
        if not found and self.has_sessions:
            found = self._look("done_sessions", _read_done_session_tasks)
        return found

    @property
    def next_alarm_at(self) -> datetime | None:
        return self._get_first("alarm")

    @property
    def next_way_at(self) -> datetime | None:
        """When a notice is next to take a way beside e-mail."""
        return self._get_first("way")

    @property
    def next_talk_at(self) -> datetime | None:
        """When an outcome is asked for, or a mail about what the unit added may go out."""
        return self._get_first("outcome", "talk_mail")

    def _get_first(self, *names: str) -> datetime | None:
        """Return the earliest of these moments (names of `_MOMENTS`), all of which are read in one statement."""
        moments: dict[str, datetime | None] = self._look("moments", _read_moments)
        return min((at for name in names if (at := moments[name]) is not None), default=None)

    @property
    def talk_stands_as(self) -> tuple[Any, ...]:
        """All that decides whether somebody is still sent back to their notice, and still waited for.

        `briefs.talk.awaiting` reads nothing else to withdraw and to wait again, and not the time.
        """
        found: tuple[Any, ...] = self._look("talk", _read_talk)
        return found

    @property
    def idle_clocks(self) -> frozenset[str]:
        """The names of the system's clocks whose table is empty: turning one finds nothing, whatever the time."""
        found: frozenset[str] = self._look("idle", _read_idle_clocks)
        return found

    @property
    def has_sessions(self) -> bool:
        """Whether there is a task of a session, or a request for one."""
        return not self.idle_clocks >= SESSION_CLOCKS

    def _look(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what is read there, from the last time if no table that it reads was written to since."""
        # Never counted back, not even where a savepoint is undone; nobody looks inside one.
        if self._looked_after != self._database.writes:
            self._looked_after = self._database.writes
            self._certain.clear()
        if name not in self._certain:
            last = self._database.get_last_write(_get_tables(name))
            seen = self._seen.get(name)
            if seen is None or seen[0] != last:
                self._seen[name] = last, read()
            self._certain.add(name)
        return self._seen[name][1]

    def note_change_of_roster(self, now: datetime) -> None:
        self.changed_at.append(now)
        self._roster = None

    def get_next_roster_change(self, after: datetime) -> datetime | None:
        """Return when a shift or a leave next begins or ends, or the story next changed the directory."""
        changes, index = self._get_roster(), self.get_roster_period(after)
        return changes[index] if index < len(changes) else None

    def get_roster_period(self, now: datetime) -> int:
        """Return how many changes of the roster there were until now: between two of them it says the same."""
        return bisect_right(self._get_roster(), now)

    def _get_roster(self) -> list[datetime]:
        if self._roster is None:
            self._roster = sorted({*_read_roster_changes(), *self.changed_at})
        return self._roster


@cache
def _get_tables(name: str) -> frozenset[str]:
    """Return the tables that what `Outside` looks at under this name is read from: those that its SQL names."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return frozenset(
        tables.intersection(*[re.findall(r'"(\w+)"', " ".join(sql for sql, _params in _QUESTIONS[name]()))])
    )


def _ask(question: Question) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(*question)
        found: list[Any] = cursor.fetchall()
    return found


# The questions that are asked at every moment. Compiled once: building them anew takes Django a hundred times as long
# as SQLite takes to answer them. They hold no time, and only a memory database is asked, so they are SQLite's.


@cache
def _compile_notices() -> Question:
    return _compile(Notice.objects.open().order_by("owed_at").values_list(*COLUMNS))


# What has a moment of its own, besides the notices: the earliest of each is what counts.
_MOMENTS: dict[str, Callable[[], QuerySet[Any, Any]]] = {
    "mark": lambda: Deadline.objects.running().values_list("next_mark_at"),
    "date": lambda: AwaitedDate.objects.running().values_list("at"),
    "session": lambda: SessionTask.objects.waiting().values_list("next_mark_at"),
    "request": lambda: SessionRequest.objects.waiting().values_list("next_mark_at"),
    "outcome": lambda: AwaitedOutcome.objects.values_list("next_at"),
    "talk_mail": lambda: TalkMessage.objects.values_list("mail_due_at"),
    "way": lambda: Dispatch.objects.filter(state=DispatchState.WAITING).values_list("next_attempt_at"),
    "alarm": lambda: FurtherReport.objects.values_list("alarm_due_at"),
}


@cache
def _compile_moments() -> Question:
    """All of them in one statement: each costs SQLite little, and each statement costs Django much."""
    columns: list[str] = []
    params: list[Any] = []
    for make in _MOMENTS.values():
        rows = make()
        (column,) = rows.query.values_select
        sql, own = _compile(rows.filter(**{f"{column}__isnull": False}).order_by(column)[:1])
        columns.append(f"({sql})")
        params += own
    return f"SELECT {', '.join(columns)}", tuple(params)


def _read_notices() -> list[OpenNotice]:
    return [_build(*row) for row in _ask(_compile_notices())]


def _read_done_duties() -> bool:
    return bool(_ask(_compile_done_duties()))


def _read_done_session_tasks() -> bool:
    return bool(_ask(_compile_done_session_tasks()))


def _read_moments() -> dict[str, datetime | None]:
    (found,) = _ask(_compile_moments())
    return {name: as_moment(at) for name, at in zip(_MOMENTS, found, strict=True)}


# What each of these clocks looks at, and nothing else.
SESSION_CLOCKS = frozenset({"session.tasks", "session_request.clock"})
_TABLES_OF_CLOCKS: dict[str, type[Model]] = {
    "case.consents": ConsentEntry,
    "case.dates": AwaitedDate,
    "case.documents": CaseDocument,
    "drill.end": DrillRun,
    "identity.requests": IdentityRequest,
    "notice.accepted_unread": UnreadAcceptance,
    "session.tasks": SessionTask,
    "session_request.clock": SessionRequest,
}


@cache
def _compile_idle_clocks() -> Question:
    # Names of our own models' tables.
    tables = (model._meta.db_table for model in _TABLES_OF_CLOCKS.values())
    asked = ", ".join(f'EXISTS (SELECT 1 FROM "{table}")' for table in tables)  # noqa: S608
    return f"SELECT {asked}", ()


def _read_idle_clocks() -> frozenset[str]:
    (found,) = _ask(_compile_idle_clocks())
    return frozenset(name for name, has_rows in zip(_TABLES_OF_CLOCKS, found, strict=True) if not has_rows)


def _asked_about() -> QuerySet[Any, Any]:
    return Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")


@cache
def _compile_done_duties() -> Question:
    done = Deadline.objects.filter(Q(met_at__isnull=False) | Q(ended_at__isnull=False), chase_id__in=_asked_about())
    return _compile(done.order_by().values_list("pk")[:1])


@cache
def _compile_done_session_tasks() -> Question:
    done = SessionTask.objects.filter(Q(met_at__isnull=False) | Q(ended_at__isnull=False), chase_id__in=_asked_about())
    return _compile(done.order_by().values_list("pk")[:1])


@cache
def _compile_talk() -> tuple[Question, ...]:
    talks = TalkNotice.objects.all()
    chains = Q(chase_id__in=talks.values("about__chase_id")) | Q(chase_id__in=talks.values("notice__chase_id"))
    awaited = AwaitedOutcome.objects.filter(ended_at__isnull=True)
    chains |= Q(chase_id__in=awaited.values("notice__chase_id"))
    of_notice = ("state", "pk", "reason", "contact", "accepted_at", "link_revoked_at")
    return (
        _compile(talks.order_by("pk").values_list("pk")),
        _compile(AwaitedOutcome.objects.order_by("pk").values_list("pk", "next_at", "ended_at")),
        _compile(Notice.objects.filter(chains).order_by("pk").values_list(*of_notice)),
        _compile(Case.objects.order_by("pk").values_list("pk", "closed_at")),
    )


def _read_talk() -> tuple[Any, ...]:
    waiting, awaited, notices, cases = (_ask(question) for question in _compile_talk())
    # How far an open one has come makes no difference.
    settled = [(state if state not in OPEN else "open", *rest) for state, *rest in notices]
    return waiting, awaited, settled, cases


# What is asked under each name of `Outside._look`.
_QUESTIONS: dict[str, Callable[[], Sequence[Question]]] = {
    "notices": lambda: [_compile_notices()],
    "moments": lambda: [_compile_moments()],
    "idle": lambda: [_compile_idle_clocks()],
    "done": lambda: [_compile_done_duties()],
    "done_sessions": lambda: [_compile_done_session_tasks()],
    "talk": lambda: _compile_talk(),
}


def _compile(rows: QuerySet[Any, Any]) -> Question:
    sql, params = rows.query.sql_with_params()
    return sql, tuple(params)


@lru_cache(maxsize=1000)  # most rows read as they did at the moment before
def _build(
    pk: str,
    state: str,
    reason: str,
    purpose: str,
    role: str,
    chase_id: str,
    owed: str,
    next_attempt: str | None,
    lease: str | None,
    next_step: str | None,
    step: int,
    ladder: str,
) -> OpenNotice:
    """Read a row of COLUMNS, as SQLite gives it."""
    is_for_nobody = state == NoticeState.FAILED and reason == NO_CONTACT
    owed_at, next_attempt_at = as_moment(owed), as_moment(next_attempt)
    assert owed_at is not None
    # A worker is woken for a new notice when its transaction commits.
    send_at = owed_at if state == NoticeState.OWED else next_attempt_at
    if state == NoticeState.SENDING:
        send_at = as_moment(lease)
    return OpenNotice(
        pk=UUID(pk),
        purpose=purpose,
        role=role,
        chase_id=UUID(chase_id),
        owed_at=owed_at,
        next_send_at=None if is_for_nobody else send_at,
        next_ask_at=next_attempt_at if is_for_nobody and purpose != Purpose.TEST else None,
        next_step_at=as_moment(next_step),
        step=step,
        steps=_count_steps(ladder),
    )


@lru_cache(maxsize=200)
def _count_steps(ladder: str) -> int:
    return len(json.loads(ladder))


def _read_roster_changes() -> list[datetime]:
    periods = [*_find_shifts(), *_find_leaves()]
    return [
        *(moment for period in periods for moment in period if moment is not None),
        *(make_aware(datetime.combine(day, time.min)) for day in _read_days_of_agreements()),
    ]


# Each period once: most shifts begin with a day, and those of an invented directory all at one moment.


def _find_shifts() -> QuerySet[DutyShift, Any]:
    return DutyShift.objects.order_by().values_list("starts_at", "ends_at").distinct()


def _find_leaves() -> QuerySet[Leave, Any]:
    return Leave.objects.order_by().values_list("starts_at", "ends_at").distinct()


def _find_agreements() -> QuerySet[Agreement]:
    return Agreement.objects.only("valid_from", "signed_on", "valid_until", "withdrawn_on")


def _read_days_of_agreements() -> set[date]:
    """Return the days that begin with another set of agreements in force."""
    rows = list(_find_agreements())
    begins = {row.begins_on for row in rows if row.begins_on is not None}
    return begins | {row.last_day + timedelta(days=1) for row in rows if row.last_day not in (None, date.max)}
