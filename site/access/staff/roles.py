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
from .models import RoleRequest, SessionEnd
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


def end_role(*, assignment: Assignment, last_day: date, by: User) -> SessionEnd | None:
    """End a role with this day; one that hasn't begun by then is deleted. Raises ValidationError.

    It only ever shortens: a role that is over, or that ends sooner, is given anew by `give_role`, of which others are
    notified. Returns a request where it takes a second person (`dual_control.takes_two_to_end`).
    """
    with transaction.atomic():
        # Before the person's own row, here and in `close_account`: one order, so that two operators can't deadlock.
        lock_operators()
        user = User.objects.select_for_update().get(pk=assignment.user_id)
        held = check_end(assignment, last_day)
        today = timezone.localdate()
        if held.starts_on <= today and user.is_active and dual_control.takes_two_to_end([held], by, today):
            return ask_to_end(user=user, by=by, assignment=held, last_day=last_day)
        apply_end(held, last_day, user=user, by=by)
    return None


def check_end(assignment: Assignment, last_day: date) -> Assignment:
    """Return the role, locked, if it can end with this day as things are now. Raises ValidationError."""
    today = timezone.localdate()
    held = Assignment.objects.select_for_update(of=("self",)).filter(pk=assignment.pk).first()
    if held is None or (held.ends_on is not None and held.ends_on < today):
        raise ValidationError(_("This role has already ended. Give it again."))
    if held.ends_on is not None and last_day > held.ends_on:
        raise ValidationError(_("This role already ends sooner. Give it again from the day after."))
    if last_day < today and not (held.starts_on > today and last_day < held.starts_on):
        raise ValidationError(_("A role can't end in the past. Today is the earliest."))
    return held


def apply_end(held: Assignment, last_day: date, *, user: User, by: User) -> None:
    """End a locked role in the caller's transaction, in which the operators are locked."""
    if held.starts_on > timezone.localdate() and last_day < held.starts_on:
        held.delete()
    else:
        held.ends_on = last_day
        held.save(update_fields=["ends_on"])
    if held.role == StaffRole.OPERATOR:
        require_operator()
    if held.role in ANNOUNCED_ROLES:
        transaction.on_commit(partial(mails.mail_ended_manager, user, [held.role], by))
    follow_roles(user)
    log_event(
        "account.role_ended", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk,
        role=held.role, last_day=last_day.isoformat(),
    )  # fmt: skip


def ask_to_end(
    *,
    user: User,
    by: User,
    closes_account: bool = False,
    assignment: Assignment | None = None,
    last_day: date | None = None,
) -> SessionEnd:
    """Ask for the end of a role or an account, in the caller's transaction; asked twice it waits once."""
    what = {"closes_account": closes_account, "assignment": assignment}
    waiting = SessionEnd.objects.waiting().filter(user=user, last_day=last_day, **what).first()
    if waiting is not None:
        return waiting
    asked = SessionEnd.objects.create(user=user, asked_by=by, last_day=last_day, **what)
    log_event("account.end_asked", actor=get_actor(by), target_kind="user", target_id=user.pk,
           role=assignment.role if assignment else "")  # fmt: skip
    transaction.on_commit(partial(mails.mail_end_request, user, dual_control.get_enders().exclude(pk=by.pk)))
    return asked


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
