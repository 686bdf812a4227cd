"""Which roles need a second person, and who that may be (docs/adr/0068)."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from audit.models import AuditEntry

from ..models import Assignment, MobileUnit, Region, StaffRole, User
from .models import RoleRequest

MANAGER_ROLES = (StaffRole.OPERATOR, StaffRole.COORDINATOR)


def needs_second_person(user: User, role: str, unit: MobileUnit | None, regions: Iterable[Region]) -> bool:
    """Whether the person doesn't have this role today, or not in one of these regions."""
    held = user.current_assignments().filter(role=role)
    if role == StaffRole.WORKER:
        return unit is None or not held.filter(unit__region=unit.region_id).exists()
    if role == StaffRole.COORDINATOR:
        return bool({each.pk for each in regions} - set(held.values_list("region", flat=True)))
    return not held.exists()


def is_only_manager(by: User) -> bool:
    """Whether nobody but this person has ever managed accounts here: the very first ones can't wait for a second.

    Past roles count too, so that whoever ends everybody else's isn't alone again; and those that only the audit chain
    knows, because they began on the day on which their account was shut and reopened.
    """
    if Assignment.objects.filter(role__in=MANAGER_ROLES).exclude(user=by).exists():
        return False
    given = AuditEntry.objects.filter(action="account.role_given", target_kind="user", detail__role__in=MANAGER_ROLES)
    return not given.exclude(target_id=str(by.pk)).exists()


def get_deciders(asked: RoleRequest) -> "QuerySet[User]":
    """Return who may decide: operators, and coordinators of all regions concerned; without a region any coordinator."""
    current = Assignment.objects.current()
    keepers = Q(pk__in=current.filter(role=StaffRole.OPERATOR).values("user"))
    places = _regions(asked)
    if not places:
        keepers |= Q(pk__in=current.filter(role=StaffRole.COORDINATOR).values("user"))
    else:
        in_all = User.objects.all()
        for place in places:
            in_all = in_all.filter(pk__in=current.filter(role=StaffRole.COORDINATOR, region=place).values("user"))
        keepers |= Q(pk__in=in_all.values("pk"))
    return User.objects.filter(keepers, is_active=True).exclude(pk__in=[asked.user_id, asked.asked_by_id])


def get_waiting_requests(user: User) -> list[RoleRequest]:
    """Return the requests for roles that this manager sees: those they may decide, and their own."""
    waiting = RoleRequest.objects.waiting().select_related("user", "asked_by", "unit__region")
    return [
        each
        for each in waiting.prefetch_related("regions").order_by("asked_at")
        if each.asked_by_id == user.pk or get_deciders(each).filter(pk=user.pk).exists()
    ]


def get_where(unit: MobileUnit | None, regions: Iterable[Region]) -> str:
    return unit.slug if unit is not None else " ".join(sorted(each.slug for each in regions))


def _regions(asked: RoleRequest) -> list[int]:
    if asked.unit is not None:
        return [asked.unit.region_id]
    return list(asked.regions.values_list("pk", flat=True))
