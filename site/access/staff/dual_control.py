"""Which roles need a second person, and who that may be (docs/adr/0068)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from audit.models import AuditEntry

from ..models import Assignment, MobileUnit, Region, StaffRole, User
from .models import RoleRequest

# One person ends the role of one coordinator of a region; another one's, so long before or after, takes two.
LATELY = timedelta(days=30)
MANAGER_ROLES = (StaffRole.OPERATOR, StaffRole.COORDINATOR)


def needs_second_person(user: User, role: str, unit: MobileUnit | None, regions: Iterable[Region]) -> bool:
    """Whether the person doesn't have this role today, or not in one of these regions."""
    held = user.current_assignments().filter(role=role)
    if role == StaffRole.WORKER:
        return unit is None or not held.filter(unit__region=unit.region_id).exists()
    if role == StaffRole.COORDINATOR:
        return bool({each.pk for each in regions} - set(held.values_list("region", flat=True)))
    return not held.exists()


def takes_two_to_end(held: Iterable[Assignment], by: User, today: date) -> bool:
    """Whether ending these roles of one person would shut out who could undo what `by` does (docs/adr/0252).

    A second coordinator of a region within LATELY, and the last editor. Call it with the operators locked
    (`roles.lock_operators`): two requests at once are looked at one after the other.
    """
    if is_only_manager(by):
        return False
    return any(
        (each.role == StaffRole.COORDINATOR and _has_lost_another(each, today))
        or (each.role == StaffRole.EDITOR and not _has_other_editor(each, today))
        for each in held
    )


def _has_lost_another(held: Assignment, today: date) -> bool:
    """Whether another coordinator of this region was ended lately, or will be soon, and hasn't got it again."""
    here = Assignment.objects.filter(role=StaffRole.COORDINATOR, region=held.region_id).exclude(user=held.user_id)
    stays = Q(ends_on__isnull=True) | Q(ends_on__gt=today + LATELY)
    staying = here.filter(stays, starts_on__lte=today, user__is_active=True).values("user")
    return here.filter(ends_on__gte=today - LATELY).exclude(user__in=staying).exists()


def _has_other_editor(held: Assignment, today: date) -> bool:
    others = Assignment.objects.current(today).filter(role=StaffRole.EDITOR, user__is_active=True)
    stays = Q(ends_on__isnull=True) | Q(ends_on__gt=today + LATELY)
    return others.filter(stays).exclude(user=held.user_id).exists()


def get_enders() -> "QuerySet[User]":
    """Return who may decide that an account is closed or a role ends: every operator, every coordinator.

    Of any region: who is left of the region itself may be nobody.
    """
    today = Assignment.objects.current().filter(role__in=MANAGER_ROLES)
    return User.objects.filter(pk__in=today.values("user"), is_active=True)


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
