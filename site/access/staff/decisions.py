"""Decisions of a second person: about a role, an address, a lost second factor, the end of somebody's sessions.

Who decides is neither who asked nor the person concerned; constraints of the tables enforce that too. Each writes its
audit entry in the same transaction.
"""

from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.chain import get_actor, log_event
from audit.sealed_rows import keep_intact

from ..models import User
from ..sessions.actions import end_all
from ..sessions.models import StaffPin, StaffSession
from . import mails
from .actions import end_account, handle_address_change, invite
from .models import AddressChange, FactorReset, RoleRequest, SessionEnd, TwoPeople
from .roles import apply_end, assign_role, check_end, lock_operators


def decide_role(*, asked: RoleRequest, approve: bool, by: User) -> None:
    """Agree to a role or refuse it, as a second person. Raises ValidationError."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=asked.user_id)
        _decide(asked, approve, by, "account.role_agreed" if approve else "account.role_refused", role=asked.role)
        if not approve:
            return
        if not user.is_active:
            raise ValidationError(_("This account is closed."))
        assign_role(
            user=user,
            role=asked.role,
            unit=asked.unit,
            regions=list(asked.regions.all()),
            # a first day that went by while the request waited becomes today
            starts_on=max(asked.starts_on, timezone.localdate()),
            ends_on=asked.ends_on,
            by=asked.asked_by,
        )
        # The invitation waited together with the role (`make_person`).
        if asked.invites and not user.has_usable_password():
            invite(user=user, by=by)


def decide_address(*, asked: AddressChange, approve: bool, by: User) -> None:
    """Agree to another address or refuse it, as a second person. Raises ValidationError."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=asked.user_id)
        _decide(asked, approve, by, "account.address_agreed" if approve else "account.address_refused")
        if not approve:
            return
        # Somebody else may have got it while the request waited; addresses aren't unique in the table.
        if User.objects.filter(email__iexact=asked.email).exclude(pk=user.pk).exists():
            raise ValidationError(_("Another account already has this address."))
        old_email, user.email = user.email, asked.email
        user.save(update_fields=["email"])
        handle_address_change(user, old_email)


# ---- a lost second factor ----


def ask_for_reset(*, user: User, by: User) -> FactorReset:
    """Ask for the reset of this person's second factor. The person is notified at once. Raises ValidationError."""
    if user.pk == by.pk:
        raise ValidationError(_("Somebody else must ask for you."))
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not Authenticator.objects.filter(user=user).exists():
            raise ValidationError(_("This person has no second factor; they set one up when they sign in."))
        waiting = FactorReset.objects.waiting().filter(user=user).first()
        if waiting is not None:
            return waiting
        asked = FactorReset.objects.create(user=user, asked_by=by)
        log_event("account.factor_reset_asked", actor=get_actor(by), target_kind="user", target_id=user.pk)
        transaction.on_commit(partial(mails.mail_reset, user, asked=True))
    return asked


def decide_reset(*, reset: FactorReset, approve: bool, by: User) -> None:
    """Agree to a reset or refuse it, as a second person. Raises ValidationError.

    Agreed: the factor, the password, the sessions and the tokens end, and the person is invited to set a new password;
    at the next sign-in they set up a new factor.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=reset.user_id)
        _decide(reset, approve, by, "account.factor_reset_agreed" if approve else "account.factor_reset_refused")
        if approve:
            Authenticator.objects.filter(user=user).delete()
            StaffPin.objects.filter(user=user).delete()
            # Whoever only knows the password could otherwise enrol a factor of their own (docs/adr/0050).
            user.set_unusable_password()
            user.save(update_fields=["password"])
            end_all(user=user, by=by, why=StaffSession.Ended.BY_KEEPERS)
            transaction.on_commit(partial(mails.mail_reset, user, asked=False))
            invite(user=user, by=by)


# ---- ending somebody's sessions ----


def ask_to_end_sessions(*, user: User, by: User) -> SessionEnd:
    """Ask for the end of all sessions of this person. Raises ValidationError."""
    if user.pk == by.pk:
        raise ValidationError(_("You end your own sessions on your account page."))
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        waiting = SessionEnd.objects.waiting().of_sessions().filter(user=user).first()
        if waiting is not None:
            return waiting
        asked = SessionEnd.objects.create(user=user, asked_by=by)
        log_event("session.end_asked", actor=get_actor(by), target_kind="user", target_id=user.pk)
    return asked


def decide_session_end(*, asked: SessionEnd, approve: bool, by: User) -> None:
    """Agree or refuse, as a second person; agreed, sessions, draft keys and tokens end. Raises ValidationError.

    Where it is about more, the account is closed, or a role ends, in the name of whoever asked.
    """
    if asked.closes_account or asked.assignment_id is not None:
        _decide_end(asked, approve, by)
        return
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=asked.user_id)
        _decide(asked, approve, by, "session.end_agreed" if approve else "session.end_refused")
        if approve:
            end_all(user=user, by=by, why=StaffSession.Ended.BY_KEEPERS)
            transaction.on_commit(partial(mails.mail_security_change, user, "sessions"))


def _decide_end(asked: SessionEnd, approve: bool, by: User) -> None:
    with transaction.atomic():
        lock_operators()
        user = User.objects.select_for_update().get(pk=asked.user_id)
        _decide(asked, approve, by, "account.end_agreed" if approve else "account.end_refused")
        if not approve:
            return
        if not user.is_active:
            raise ValidationError(_("This account is closed."))
        if asked.assignment is None:
            end_account(user=user, by=asked.asked_by)
            return
        # A day that went by while the request waited becomes today.
        last_day = max(asked.last_day or timezone.localdate(), timezone.localdate())
        apply_end(check_end(asked.assignment, last_day), last_day, user=user, by=asked.asked_by)


# ---- what they share ----


def _decide(asked: TwoPeople, approve: bool, by: User, action: str, **detail: Any) -> None:
    """Store a second person's decision.

    Raises ValidationError when it is one of the two, when it was decided meanwhile, and when somebody without a key
    changed or made the request in the database: that can only be refused.
    """
    if by.pk in (asked.asked_by_id, asked.user_id):
        raise ValidationError(_("The person who decides must be neither the one who asked nor the one concerned."))
    if approve and not keep_intact([asked]):
        raise ValidationError(_("This request isn't as it was made: somebody changed it in the database. Refuse it."))
    waiting = type(asked).objects.waiting().filter(pk=asked.pk)
    # Conditional on waiting: of two decisions at the same time one wins, and the other gets an error.
    changed = waiting.update(decided_by=by, decided_at=timezone.now(), is_approved=approve)
    if not changed:
        raise ValidationError(_("This has been decided in the meantime, or it waited too long. Check again."))
    log_event(
        action, actor=get_actor(by), target_kind="user", target_id=asked.user_id, asked_by=asked.asked_by_id, **detail
    )
