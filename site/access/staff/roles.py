"""Give and end roles. What needs a second person is asked for (`dual_control`).

Each action checks what must hold whoever asks, and writes the audit entry in the same transaction.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.chain import SYSTEM, Actor, get_actor, log_event

from ..models import Assignment, AssignmentQuerySet, MobileUnit, Region, StaffRole, User
from . import dual_control, mails
from .groups import follow_roles
from .models import RoleRequest
from .role_conflicts import NOT_BOTH, has_conflicting_role

ANNOUNCED_ROLES = (
    *dual_control.MANAGER_ROLES,
    StaffRole.AUDITOR,
)  # when such a role is given or ended, others are mailed
NOBODY_LEFT = gettext_lazy("No operator would be left to manage the accounts. Make another operator first.")


def give_role(
    *,
    user: User,
    role: str,
    unit: MobileUnit | None = None,
    regions: Iterable[Region] = (),
    starts_on: date,
    ends_on: date | None = None,
    by: User | None,
    invites: bool = False,
) -> "list[Assignment] | RoleRequest":
    """Give a role, or ask for it: a new role or one in another region holds once a second person has agreed.

    It takes effect at once from the machine's shell (`by` None), for another unit in a region where the person has that
    role already, and while nobody but `by` has ever managed accounts here (docs/adr/0068). Raises ValidationError.
    """
    places = list(regions)
    if by is None or not dual_control.needs_second_person(user, role, unit, places) or dual_control.is_only_manager(by):
        return assign_role(user=user, role=role, unit=unit, regions=places, starts_on=starts_on, ends_on=ends_on, by=by)
    with transaction.atomic():
        # The person's row is the lock for all their roles: two requests for the same role can't both pass the checks.
        held = User.objects.select_for_update().get(pk=user.pk).assignments.all()
        _validate_places(held, role, unit, places, starts_on, ends_on)
        waiting = RoleRequest.objects.waiting().filter(user=user, role=role, unit=unit, starts_on=starts_on)
        same = [each for each in waiting if set(each.regions.all()) == set(places)]
        if same:
            raise ValidationError(_("This role has been asked for already, and waits for a second person."))
        asked = RoleRequest.objects.create(
            user=user, role=role, unit=unit, starts_on=starts_on, ends_on=ends_on, asked_by=by, invites=invites
        )
        asked.regions.set(places)
        log_event("account.role_asked", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk, role=role,
               where=dual_control.get_where(unit, places))  # fmt: skip
        transaction.on_commit(partial(mails.mail_role_request, dual_control.get_deciders(asked)))
    return asked


def assign_role(
    *,
    user: User,
    role: str,
    unit: MobileUnit | None = None,
    regions: Iterable[Region] = (),
    starts_on: date,
    ends_on: date | None = None,
    by: User | None,
) -> list[Assignment]:
    """Give a role for a period: a worker one unit, a coordinator one or more regions, others neither.

    A worker works in one unit at a time: an earlier one ends the day before. Coordinators of the regions concerned are
    notified of a new coordinator, operators of a new operator, and auditors of a new auditor. Raises ValidationError.
    """
    regions = list(regions)
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk).assignments.all()
        if role == StaffRole.WORKER and unit is not None:
            end_before(held.filter(role=role), starts_on)
        made = []
        for place in _validate_places(held, role, unit, regions, starts_on, ends_on):
            made.append(Assignment.objects.create(user=user, role=role, starts_on=starts_on, ends_on=ends_on, **place))
            where = next((each.slug for each in place.values() if each is not None), "")
            log_event(
                "account.role_given",
                actor=get_actor_or_system(by),
                target_kind="user",
                target_id=user.pk,
                role=role,
                where=where,
            )
        follow_roles(user)
        # From the shell (`by` None) there is nobody in whose name to notify.
        if by is not None and role in ANNOUNCED_ROLES:
            transaction.on_commit(partial(mails.mail_new_manager, made, by))
    return made


def _validate_places(
    held: AssignmentQuerySet,
    role: str,
    unit: MobileUnit | None,
    regions: list[Region],
    starts_on: date,
    ends_on: date | None,
) -> list[dict[str, MobileUnit | Region | None]]:
    """Return the places of a role that can be given. Raises ValidationError."""
    places: list[dict[str, MobileUnit | Region | None]] = [{}]
    if role == StaffRole.WORKER:
        places = [{"unit": unit}]
    elif role == StaffRole.COORDINATOR:
        places = [{"region": region} for region in regions]
    if not places or (role == StaffRole.WORKER and unit is None):
        raise ValidationError(_("Choose where this person works."))
    if ends_on is not None and ends_on < max(starts_on, timezone.localdate()):
        raise ValidationError(_("The last day is before the first."))
    for place in places if role != StaffRole.WORKER else []:  # a worker's earlier unit ends the day before
        same = held.filter(role=role, **place).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
        if same.filter(starts_on__lte=ends_on or date.max).exists():
            raise ValidationError(_("This person already has that role there in that period. Change its last day."))
    if has_conflicting_role(held, role, starts_on, ends_on):
        raise ValidationError({"role": NOT_BOTH})
    return places


def end_before(held: AssignmentQuerySet, starts_on: date) -> None:
    """End these roles the day before; those that would begin later or that very day are deleted."""
    # They would end before they begin, which a constraint refuses.
    held.filter(starts_on__gte=starts_on).delete()
    still = held.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
    still.update(ends_on=starts_on - timedelta(days=1))


def end_role(*, assignment: Assignment, last_day: date, by: User) -> None:
    """End a role with this day; one that hasn't begun by then is deleted. Raises ValidationError.

    It only ever shortens: a role that is over, or that ends sooner, is given anew by `give_role`, of which others are
    notified.
    """
    today = timezone.localdate()
    with transaction.atomic():
        # Before the person's own row, here and in `close_account`: one order, so that two operators can't deadlock.
        lock_operators()
        user = User.objects.select_for_update().get(pk=assignment.user_id)
        held = user.assignments.select_for_update().filter(pk=assignment.pk).first()
        if held is None or (held.ends_on is not None and held.ends_on < today):
            raise ValidationError(_("This role has already ended. Give it again."))
        if held.ends_on is not None and last_day > held.ends_on:
            raise ValidationError(_("This role already ends sooner. Give it again from the day after."))
        if held.starts_on > today and last_day < held.starts_on:
            held.delete()
        elif last_day < today:
            raise ValidationError(_("A role can't end in the past. Today is the earliest."))
        else:
            held.ends_on = last_day
            held.save(update_fields=["ends_on"])
        if assignment.role == StaffRole.OPERATOR:
            require_operator()
        if assignment.role in ANNOUNCED_ROLES:
            transaction.on_commit(partial(mails.mail_ended_manager, user, [assignment.role], by))
        follow_roles(user)
        log_event(
            "account.role_ended", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk,
            role=assignment.role, last_day=last_day.isoformat(),
        )  # fmt: skip


def lock_operators() -> None:
    """Lock all operator roles.

    Of two operators who end each other's role at once, the second waits, and finds that nobody would be left.
    """
    list(Assignment.objects.select_for_update().filter(role=StaffRole.OPERATOR).order_by("pk").values_list("pk"))


def require_operator() -> None:
    """Refuse what would leave the service without an operator, today or ever: only the shell could make one."""
    forever = Assignment.objects.current().filter(role=StaffRole.OPERATOR, user__is_active=True)
    # An invited person who never chose a password can't manage anything yet.
    forever = forever.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX).exclude(user__password="")
    if not forever.filter(ends_on__isnull=True).exists():
        raise ValidationError(NOBODY_LEFT)


def get_actor_or_system(by: User | None) -> Actor:
    return get_actor(by) if by is not None else SYSTEM
