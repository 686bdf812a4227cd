"""Mails about changes of units and places, when one is asked for and when it is decided.

Plain text in the reader's language, with the name of the unit or place and what kind of thing changes; never a number.
Whoever wasn't reached is tried again (`approvals.mailing`).
"""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import Model, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from approvals.mailing import mail_due, mail_each
from approvals.requests import Decision

from ..models import User
from ..staff.mails import send
from .models import PlaceChange
from .people import get_deciders, get_people_to_notify, get_people_to_notify_of_renaming, get_place


def mail_request(change: PlaceChange, *, now: datetime | None = None) -> bool:
    """Mail everybody concerned who wasn't mailed yet; True (and `mailed_at`) when the mail server took each mail."""
    deciding = set(get_deciders(change).values_list("pk", flat=True))
    people = get_people_to_notify(change).exclude(email="").order_by("pk")
    is_agreed = change.decision == Decision.AGREED
    template = "access/mails/place_decided.txt" if is_agreed else "access/mails/place_asked.txt"
    mails = {user.pk: partial(_send, user, change, template, may_decide=user.pk in deciding) for user in people}
    return mail_each(change, mails, now=now)


def send_again(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what could not be mailed when it was asked for; run each minute (settings.EACH_MINUTE). Returns how many.

    A change refused or withdrawn meanwhile needs no warning; one that was agreed is mailed as decided.
    """
    still = Q(decision__in=(Decision.WAITING, Decision.ALONE, Decision.AGREED))
    return mail_due(PlaceChange, mail_request, still=still, now=now)


def mail_decision(change: PlaceChange) -> None:
    """Mail the decision to whoever asked and whoever was mailed about the request."""
    people = get_people_to_notify(change) | User.objects.filter(pk=change.asked_by_id, is_active=True)
    for user in people.exclude(email="").distinct().order_by("pk"):
        _send(user, change, "access/mails/place_decided.txt")


def _send(user: User, change: PlaceChange, template: str, *, may_decide: bool = False) -> bool:
    with translation.override(user.language):
        context = {
            "place": str(get_place(change) or ""),
            "kind": change.get_kind_display(),
            "by": change.asked_by.get_full_name() or change.asked_by.username,
            "decision": change.get_decision_display(),
            "is_made": change.decision == Decision.ALONE,
            "may_decide": may_decide,
            "link": f"{settings.PUBLIC_URL}{reverse('by_two:place', args=[change.pk])}",
        }
        subject = _("A change of a unit or place in Vatra's service")
    return send(user, subject, template, context)


def mail_renaming(place: Model, names: dict[str, str], *, by: User) -> None:
    """Notify the other managers that one of them changed a name. `names`: {"before": …, "after": …}."""
    for user in get_people_to_notify_of_renaming(place).exclude(pk=by.pk).exclude(email="").order_by("pk"):
        with translation.override(user.language):
            subject = _("A change of a unit or place in Vatra's service")
            kind = str(place._meta.verbose_name)
        context = {"kind": kind, "by": by.get_full_name() or by.username, **names}
        send(user, subject, "access/mails/place_renamed.txt", context)
