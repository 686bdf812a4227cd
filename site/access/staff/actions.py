"""Actions on accounts: create, invite, change, close, reopen. Roles: `roles`.

Each action checks what must hold whoever asks, writes the audit entry in the same transaction, and sends its mail only
after the commit. A mail that can't be handed over is reported (`Invitation.mailed_at` stays empty), never assumed sent.
"""

from collections.abc import Iterable
from datetime import date
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.chain import get_actor, log_event

from ..models import MobileUnit, Region, StaffRole, User
from ..sessions.actions import end_all
from ..sessions.models import StaffSession
from . import dual_control, mails
from .groups import follow_roles
from .models import AddressChange, Invitation, RoleRequest, SessionEnd
from .roles import (
    ANNOUNCED_ROLES,
    ask_to_end,
    end_before,
    get_actor_or_system,
    give_role,
    lock_operators,
    require_operator,
)


def create_account(
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
        log_event("account.made", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk, role=role)
        given = give_role(user=user, role=role, unit=unit, regions=regions, starts_on=starts_on, ends_on=ends_on, by=by,
                          invites=True)  # fmt: skip
        # Where the role waits for a second person, so does the invitation.
        return "" if isinstance(given, RoleRequest) else invite(user=user, by=by, mail=mail)


def close_account(*, user: User, by: User) -> SessionEnd | None:
    """Close the account now: all its sessions and tokens end in this transaction. Raises ValidationError.

    Returns a request where that takes a second person (`dual_control.takes_two_to_end`); nothing has ended then.
    """
    if user.pk == by.pk:
        raise ValidationError(_("You can't close your own account. Ask another operator."))
    today = timezone.localdate()
    with transaction.atomic():
        lock_operators()
        user = User.objects.select_for_update().get(pk=user.pk)
        held = user.assignments.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)
        if user.is_active and dual_control.takes_two_to_end(held, by, today):
            return ask_to_end(user=user, by=by, closes_account=True)
        end_account(user=user, by=by)
    return None


def end_account(*, user: User, by: User) -> None:
    """Close a locked account in the caller's transaction, in which the operators are locked."""
    today = timezone.localdate()
    was_operator = user.has_role(StaffRole.OPERATOR)
    # Read while the account is still active: of a closed one `roles` is empty.
    announced = user.roles() & set(ANNOUNCED_ROLES)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.assignments.filter(starts_on__gt=today).delete()
    user.assignments.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today)).update(ends_on=today)
    if was_operator:
        require_operator()
    end_all(user=user, by=by, why=StaffSession.Ended.BY_KEEPERS)
    RoleRequest.objects.waiting().filter(user=user).delete()
    _revoke_invitations(user)
    follow_roles(user)
    log_event("account.shut", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk)
    if announced:
        transaction.on_commit(partial(mails.mail_ended_manager, user, announced, by))


def reopen_account(*, user: User, by: User) -> None:
    """Reopen a shut account, without a role and without a password: both are given anew."""
    with transaction.atomic():
        end_before(user.assignments.all(), timezone.localdate())  # they still run today if it was shut today
        user.is_active = True
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        log_event("account.opened_again", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk)


def change_person(*, user: User, changed: list[str], old_email: str, by: User) -> None:
    """Save names, address and language; notify the old address of a new one, and end its invitations.

    The address of somebody who has a role, or to whom one was promised, waits for a second person: the invitation goes
    there, and with it the password.
    """
    with transaction.atomic():
        held = user.assignments.exists() or RoleRequest.objects.waiting().filter(user=user).exists()
        if "email" in changed and held and not dual_control.is_only_manager(by):
            changed = [name for name in changed if name != "email"]
            AddressChange.objects.waiting().filter(user=user).delete()
            AddressChange.objects.create(user=user, email=user.email, asked_by=by)
            user.email = old_email
            log_event("account.address_asked", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk)
        if changed:
            user.save(update_fields=changed)
            log_event(
                "account.changed",
                actor=get_actor_or_system(by),
                target_kind="user",
                target_id=user.pk,
                fields=sorted(changed),
            )
        if "email" in changed:
            handle_address_change(user, old_email)


def handle_address_change(user: User, old_email: str) -> None:
    """End the invitations to the old address, and notify it."""
    _revoke_invitations(user)
    if old_email:
        transaction.on_commit(partial(mails.mail_address_change, user, old_email))


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
        log_event("account.invited", actor=get_actor_or_system(by), target_kind="user", target_id=user.pk)
        if mail:
            transaction.on_commit(partial(mails.send_invitation, invitation, token))
    return token


def accept_invitation(*, token: str, password: str) -> User | None:
    """Set the password that the invited person chose; None when the link no longer works (already used, say)."""
    with transaction.atomic():
        found = Invitation.objects.find_open(token)
        user = User.objects.select_for_update().filter(pk=found.user_id, is_active=True).first() if found else None
        # The conditional update decides: of two requests with the same link only one finds it open.
        if found is None or user is None or not _use(found):
            return None
        user.set_password(password)
        user.save(update_fields=["password"])
        # Whoever used the old password, or a token, is out.
        end_all(user=user, by=user)
        log_event("account.password_set", actor=get_actor(user), target_kind="user", target_id=user.pk)
    return user


def _use(invitation: Invitation) -> bool:
    return bool(Invitation.objects.open().filter(pk=invitation.pk).update(used_at=timezone.now()))


def _revoke_invitations(user: User) -> None:
    Invitation.objects.open().filter(user=user).update(revoked_at=timezone.now())
