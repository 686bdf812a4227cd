"""What will be forgotten within a month: references, days and counts, for coordinators and operators."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.cases.models import Case

from .case_purge import due_cases, is_asked_about, is_held
from .models import Draft, Submission

AHEAD = timedelta(days=31)


@dataclass(frozen=True)
class ForgettingSoon:
    """`cases`: with `forget_after`; `held`: cases that a hold keeps, and those due that a request about data does.

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
    held = seen.filter(Q(is_held()) | asked_about, forgotten_at__isnull=True)
    closed = seen.filter(closed_at__isnull=False, forgotten_at__isnull=True)
    units = seen.order_by().values("unit") if is_coordinator else None
    drafts = Draft.objects.open().filter(warnings__gt=0)
    return ForgettingSoon(
        until=until,
        cases=due.select_related("unit").order_by("forget_after", "reference") if is_coordinator else due.none(),
        case_count=due.count(),
        held=held.select_related("unit").order_by("reference") if is_coordinator else held.none(),
        held_count=held.count(),
        submission_count=submissions.filter(forget_after__lte=until).order_by().count(),
        draft_count=(drafts if units is None else drafts.filter(unit__in=units)).count(),
        without_term=closed.filter(forget_after__isnull=True).count(),
        draft_days=settings.DRAFT_DAYS,
    )
