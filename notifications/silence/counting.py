"""Count how each institution answered what it was notified of in a quarter.

What happened and when is read from the audit chain (`notice.sent`, `notice.opened` ...), which nobody changes without
that being seen; the notices' own rows only say which institution each one went to. A notice of which the chain has no
sending is counted apart, and in nothing else.

What counts as one is what an institution was notified of at one time: the first notice, its reminders and its deputies'
belong together, and the first of them that was answered is the answer. Our own people, drills, tests and what was only
for information count in nothing. No name, no answer's words and no case is in the result.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from statistics import median
from uuid import UUID

from access.models import Region
from audit.models import AuditEntry
from notifications.directory.areas import OWN_ROLES
from notifications.directory.models import Partner, Role
from notifications.directory.moments import get_midnight
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Notice, NoticeQuerySet, Purpose, ReplyKind

QUARTERS = 8  # that can be chosen: this one and those before
AT_ONCE = 500  # notices in one statement
ASKS_FOR_ANSWER = (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD)
# What the chain calls each step, and which of ours it is.
STEPS = {
    "notice.sent": "sent",
    "notice.opened": "opened",
    f"notice.{ReplyKind.ACCEPTED}": "accepted",
    f"notice.{ReplyKind.ON_THE_WAY}": "accepted",
    f"notice.{ReplyKind.DECLINED}": "declined",
    f"notice.{ReplyKind.WRONG_AREA}": "wrong_area",
    f"notice.{ReplyKind.OUTCOME}": "outcome",
}


PASSED_ON = frozenset({"declined", "wrong_area"})


@dataclass(frozen=True)
class Quarter:
    """A quarter of a year, as it is in Tirana."""

    year: int
    number: int

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def before(self) -> "Quarter":
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    @property
    def key(self) -> str:
        return f"{self.year}-{self.number}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its first moment and the first one after it."""
        return get_midnight(self.first_day), get_midnight(self.next.first_day)

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)


def list_quarters(today: date) -> list[Quarter]:
    """Return the quarters that can be chosen, the newest first."""
    found = [Quarter.of(today)]
    while len(found) < QUARTERS:
        found.append(found[-1].before)
    return found


@dataclass(frozen=True)
class Times:
    """How long something took, in minutes: how often it happened, its median and its 90th percentile."""

    count: int
    median: float | None
    slow: float | None

    @classmethod
    def of(cls, minutes: Sequence[float]) -> "Times":
        if not minutes:
            return cls(0, None, None)
        ordered = sorted(minutes)
        # The nearest rank: a value that occurred, not one between two.
        return cls(len(ordered), median(ordered), ordered[ceil(0.9 * len(ordered)) - 1])


@dataclass(frozen=True)
class OfficeAnswers:
    """How one institution answered. `waiting`: still within the time to answer; `silent`: it didn't answer in time.

    Whoever answered too late is silent no more: it has answered, and its times say how late.
    """

    office: Partner
    notified: int
    accepted: int
    declined: int
    wrong_area: int
    silent: int
    waiting: int
    to_open: Times
    to_accept: Times
    to_outcome: Times


@dataclass(frozen=True)
class Answers:
    """The report of one quarter. `unrecorded`: notices that are in no line, since the chain knows of no sending."""

    quarter: Quarter
    offices: list[OfficeAnswers]
    unrecorded: int


@dataclass
class _Asked:
    """What one institution was notified of at one time: the first moment of each step, and until when to answer."""

    at: dict[str, datetime] = field(default_factory=dict)
    answer_by: datetime | None = None

    def note(self, step: str, moment: datetime) -> None:
        self.at[step] = min(self.at.get(step, moment), moment)

    def measure(self, step: str) -> float | None:
        """Return the minutes from the first sending to the step; None where it wasn't taken."""
        if step not in self.at:
            return None
        return max((self.at[step] - self.at["sent"]).total_seconds() / 60, 0.0)


