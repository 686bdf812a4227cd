"""Count how each institution answered what it was notified of in a quarter.

Counted are stored rows (`models.OfficeAsked`); what the record has had to say since they were stored is computed from
it and takes their place, so the figures are those of the record at this moment. Where very much has come since (an
upgrade has just begun to count), all of them are computed from the record. No name, no answer's words and no case is
in the result.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, JSONField, Q

from access.key_lists import name_keys
from access.models import Municipality, Region
from audit.models import ChainHead
from notifications.directory.areas import OWN_ROLES
from notifications.directory.models import Partner

from .models import OfficeAsked, UnrecordedNotice
from .quarters import Quarter
from .record import AFTER_SENDING, MICROSECOND, Found, get_asking_notices, read_asked
from .stored import get_state, is_all_named, read_touched

MAX_TOUCHED = 10_000  # entries that a page computes; a minute of the busiest day has fewer
MONTH = timedelta(days=31)
WAS_ACCEPTED = Q(accepted_after__isnull=False)
WAS_WRONG = Q(wrong_area_after__isnull=False)
PASSED_ON = ~WAS_ACCEPTED & (WAS_WRONG | Q(declined_after__isnull=False))
IS_OPEN = Q(accepted_after__isnull=True, wrong_area_after__isnull=True, declined_after__isnull=True)


@dataclass(frozen=True)
class Times:
    """How long something took, in minutes: how often it happened, its median and its 90th percentile."""

    count: int
    median: float | None
    slow: float | None

    @classmethod
    def of(cls, after: Collection[int]) -> "Times":
        """Of microseconds after the sending; what came before it took no time."""
        if not after:
            return cls(0, None, None)
        ordered = sorted(after)
        count = len(ordered)
        middle = (_to_minutes(ordered[(count - 1) // 2]) + _to_minutes(ordered[count // 2])) / 2
        # The nearest rank: a value that occurred, not one between two.
        return cls(count, middle, _to_minutes(ordered[ceil(0.9 * count) - 1]))


def _to_minutes(after: int) -> float:
    return max(after, 0) / 60_000_000


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
    """The report of one quarter. `unrecorded`: notices that are in no line, since the chain knows of no sending.

    `compared_at`: when the stored rows were last compared with the chain as a whole, null before the first time;
    `differed_at`: when some last differed, and were computed anew.
    """

    quarter: Quarter
    offices: list[OfficeAnswers]
    unrecorded: int
    compared_at: datetime | None = None
    differed_at: datetime | None = None


@dataclass
class _Tally:
    """One office's counts, and its times in microseconds after the sending."""

    notified: int = 0
    accepted: int = 0
    passed_on: int = 0
    wrong_area: int = 0
    unanswered: int = 0
    waiting: int = 0
    opened: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    outcome: list[int] = field(default_factory=list)

    def add(self, row: OfficeAsked, now: datetime) -> None:
        was_accepted = row.accepted_after is not None
        was_wrong = row.wrong_area_after is not None
        is_passed_on = not was_accepted and (was_wrong or row.declined_after is not None)
        is_open = not was_accepted and not is_passed_on
        self.notified += 1
        self.accepted += was_accepted
        self.passed_on += is_passed_on
        self.wrong_area += is_passed_on and was_wrong
        self.unanswered += is_open
        self.waiting += is_open and row.answer_by > now
        for times, after in (
            (self.opened, row.opened_after),
            (self.taken, row.accepted_after),
            (self.outcome, row.outcome_after),
        ):
            times += [after] if after is not None else []

    def build(self, office: Partner) -> OfficeAnswers:
        return OfficeAnswers(
            office=office,
            notified=self.notified,
            accepted=self.accepted,
            declined=self.passed_on - self.wrong_area,
            wrong_area=self.wrong_area,
            silent=self.unanswered - self.waiting,
            waiting=self.waiting,
            to_open=Times.of(self.opened),
            to_accept=Times.of(self.taken),
            to_outcome=Times.of(self.outcome),
        )


class _List(Aggregate):
    """All values, as one list. Without any it may be None."""

    output_field = JSONField()

    def __init__(self, column: str) -> None:
        super().__init__(column, filter=Q(**{f"{column}__isnull": False}))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_AGG", **context)


