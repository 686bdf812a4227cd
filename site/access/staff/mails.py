"""Mails about accounts: an invitation, and notices to a person or to the other managers.

Each is plain text in the reader's language. No case, no role of others, no password; the only secret is the link of an
invitation. A mail server that is down loses no action: the mail fails, the log says so, the screen says "not sent".
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Assignment, StaffRole, User
from ..staff_mail import send_staff_mail
from .models import Invitation


def send_invitation(invitation: Invitation, token: str) -> bool:
    """Mail the link; True (and `mailed_at`) when the mail server took it."""
    with translation.override(invitation.user.language):
        subject = _("Your account with Vatra's service")
    link = f"{settings.PUBLIC_URL}{reverse('account_invitation', args=[token])}"
    context = {"link": link, "username": invitation.user.username, "expires_at": invitation.expires_at}
    if not send(invitation.user, subject, "access/mails/invitation.txt", context):
        return False
    Invitation.objects.filter(pk=invitation.pk).update(mailed_at=timezone.now())
    return True


def mail_address_change(user: User, old_email: str) -> None:
    """Notify the old address that the account has another one."""
    with translation.override(user.language):
        subject = _("The address of your account was changed")
    # To the old address: its owner must hear of a change that they didn't ask for.
    send(user, subject, "access/mails/new_address.txt", {}, to=old_email)


def mail_reset(user: User, *, asked: bool) -> None:
    """Notify a person that the reset of their second factor was asked for, or done."""
    with translation.override(user.language):
        subject = _("Your second factor")
    send(user, subject, "access/mails/factor_reset.txt", {"asked": asked})


CHANGES = {
    "password": gettext_lazy("Your password was changed."),
    "factor_added": gettext_lazy("A second factor was added to your account."),
    "factor_removed": gettext_lazy("A second factor was removed from your account."),
    "codes_made": gettext_lazy("New recovery codes were made for your account. The earlier ones no longer work."),
    "codes_shown": gettext_lazy("The recovery codes of your account were shown."),
    "phone_added": gettext_lazy("A phone was added that wakes you when something waits for you."),
    "token": gettext_lazy("An access token for apps was made for your account."),
    "sessions": gettext_lazy("Two people of your organisation ended all your sessions."),
}


def mail_security_change(user: User, what: str) -> bool:
    """Notify a person of a change in how they sign in; `what` is a key of CHANGES."""
    with translation.override(user.language):
        subject = _("Your sign-in was changed")
    return send(user, subject, "access/mails/sign_in_changed.txt", {"what": CHANGES[what]})


def mail_call_for_help(reader: User) -> bool:
    """Mail a coordinator that somebody called for help. The page says who; the mail names nobody."""
    with translation.override(reader.language):
        subject = _("Vatra: open this now")
    link = f"{settings.PUBLIC_URL}{reverse('account_calls')}"
    return send(reader, subject, "access/mails/call.txt", {"link": link})


def mail_role_request(readers: Iterable[User]) -> None:
    """Mail the readers that a role waits for a second person. The page says whose."""
    link = f"{settings.PUBLIC_URL}{reverse('by_two:list')}"
    for reader in readers:
        with translation.override(reader.language):
            subject = _("A role waits for a second person")
        send(reader, subject, "access/mails/role_request.txt", {"link": link})


def mail_end_request(user: User, readers: Iterable[User]) -> None:
    """Mail the readers, and the person, that an account or a role is to end and waits for a second person."""
    link = f"{settings.PUBLIC_URL}{reverse('by_two:list')}"
    for reader in {each.pk: each for each in (*readers, user)}.values():
        with translation.override(reader.language):
            subject = _("The end of a role waits for a second person")
        send(reader, subject, "access/mails/end_request.txt", {"link": link, "is_own": reader.pk == user.pk})


def mail_new_manager(assignments: Sequence[Assignment], by: User) -> None:
    """Notify the other holders of such a role, in one of these regions or everywhere, that another was given it."""
    first = assignments[0]
    others = Assignment.objects.current().filter(role=first.role, user__is_active=True)
    others = others.exclude(user__in=[first.user_id, by.pk])
    if first.role == StaffRole.COORDINATOR:
        others = others.filter(region__in=[each.region_id for each in assignments])
    readers = User.objects.filter(pk__in=others.values("user")).exclude(email="").order_by("pk")
    for reader in readers:
        with translation.override(reader.language):
            subject = _("A role was given in Vatra's service")
            context = {
                "person": first.user.get_full_name() or first.user.username,
                "role": first.get_role_display(),
                "by": by.get_full_name() or by.username,
                "regions": ", ".join(each.region.name for each in assignments if each.region),
            }
        send(reader, subject, "access/mails/new_keeper.txt", context)


def mail_ended_manager(user: User, roles: Iterable[str], by: User) -> None:
    """Notify the person and all managers and auditors that one of them loses a role.

    One manager may end it alone; so that nobody becomes the only one unnoticed, everybody hears of it.
    """
    keeping = Assignment.objects.current().filter(role__in=("operator", "coordinator", "auditor"))
    readers = User.objects.filter(Q(pk__in=keeping.values("user"), is_active=True) | Q(pk=user.pk))
    for reader in readers.exclude(pk=by.pk).exclude(email="").order_by("pk"):
        with translation.override(reader.language):
            subject = _("A role was ended in Vatra's service")
            context = {
                "person": user.get_full_name() or user.username,
                "roles": ", ".join(str(StaffRole(role).label) for role in sorted(roles)),
                "by": by.get_full_name() or by.username,
            }
        send(reader, subject, "access/mails/ended_keeper.txt", context)


def send(user: User, subject: str, template: str, context: dict[str, Any], *, to: str = "") -> bool:
    """Mail a text made from a template; True when the mail server took it."""
    address = to or user.email
    if not address:
        return False
    with translation.override(user.language):
        body = render_to_string(template, context)
    return send_staff_mail(subject, body, address, "account_mail_failed", user=user.pk)
