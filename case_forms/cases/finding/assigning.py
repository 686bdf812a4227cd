"""Open cases without a person: whoever looked after them has left, and a coordinator gives them to somebody.

A case is looked after by its lead worker (`cases.lead`): until somebody took it over, whoever opened it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from access.models import Assignment, MobileUnit, StaffRole, User
from access.reach import read_units_of_regions
from access.short_lists import ShortList, shorten
from audit import clock
from audit.chain import get_actor, log_event

from ..models import Case
from .models import CaseAssignment, LeadChange

MAX_SHOWN = 200


class AssignmentRefused(Exception):
    """Cases that can't be given to this person. `code`: nothing_chosen, unknown_worker, not_yours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class UnitOrphans:
    """The cases of one unit without a person, and who works there."""

    unit: MobileUnit
    cases: list[Case]
    workers: list[User]


def with_responsible(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    """Annotate `responsible_id`: who looks after each case, its lead worker."""
    return cases.annotate(responsible_id=Coalesce("lead_id", "opened_by_id", output_field=BigIntegerField()))


def make_lead(case: Case, worker: User, *, by: User, at: datetime) -> None:
    """Let a worker of the case's unit look after it from now on, in the caller's transaction."""
    CaseAssignment.objects.create(case=case, worker=worker, assigned_by=by, assigned_at=at)
    if (before := case.lead_worker).pk != worker.pk:
        LeadChange.objects.create(case=case, before=before, worker=worker, by=by, at=at)
    case.lead, case.lead_since = worker, at
    case.save(update_fields=["lead", "lead_since"])


def get_orphans(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    """Limit to open cases whose person no longer works in the case's unit, or at all."""
    here = Assignment.objects.current().filter(
        role=StaffRole.WORKER,
        unit=OuterRef("unit"),
        user=OuterRef("responsible_id"),
        user__is_active=True,
    )
    return with_responsible(cases.filter(closed_at__isnull=True, is_drill=False)).filter(~Exists(here))


def list_orphans(user: User) -> tuple[list[UnitOrphans], ShortList[Case]]:
    """Return the cases without a person in a coordinator's regions, by unit (the first MAX_SHOWN), and how many."""
    found = get_orphans_of(user).select_related("unit", "municipality").order_by("unit__name", "unit", "opened_at")
    shown = shorten(found, MAX_SHOWN)
    units = groupby(shown, key=lambda case: case.unit)
    return [UnitOrphans(unit, list(cases), list(list_workers(unit))) for unit, cases in units], shown


def get_orphans_of(user: User) -> "QuerySet[Case]":
    """Return the cases without a person in a coordinator's regions; none for anybody else."""
    return get_orphans(_of_regions(user))


def list_workers(unit: MobileUnit) -> "QuerySet[User]":
    """Return who works in a unit today."""
    current = Assignment.objects.current().filter(role=StaffRole.WORKER, unit=unit).values("user")
    return User.objects.filter(pk__in=current, is_active=True).order_by("last_name", "first_name", "username")


@transaction.atomic
def assign(*, unit: MobileUnit, case_ids: Iterable[UUID], worker_id: int | None, by: User) -> int:
    """Give cases of one unit to one of its workers. Return how many. Raises AssignmentRefused."""
    cases = list(_of_regions(by).filter(unit=unit, pk__in=list(case_ids), closed_at__isnull=True).order_by("pk"))
    if not cases:
        raise AssignmentRefused("nothing_chosen")
    worker = list_workers(unit).filter(pk=worker_id).first() if worker_id is not None else None
    if worker is None:
        raise AssignmentRefused("unknown_worker")
    now = clock.now()
    for case in cases:
        make_lead(case, worker, by=by, at=now)
        log_event(
            "case.assigned", actor=get_actor(by), target_kind="case", target_id=case.pk, worker=worker.pk, unit=unit.pk
        )
    return len(cases)


def _of_regions(user: User) -> "QuerySet[Case]":
    # Named by their keys, which an index of the open cases of a unit answers; a coordinator sees all of their regions'.
    return Case.objects.seen_now_by(user).filter(unit__in=read_units_of_regions(user))
