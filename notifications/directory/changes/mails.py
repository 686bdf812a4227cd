"""The mails about a change of the directory: to the present address, to the other managers, in an emergency to all.

Plain text in the reader's language. They name the office and what kind of thing changes, never a new address, a PIN or
anything about a case. Whom the mail server didn't take is tried again (`approvals.mailing`).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from access.models import Assignment, StaffRole, User
from approvals.mailing import mail_due, mail_each
from approvals.requests import Decision
from notifications.staff_push.waking import wake
from notifications.texts.service_mails import (
    ServiceMail,
    word_change_decided,
    word_change_to_concerned,
    word_change_to_managers,
)

from ..models import Contact
from ..ways.mailing import send_to_contact
from .models import DirectoryChange
from .who import filter_managers

# Kinds of mails, stored in a change beside whom was mailed: another name would be mailed again.
CONCERNED, MANAGER, DECIDED = (
    "directory/mails/concerned.txt",
    "directory/mails/keeper.txt",
    "directory/mails/decided.txt",
)

log = structlog.get_logger(__name__)


def mail_request(change: DirectoryChange, *, concerned: Iterable[Contact]) -> None:
    """Mail the people concerned at their present addresses, and the managers, once the transaction is committed.

    The addresses are stored sealed in the change: what couldn't be mailed is tried again (`send_again`).
    """
    people = [contact for contact in concerned if contact.email]
    addresses = {contact.email: contact.language for contact in people}
    # Whose keys the mails are encrypted to, whatever address each of them has by then.
    contacts = {contact.email: contact.pk for contact in people}
    change.values = {**change.values, "concerned": addresses, "contacts": contacts}
    change.save(update_fields=["values"])
    transaction.on_commit(partial(_mail_unmailed, change))
    wake(_get_managers_to_mail(change), is_alarm=change.at_once)


def mail_end(change: DirectoryChange) -> None:
    """Mail that an emergency has ended by itself: whoever made it, and everybody who had been mailed of it.

    Once the transaction is committed; what couldn't be mailed is tried again (`send_again`).
    """
    change.values = {**change.values, "mailed": []}
    change.mailed_at = None
    change.save(update_fields=["values", "mailed_at"])
    transaction.on_commit(partial(_mail_unmailed, change))
    wake(_get_managers_to_mail(change), is_alarm=True)


def send_again(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what couldn't be mailed when it was asked for; run each minute (settings.EACH_MINUTE). Return how many.

    Not what was refused or withdrawn meanwhile, unless it took effect at once.
    """
    still = Q(decision__in=(Decision.WAITING, Decision.AGREED)) | Q(at_once=True)
    return mail_due(DirectoryChange, _mail_unmailed, still=still, now=now)


def _mail_unmailed(change: DirectoryChange, *, now: datetime | None = None) -> bool:
    """Mail everybody who wasn't mailed yet; True (and `mailed_at`) when the mail server took each."""
    people = [(address, language, CONCERNED) for address, language in change.values.get("concerned", {}).items()]
    if change.at_once or change.decision == Decision.WAITING:  # else nothing is left for them to decide
        people += [(user.email, user.language, MANAGER) for user in _get_managers_to_mail(change)]
    # By address and kind: whoever decides may be the person concerned, too.
    mails = {f"{kind} {to}": partial(_send, to, language, change, kind) for to, language, kind in people}
    return mail_each(change, mails, now=now)


def mail_decision(change: DirectoryChange) -> None:
    """Mail the outcome to whoever asked."""
    if change.asked_by.email:
        _send(change.asked_by.email, change.asked_by.language, change, DECIDED)


def _get_managers_to_mail(change: DirectoryChange) -> list[User]:
    """Return who could decide; in an emergency every coordinator and operator. Without whoever asked, until it ends."""
    roles = [StaffRole.COORDINATOR] + ([StaffRole.OPERATOR] if change.at_once else [])
    today = Assignment.objects.current().filter(role__in=roles).values("user")
    people = User.objects.filter(pk__in=today, is_active=True).exclude(email="")
    if change.decision != Decision.ENDED:
        people = people.exclude(pk=change.asked_by_id)
    return list(people.order_by("pk")) if change.at_once else filter_managers(change, people.order_by("pk"))


def _send(address: str, language: str, change: DirectoryChange, kind: str) -> bool:
    contact = change.values.get("contacts", {}).get(address) if kind == CONCERNED else None
    try:
        return send_to_contact(contact, address, language, partial(_word, change, kind))
    except (SMTPException, OSError) as error:
        log.error("directory_mail_failed", code=type(error).__name__, change=str(change.pk))
        return False


def _word(change: DirectoryChange, kind: str) -> ServiceMail:
    """Word a mail of this kind in the active language."""
    page = f"{settings.PUBLIC_URL}{reverse('directory_changes:change', args=[change.pk])}"
    if kind == DECIDED:
        return word_change_decided(result=change.get_decision_display(), page=page, is_emergency=change.at_once)
    person = change.asked_by.get_full_name() or change.asked_by.username
    office = change.office.name if change.office else ""
    what = f"{change.get_kind_display()}, {change.get_act_display()}"
    if kind == MANAGER:
        stage = "emergency" if change.at_once else "asked"
        stage = "ended" if change.decision == Decision.ENDED else stage
        return word_change_to_managers(person=person, office=office, what=what, page=page, stage=stage)
    stage = "agreed" if change.decision == Decision.AGREED else "asked"
    stage = "emergency" if change.at_once else stage
    stage = "ended" if change.decision == Decision.ENDED else stage
    return word_change_to_concerned(person=person, office=office, what=what, stage=stage)
