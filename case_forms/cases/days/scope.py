"""Whose cases a day's page is about: what its reader may see, narrowed by what they chose."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.key_lists import name_keys
from access.models import MobileUnit, Region, User
from access.reach import read_reach, read_units_of_regions

from ..finding.assigning import with_responsible
from ..models import Case, CaseAccess

MINE = "mine"
MAX_NAMED = 1_000


@dataclass(frozen=True)
class DayFilter:
    """`region`, `unit`: slugs; `worker`: the id of the lead worker, "mine" for the reader, "" for whoever."""

    region: str = ""
    unit: str = ""
    worker: str = ""

    @classmethod
    def asked(cls, wanted: Any) -> "DayFilter":
        """Build the filter from a query string. What it can't read filters nothing."""
        worker = wanted.get("worker", "")
        is_id = worker.isascii() and worker.isdigit() and len(worker) < 10
        return cls(
            wanted.get("region", "")[:50], wanted.get("unit", "")[:50], worker if worker == MINE or is_id else ""
        )

    def __bool__(self) -> bool:
        return bool(self.region or self.unit or self.worker)


def get_open_cases(user: User) -> "QuerySet[Case]":
    """Return the open cases that this person may see: the same as `visible_to`, which a test holds it against.

    Put together of parts that each have an index: most cases are closed and most are elsewhere, and a condition of all
    parts at once reads through a million of them.
    """
    if not user.is_authenticated or not user.is_active:
        return Case.objects.none()
    reach = read_reach(user)
    units = {*reach.units, *read_units_of_regions(user)}
    ours = Case.objects.order_by().filter(closed_at__isnull=True)
    opened = ours.filter(pk__in=CaseAccess.objects.of(user).order_by().values("case"))
    near = (ours.filter(unit__in=units), ours.filter(region__in=reach.regions))
    parts = opened.values("pk").union(*(part.values("pk") for part in near))
    # Said the other way round, so that SQLite doesn't begin with all cases that aren't merged, which is nearly all.
    return Case.objects.filter(pk__in=parts).exclude(merged_into__isnull=False)


def get_cases(user: User, wanted: DayFilter) -> "QuerySet[Case]":
    """Return the open cases of a day's page."""
    return _narrow(get_open_cases(user), user, wanted)


def _narrow(cases: "QuerySet[Case]", user: User, wanted: DayFilter) -> "QuerySet[Case]":
    if wanted.region:
        cases = cases.filter(Q(region__slug=wanted.region) | Q(unit__region__slug=wanted.region))
    if wanted.unit:
        cases = cases.filter(unit__slug=wanted.unit)
    if wanted.worker:
        worker = user.pk if wanted.worker == MINE else int(wanted.worker)
        cases = cases.filter(Q(lead=worker) | Q(lead__isnull=True, opened_by=worker))
    return cases


@dataclass(frozen=True)
class DayCases:
    """The open cases of a day, and how its sources ask for what belongs to them.

    Of few cases everything is read by their keys, and counted. Of many (`are_many`) rows are read in the order of their
    time, each with a look at its case, until a page is full: no list is made of all.
    """

    cases: "QuerySet[Case]"
    are_many: bool = False

    def having(self, column: str) -> Q | Exists:
        """Return the condition of rows whose case is one of these. `column`: where a row has its case's key."""
        if self.are_many:
            return Exists(self.cases.order_by().filter(pk=OuterRef(column)))
        return Q(**{f"{column}__in": self.cases.values("pk")})


def read_day_cases(user: User, wanted: DayFilter) -> DayCases:
    """Return the cases of `get_cases` for a page that asks about them many times: by their keys, where they are few."""
    # From columns of the case alone it is seen soonest that it is one of them.
    seen = _get_open_seen_now(user)
    for chosen in (seen, get_cases(user, wanted)) if wanted else (seen,):
        keys = list(chosen.order_by().values_list("pk", flat=True)[: MAX_NAMED + 1])
        if len(keys) <= MAX_NAMED:
            few = Case.objects.filter(pk__in=name_keys(keys))
            return DayCases(_narrow(few, user, wanted) if chosen is seen else few)
    return DayCases(_narrow(seen, user, wanted), are_many=True)


def _get_open_seen_now(user: User) -> "QuerySet[Case]":
    return Case.objects.seen_now_by(user).filter(closed_at__isnull=True)


@dataclass(frozen=True)
class Choices:
    """What can be chosen: each list is empty where there is nothing to choose between."""

    regions: list[Region]
    units: list[MobileUnit]
    workers: list[User]


def list_choices(user: User) -> Choices:
    """Return what this person can narrow their day by."""
    reach = read_reach(user)
    regions = list(Region.objects.filter(pk__in=reach.regions))
    units = list(MobileUnit.objects.filter(Q(region__in=reach.regions) | Q(pk__in=reach.units)).order_by("name"))
    return Choices(
        regions=regions if len(regions) > 1 else [],
        units=units if len(units) > 1 else [],
        workers=_list_workers(user) if regions else [],
    )


def _list_workers(user: User) -> list[User]:
    # Asked of each person, of whom there are hundreds, and not of each open case. As a sum, since for a column, which
    # has a type, SQLite passes by the index of an expression, which has none.
    looked_after: Any = with_responsible(_get_open_seen_now(user)).order_by()
    looked_after = looked_after.filter(responsible_id=OuterRef("pk") + 0)
    return list(User.objects.filter(Exists(looked_after)).order_by("last_name", "first_name", "username"))
