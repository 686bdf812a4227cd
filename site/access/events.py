"""Receivers that log changes of sign-ins, passwords and second factors in the audit chain, by id, and mail the person.

They listen to Django's and allauth's own signals, so that no way of doing it goes unrecorded.
"""

from functools import partial
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest

from audit.chain import ANONYMOUS, get_actor, log_event

from .known_callers import SESSION
from .models import User
from .sessions import actions as sessions
from .sessions.factors import delete_secrets
from .staff import mails


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_more: Any) -> None:
    """Create or reopen the row of this session."""
    sessions.begin(request, user)
    request.META[SESSION] = request.session.session_key or ""


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_more: Any) -> None:
    """Log the sign-out and end the session's row."""
    if user is not None:
        # Of a stand-in (duress) the person behind it: the stand-in itself is in no table.
        log_event("account.signed_out", actor=get_actor(user.person), target_kind="user", target_id=user.person.pk)
        sessions.record_sign_out(request, user.person)


def sign_in_failed(username: str) -> None:
    """Log a wrong password. The typed name is recorded only as the id of the account that has it."""
    user = User.objects.filter(username__iexact=username).first() if username else None
    log_event("account.sign_in_failed", actor=ANONYMOUS, target_kind="user", target_id=user.pk if user else "")


@receiver(mfa.authentication_failed)
def code_failed(user: User, authenticator: Authenticator | None = None, kind: str = "", **_more: Any) -> None:
    kind = authenticator.type if authenticator is not None else kind
    log_event("account.factor_failed", actor=ANONYMOUS, target_kind="user", target_id=user.pk, factor=kind)


@receiver(mfa.authenticator_used)
def factor_used(request: HttpRequest, user: User, **_more: Any) -> None:
    """Note in the session that a second factor was given."""
    sessions.record_factor(request, user)


@receiver(account.password_changed)
def password_changed(request: HttpRequest, user: User, **_more: Any) -> None:
    """Log it, end the person's other sessions and tokens, and mail them."""
    log_event("account.password_changed", actor=get_actor(user), target_kind="user", target_id=user.pk)
    sessions.end_all(user=user, by=user, keep=request)
    _mail_on_commit(user, "password")


@receiver(mfa.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Log a new factor and mail the person; a first one ends every session from before it.

    It counts for the session in which it was set up.
    """
    _record_factor("account.factor_added", user, authenticator)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # allauth makes recovery codes together with the first factor; alone they are no factor.
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        if not others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            sessions.end_all(user=user, by=user, keep=request)
        sessions.record_factor(request, user)
        _mail_on_commit(user, "factor_added")


@receiver(mfa.authenticator_removed)
def factor_removed(user: User, authenticator: Authenticator, **_more: Any) -> None:
    _record_factor("account.factor_removed", user, authenticator)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        _mail_on_commit(user, "factor_removed")


@receiver(mfa.authenticator_reset)
def codes_made(user: User, authenticator: Authenticator, **_more: Any) -> None:
    _record_factor("account.recovery_codes_made", user, authenticator)
    _mail_on_commit(user, "codes_made")


def codes_shown(user: User) -> None:
    """Log that the recovery codes were shown, and mail their holder."""
    log_event("account.recovery_codes_shown", actor=get_actor(user), target_kind="user", target_id=user.pk)
    _mail_on_commit(user, "codes_shown")


def key_renamed(user: User, authenticator: Authenticator) -> None:
    """Log that a key was renamed, for which allauth has no signal. The name itself isn't recorded."""
    _record_factor("account.factor_renamed", user, authenticator)


@receiver(post_delete, sender=Authenticator)
def secrets_forgotten(instance: Authenticator, **_more: Any) -> None:
    """Delete the sealed secret together with allauth's row."""
    delete_secrets(instance.data)


def _record_factor(action: str, user: User, authenticator: Authenticator) -> None:
    log_event(action, actor=get_actor(user), target_kind="user", target_id=user.pk, factor=authenticator.type)


def _mail_on_commit(user: User, what: str) -> None:
    transaction.on_commit(partial(mails.mail_security_change, user, what))
