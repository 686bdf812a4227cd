"""What will be forgotten within a month: references, days and counts, for coordinators and operators."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.cases.models import Case, RightsRequest

from .case_purge import due_cases, is_asked_about, is_held
from .models import Draft, Submission

AHEAD = timedelta(days=31)


@dataclass(frozen=True)
class ForgettingSoon:
    """`cases`: with `day`, on which each is forgotten; `held`: cases that a hold keeps, those due that a request about
    data does, and those whose erasure something stops.

    An operator gets counts alone.
    """

    until: date
    cases: "QuerySet[Case]" = field(default_factory=Case.objects.none)
    case_count: int = 0
    held: "QuerySet[Case]" = field(default_factory=Case.objects.none)
    held_count: int = 0
    submission_count: int = 0
    draft_count: int = 0
    without_term: int = 0
    draft_days: int = 0


def find_forgetting_soon(user: User, today: date | None = None) -> ForgettingSoon:
    """Return what will be forgotten within a month of what this person's regions hold; counts for operators."""
    until = (today or timezone.localdate()) + AHEAD
    is_coordinator = user.has_role(StaffRole.COORDINATOR)
    seen = Case.objects.visible_to(user) if is_coordinator else Case.objects.all()
    submissions = Submission.objects.visible_to(user) if is_coordinator else Submission.objects.all()
    due = due_cases(until).filter(pk__in=seen.values("pk"))
    asked_about = Q(is_asked_about(), closed_at__isnull=False, forget_after__lte=until)
    stopped = Q(pk__in=RightsRequest.objects.erasing().values("case")) & ~Q(pk__in=due.values("pk"))
    held = seen.filter(Q(is_held()) | asked_about | stopped, forgotten_at__isnull=True)
    closed = seen.filter(closed_at__isnull=False, forgotten_at__isnull=True)
    units = seen.order_by().values("unit") if is_coordinator else None
    drafts = Draft.objects.open().filter(warnings__gt=0)
    return ForgettingSoon(
        until=until,
        cases=order_by_day(due.select_related("unit")) if is_coordinator else due.none(),
        case_count=due.count(),
        held=held.select_related("unit").order_by("reference") if is_coordinator else held.none(),
        held_count=held.count(),
        submission_count=submissions.filter(forget_after__lte=until).order_by().count(),
        draft_count=(drafts if units is None else drafts.filter(unit__in=units)).count(),
        without_term=closed.filter(forget_after__isnull=True).count(),
        draft_days=settings.DRAFT_DAYS,
    )


def order_by_day(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    """Order cases by the `day` on which each is forgotten: the end of its term, or the erasure that was agreed to."""
    erased = RightsRequest.objects.erasing().filter(case=OuterRef("pk")).order_by("erase_on").values("erase_on")[:1]
    cases = cases.annotate(erase_on=Subquery(erased))
    # A null beside it makes SQLite's least one null, and not PostgreSQL's.
    day = Coalesce(Least("forget_after", "erase_on"), "erase_on", "forget_after")
    return cases.annotate(day=day).order_by("day", "reference")