def count_answers(regions: Iterable[Region], quarter: Quarter, *, now: datetime) -> Answers:
    """Count what was first sent in this quarter, about places of these regions, by institution.

    In the order of roles and names.
    """
    since, until = quarter.bounds
    state = get_state()
    places = set(Municipality.objects.filter(region__in=list(regions)).values_list("pk", flat=True))
    head = ChainHead.objects.values_list("number", flat=True).first() or 0
    if head - state.number > MAX_TOUCHED or not is_all_named():
        found = read_quarter(quarter)
        tallies: dict[int, _Tally] = defaultdict(_Tally)
    else:
        # At most so many, in the order of their numbers: what was asked for above may have grown since.
        chains = read_touched(state.number, at_most=2 * MAX_TOUCHED).chains
        found = read_asked(chains)
        tallies = _count_stored(quarter, places, chains, now)
        found.asked += _read_split(quarter, chains)
        stored = UnrecordedNotice.objects.filter(owed_at__gte=since, owed_at__lt=until)
        found.unrecorded += [row for row in stored if row.chain not in chains]
    _add_rows(tallies, found.asked, quarter, places, now)
    offices = {office.pk: office for office in Partner.objects.exclude(role__in=OWN_ROLES).order_by("role", "slug")}
    unrecorded = [row for row in found.unrecorded if row.place_id in places and row.office_id in offices]
    return Answers(
        quarter,
        [tallies[key].build(office) for key, office in offices.items() if key in tallies],
        sum(since <= row.owed_at < until for row in unrecorded),
        state.compared_at,
        state.differed_at,
    )


def read_quarter(quarter: Quarter) -> Found:
    """Compute from the record what may belong to a quarter, without the stored rows.

    What was first sent more than a month after it was created isn't found by this.
    """
    since, until = quarter.bounds
    notices = get_asking_notices().filter(owed_at__lt=until, owed_at__gte=since - MONTH)
    return read_asked(chain for chain in notices.order_by().values_list("chase_id", flat=True) if chain is not None)


def _count_stored(
    quarter: Quarter, places: Collection[int], left_out: Collection[UUID], now: datetime
) -> dict[int, _Tally]:
    since, until = quarter.bounds
    rows = OfficeAsked.objects.filter(
        # With their keys, both databases go along an index that has the offices in order.
        office__in=list(Partner.objects.exclude(role__in=OWN_ROLES).values_list("pk", flat=True)),
        sent_at__gte=since,
        sent_at__lt=until,
        place__in=places,
        is_split=False,
    )
    if left_out:
        rows = rows.exclude(chain__in=name_keys(left_out))
    counted: Any = (
        rows.order_by()
        .values_list("office")
        .annotate(
            notified=Count("pk"),
            accepted=Count("accepted_after"),
            passed_on=Count("pk", filter=PASSED_ON),
            wrong_area=Count("pk", filter=PASSED_ON & WAS_WRONG),
            unanswered=Count("pk", filter=IS_OPEN),
            waiting=Count("pk", filter=IS_OPEN & Q(answer_by__gt=now)),
            opened=_List("opened_after"),
            taken=_List("accepted_after"),
            outcome=_List("outcome_after"),
        )
    )
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    for office, notified, accepted, passed_on, wrong_area, unanswered, waiting, *times in counted:
        lists = [each or [] for each in times]
        tallies[office] = _Tally(notified, accepted, passed_on, wrong_area, unanswered, waiting, *lists)
    return tallies


def _read_split(quarter: Quarter, left_out: Collection[UUID]) -> list[OfficeAsked]:
    """Return the rows of offices that were notified of one thing about several places, which are rare."""
    since, until = quarter.bounds
    begun = OfficeAsked.objects.filter(is_split=True, sent_at__gte=since, sent_at__lt=until).values("chain")
    return [row for row in OfficeAsked.objects.filter(is_split=True, chain__in=begun) if row.chain not in left_out]


def _add_rows(
    tallies: dict[int, _Tally], rows: Iterable[OfficeAsked], quarter: Quarter, places: Collection[int], now: datetime
) -> None:
    since, until = quarter.bounds
    groups: dict[tuple[UUID, int], list[OfficeAsked]] = defaultdict(list)
    for row in rows:
        if row.place_id in places:
            groups[row.chain, row.office_id].append(row)
    for (_chain, office), group in groups.items():
        row = group[0] if len(group) == 1 else _join(group)
        if since <= row.sent_at < until:
            tallies[office].add(row, now)


def _join(group: Sequence[OfficeAsked]) -> OfficeAsked:
    """Return what an office was notified of about several places, as one."""
    sent_at = min(row.sent_at for row in group)
    after: dict[str, int | None] = {}
    for name in (f"{step}_after" for step in AFTER_SENDING):
        moments = [
            (row.sent_at - sent_at) // MICROSECOND + getattr(row, name)
            for row in group
            if getattr(row, name) is not None
        ]
        after[name] = min(moments, default=None)
    return OfficeAsked(sent_at=sent_at, answer_by=min(row.answer_by for row in group), **after)
