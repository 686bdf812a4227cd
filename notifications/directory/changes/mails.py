"""The mails about a change of the directory: to the address until now, to the other keepers, in an emergency to all.

Plain text in the reader's language. They name the office and what kind of thing changes, never a new address, a PIN or
anything about a case. A mail server that is away loses no change: the log says so, and the list of waiting changes
stands in the admin.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import Assignment, StaffRole, User

from ..models import Contact
from .models import DirectoryChange
from .who import keepers_for

TRIED_FOR = timedelta(days=2)
MOST_AT_ONCE = 20

log = structlog.get_logger(__name__)


def tell_of_asking(change: DirectoryChange, *, concerned: Iterable[Contact]) -> None:
    """Tell the people concerned at the addresses they have now, and the keepers, once the transaction is committed.

    The addresses are kept sealed in the change: what couldn't be mailed is tried again each minute (`send_again`).
    """
    addresses = {contact.email: contact.language for contact in concerned if contact.email}
    change.values = {**change.values, "concerned": addresses}
    change.save(update_fields=["values"])
    transaction.on_commit(partial(_tell, change))


def send_again(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what could not be mailed when it was asked for; run each minute (settings.EACH_MINUTE). Returns how many."""
    moment = now or timezone.now()
    unsent = DirectoryChange.objects.filter(mailed_at=None, asked_at__gt=moment - TRIED_FOR)
    late = unsent.filter(asked_at__lt=moment - timedelta(minutes=1)).order_by("asked_at")
    return sum(_tell(change) for change in late[:MOST_AT_ONCE])


def _tell(change: DirectoryChange) -> bool:
    """Mail everybody; True (and `mailed_at`) when the mail server took each. Else all are mailed again: twice is better
    than never."""
    sent = [
        _send(address, language, change, "directory/mails/concerned.txt")
        for address, language in change.values.get("concerned", {}).items()
    ]
    sent += [_send(user.email, user.language, change, "directory/mails/keeper.txt") for user in _keepers(change)]
    if all(sent):
        DirectoryChange.objects.filter(pk=change.pk).update(mailed_at=timezone.now())
    return all(sent)


def tell_of_decision(change: DirectoryChange) -> None:
    """Tell whoever asked what became of it."""
    if change.asked_by.email:
        _send(change.asked_by.email, change.asked_by.language, change, "directory/mails/decided.txt")


def _keepers(change: DirectoryChange) -> list[User]:
    """Who could decide; in an emergency every coordinator and operator. Without whoever asked."""
    roles = [StaffRole.COORDINATOR] + ([StaffRole.OPERATOR] if change.at_once else [])
    today = Assignment.objects.current().filter(role__in=roles).values("user")
    people = User.objects.filter(pk__in=today, is_active=True).exclude(pk=change.asked_by_id).exclude(email="")
    return list(people.order_by("pk")) if change.at_once else keepers_for(change, people.order_by("pk"))


def _send(address: str, language: str, change: DirectoryChange, template: str) -> bool:
    with translation.override(language):
        subject = _("Emergency change in Vatra's directory") if change.at_once else _("A change in Vatra's directory")
        body = render_to_string(template, _context(change))
    try:
        return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [address]).send() > 0
    except (SMTPException, OSError) as error:
        log.error("directory_mail_failed", code=type(error).__name__, change=str(change.pk))
        return False


def _context(change: DirectoryChange) -> dict[str, Any]:
    return {
        "change": change,
        "kind": change.get_kind_display(),
        "act": change.get_act_display(),
        "office": change.office.name if change.office else "",
        "by": change.asked_by.get_full_name() or change.asked_by.username,
        "decision": change.get_decision_display(),
        "link": f"{settings.PUBLIC_URL}{reverse('directory_changes:change', args=[change.pk])}",
    }