def count_answers(regions: Iterable[Region], quarter: Quarter, *, now: datetime) -> Answers:
    """Count what was first sent in this quarter, about places of these regions, by institution.

    In the order of roles and names.
    """
    since, until = quarter.bounds
    rows = Notice.objects.counted().filter(
        municipality__region__in=list(regions),
        partner__isnull=False,
        contact__isnull=False,
        purpose__in=ASKS_FOR_ANSWER,
        partner__role__in=set(Role.values) - set(OWN_ROLES),
        # What goes out again and again for a month belongs to the quarter in which it began.
        owed_at__lt=until,
        owed_at__gte=since - timedelta(days=31),
    )
    asked: dict[tuple[UUID, int], _Asked] = defaultdict(_Asked)
    unrecorded = 0
    for part in _read_rows(rows):
        steps = _read_steps(key for key, *_rest in part)
        for key, chain, office, answer_by, owed_at, was_sent in part:
            taken = steps.get(key, {})
            if "sent" not in taken:
                unrecorded += was_sent and since <= owed_at
                continue
            group = asked[chain, office]
            for step, moment in taken.items():
                group.note(step, moment)
            if answer_by is not None:
                group.answer_by = min(group.answer_by or answer_by, answer_by)
    groups: dict[int, list[_Asked]] = defaultdict(list)
    for (_chain, office), group in asked.items():
        if since <= group.at["sent"] < until:
            groups[office].append(group)
    offices = Partner.objects.filter(pk__in=groups).order_by("role", "slug")
    return Answers(quarter, [_count(office, groups[office.pk], now) for office in offices], unrecorded)


Row = tuple[UUID, UUID, int, datetime | None, datetime, bool]


def _read_rows(rows: NoticeQuerySet) -> Iterator[list[Row]]:
    """Yield (key, chain, office's key, answer by, created at, whether its row says that it was sent), AT_ONCE each."""
    fields = ("pk", "chase_id", "partner_id", "answer_by", "owed_at", "sent_at")
    part: list[Row] = []
    for key, chain, office, answer_by, owed_at, sent_at in rows.order_by("owed_at", "pk").values_list(*fields):
        assert office is not None  # as the filter says
        part.append((key, chain or key, office, answer_by, owed_at, sent_at is not None))
        if len(part) == AT_ONCE:
            yield part
            part = []
    yield part


def _read_steps(keys: Iterable[UUID]) -> Mapping[UUID, dict[str, datetime]]:
    """Return the first moment of each step of these notices, as the chain has it."""
    by_target = {str(key): key for key in keys}
    found: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    # The kinds are told apart here: with a condition on them, SQLite reads every step that was ever taken of any notice
    # before it looks at the targets.
    entries = AuditEntry.objects.filter(target_kind="notice", target_id__in=by_target).order_by()
    for target, action, at in entries.values_list("target_id", "action", "at").iterator():
        step = STEPS.get(action)
        if step is not None:
            steps = found[by_target[target]]
            steps[step] = min(steps.get(step, at), at)
    return found


def _count(office: Partner, groups: Sequence[_Asked], now: datetime) -> OfficeAnswers:
    accepted = sum("accepted" in group.at for group in groups)
    passed_on = [group for group in groups if "accepted" not in group.at and group.at.keys() & PASSED_ON]
    wrong_area = sum("wrong_area" in group.at for group in passed_on)
    open_groups = [group for group in groups if not group.at.keys() & {"accepted", *PASSED_ON}]
    waiting = sum((group.answer_by or group.at["sent"] + FIRST_DAY) > now for group in open_groups)
    return OfficeAnswers(
        office=office,
        notified=len(groups),
        accepted=accepted,
        declined=len(passed_on) - wrong_area,
        wrong_area=wrong_area,
        silent=len(open_groups) - waiting,
        waiting=waiting,
        to_open=_measure(groups, "opened"),
        to_accept=_measure(groups, "accepted"),
        to_outcome=_measure(groups, "outcome"),
    )


def _measure(groups: Iterable[_Asked], step: str) -> Times:
    return Times.of([minutes for group in groups if (minutes := group.measure(step)) is not None])
