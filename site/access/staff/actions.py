"""Actions on accounts: create, invite, give and end roles, shut, reopen.

Each action checks what must hold whoever asks, writes the audit entry in the same transaction, and sends its mail only
after the commit. A mail that can't be handed over is reported (`Invitation.mailed_at` stays empty), never assumed sent.
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
from ..sessions.actions import end_all
from ..sessions.models import StaffSession
from . import by_two, mails
from .groups import follow_roles
from .models import AddressChange, Invitation, RoleRequest
from .record_keepers import NOT_BOTH, clashes

HEARD_OF = (*by_two.KEEPING, StaffRole.AUDITOR)  # when such a role is given or ended, others are mailed
NOBODY_LEFT = gettext_lazy("No operator would be left to manage the accounts. Make another operator first.")


def make_person(
    *,
    user: User,
    role: str,
    unit: MobileUnit | None,
    regions: Iterable[Region],
    starts_on: date,
    ends_on: date | None,
    by: User | None,
    mail: bool = True,
) -> str:
    """Create the account of a new person with one role, and invite them. Returns the invitation's token.

    The token is for whoever can't mail yet (`first_operator`). `user`: unsaved, with its names, address and language;
    it gets no password here.
    """
    with transaction.atomic():
        user.set_unusable_password()
        user.is_staff = user.is_superuser = False
        user.save()
        log_event("account.made", actor=_actor(by), target_kind="user", target_id=user.pk, role=role)
        given = give_role(user=user, role=role, unit=unit, regions=regions, starts_on=starts_on, ends_on=ends_on, by=by,
                          invites=True)  # fmt: skip
        # Where the role waits for a second person, so does the invitation.
        return "" if isinstance(given, RoleRequest) else invite(user=user, by=by, mail=mail)


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
    if by is None or not by_two.needs_second(user, role, unit, places) or by_two.is_alone(by):
        return assign_role(user=user, role=role, unit=unit, regions=places, starts_on=starts_on, ends_on=ends_on, by=by)
    with transaction.atomic():
        # The person's row is the lock for all their roles: two requests for the same role can't both pass the checks.
        held = User.objects.select_for_update().get(pk=user.pk).assignments.all()
        _refuse_what_cannot_be(held, role, unit, places, starts_on, ends_on)
        waiting = RoleRequest.objects.waiting().filter(user=user, role=role, unit=unit, starts_on=starts_on)
        same = [each for each in waiting if set(each.regions.all()) == set(places)]
        if same:
            raise ValidationError(_("This role has been asked for already, and waits for a second person."))
        asked = RoleRequest.objects.create(
            user=user, role=role, unit=unit, starts_on=starts_on, ends_on=ends_on, asked_by=by, invites=invites
        )
        asked.regions.set(places)
        log_event("account.role_asked", actor=_actor(by), target_kind="user", target_id=user.pk, role=role,
               where=by_two.get_where(unit, places))  # fmt: skip
        transaction.on_commit(partial(mails.tell_of_role_request, by_two.who_may_decide(asked)))
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
            _leave(held.filter(role=role), starts_on)
        made = []
        for place in _refuse_what_cannot_be(held, role, unit, regions, starts_on, ends_on):
            made.append(Assignment.objects.create(user=user, role=role, starts_on=starts_on, ends_on=ends_on, **place))
            where = next((each.slug for each in place.values() if each is not None), "")
            log_event(
                "account.role_given",
                actor=_actor(by),
                target_kind="user",
                target_id=user.pk,
                role=role,
                where=where,
            )
        follow_roles(user)
        # From the shell (`by` None) there is nobody in whose name to notify.
        if by is not None and role in HEARD_OF:
            transaction.on_commit(partial(mails.tell_of_new_keeper, made, by))
    return made


def _refuse_what_cannot_be(
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
    if clashes(held, role, starts_on, ends_on):
        raise ValidationError({"role": NOT_BOTH})
    return places


def _leave(held: AssignmentQuerySet, starts_on: date) -> None:
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
        # Before the person's own row, here and in `end_work`: one order, so that two operators can't deadlock.
        _lock_operators()
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
            _somebody_keeps_accounts()
        if assignment.role in HEARD_OF:
            transaction.on_commit(partial(mails.tell_of_ended_keeper, user, [assignment.role], by))
        follow_roles(user)
        log_event(
            "account.role_ended", actor=_actor(by), target_kind="user", target_id=user.pk, role=assignment.role,
            last_day=last_day.isoformat(),
        )  # fmt: skip


def end_work(*, user: User, by: User) -> None:
    """Shut the account now: all its sessions and tokens end in this transaction. Raises ValidationError."""
    if user.pk == by.pk:
        raise ValidationError(_("You can't close your own account. Ask another operator."))
    today = timezone.localdate()
    with transaction.atomic():
        _lock_operators()
        user = User.objects.select_for_update().get(pk=user.pk)
        was_operator = user.has_role(StaffRole.OPERATOR)
        # Read while the account is still active: of a shut one `roles` is empty.
        kept = user.roles() & set(HEARD_OF)
        user.is_active = False
        user.save(update_fields=["is_active"])
        user.assignments.filter(starts_on__gt=today).delete()
        user.assignments.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).update(ends_on=today)
        if was_operator:
            _somebody_keeps_accounts()
        end_all(user=user, by=by, why=StaffSession.Ended.BY_KEEPERS)
        RoleRequest.objects.waiting().filter(user=user).delete()
        _revoke_invitations(user)
        follow_roles(user)
        log_event("account.shut", actor=_actor(by), target_kind="user", target_id=user.pk)
        if kept:
            transaction.on_commit(partial(mails.tell_of_ended_keeper, user, kept, by))


def take_back(*, user: User, by: User) -> None:
    """Reopen a shut account, without a role and without a password: both are given anew."""
    with transaction.atomic():
        _leave(user.assignments.all(), timezone.localdate())  # they still run today if it was shut today
        user.is_active = True
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        log_event("account.opened_again", actor=_actor(by), target_kind="user", target_id=user.pk)


def change_person(*, user: User, changed: list[str], old_email: str, by: User) -> None:
    """Save names, address and language; notify the old address of a new one, and end its invitations.

    The address of somebody who has a role, or to whom one was promised, waits for a second person: the invitation goes
    there, and with it the password.
    """
    with transaction.atomic():
        held = user.assignments.exists() or RoleRequest.objects.waiting().filter(user=user).exists()
        if "email" in changed and held and not by_two.is_alone(by):
            changed = [name for name in changed if name != "email"]
            AddressChange.objects.waiting().filter(user=user).delete()
            AddressChange.objects.create(user=user, email=user.email, asked_by=by)
            user.email = old_email
            log_event("account.address_asked", actor=_actor(by), target_kind="user", target_id=user.pk)
        if changed:
            user.save(update_fields=changed)
            log_event(
                "account.changed",
                actor=_actor(by),
                target_kind="user",
                target_id=user.pk,
                fields=sorted(changed),
            )
        if "email" in changed:
            address_changed(user, old_email)


def address_changed(user: User, old_email: str) -> None:
    """End the invitations to the old address, and notify it."""
    _revoke_invitations(user)
    if old_email:
        transaction.on_commit(partial(mails.tell_of_new_address, user, old_email))


# ---- invitations ----


def invite(*, user: User, by: User | None, mail: bool = True) -> str:
    """Invite the person to set a password; earlier invitations end. Returns the token. Raises ValidationError."""
    if not user.is_active:
        raise ValidationError(_("This account is closed."))
    if mail and not user.email:
        raise ValidationError(_("There is no e-mail address to send an invitation to."))
    with transaction.atomic():
        _revoke_invitations(user)
        invitation, token = Invitation.issue(user=user, made_by=by)
        log_event("account.invited", actor=_actor(by), target_kind="user", target_id=user.pk)
        if mail:
            transaction.on_commit(partial(mails.send_invitation, invitation, token))
    return token


def accept_invitation(*, token: str, password: str) -> User | None:
    """Set the password that the invited person chose; None when the link no longer works (already used, say)."""
    with transaction.atomic():
        found = Invitation.objects.open().filter(token_hash=Invitation.hash_of(token)).values_list("user", flat=True)
        user = User.objects.select_for_update().filter(pk__in=list(found), is_active=True).first()
        # The conditional update decides: of two requests with the same link only one finds it open.
        used = user and Invitation.objects.open().filter(token_hash=Invitation.hash_of(token)).update(
            used_at=timezone.now()
        )
        if user is None or not used:
            return None
        user.set_password(password)
        user.save(update_fields=["password"])
        # Whoever used the old password, or a token, is out.
        end_all(user=user, by=user)
        log_event("account.password_set", actor=get_actor(user), target_kind="user", target_id=user.pk)
    return user


# ---- what they share ----


def _actor(by: User | None) -> Actor:
    return get_actor(by) if by is not None else SYSTEM


def _revoke_invitations(user: User) -> None:
    Invitation.objects.open().filter(user=user).update(revoked_at=timezone.now())


def _lock_operators() -> None:
    """Lock all operator roles.

    Of two operators who end each other's role at once, the second waits, and finds that nobody would be left.
    """
    list(Assignment.objects.select_for_update().filter(role=StaffRole.OPERATOR).order_by("pk").values_list("pk"))


def _somebody_keeps_accounts() -> None:
    """Refuse what would leave the service without an operator, today or ever: only the shell could make one."""
    forever = Assignment.objects.current().filter(role=StaffRole.OPERATOR, user__is_active=True)
    # An invited person who never chose a password can't manage anything yet.
    forever = forever.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX).exclude(user__password="")
    if not forever.filter(ends_on__isnull=True).exists():
        raise ValidationError(NOBODY_LEFT)
