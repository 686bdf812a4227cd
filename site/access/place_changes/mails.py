"""Mails about changes of units and places, when one is asked for and when it is decided.

Plain text in the reader's language, with the name of the unit or place and what kind of thing changes; never a number.
A mail server that is down loses no change: whoever wasn't reached is tried again for two days, at pauses that double,
and the list is in the admin.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import User
from ..staff.mails import is_retry_due, send
from .models import PlaceChange, PlaceDecision
from .people import get_deciders, get_people_to_notify, get_people_to_notify_of_renaming, get_place

TRIED_FOR = timedelta(days=2)
MAX_AT_ONCE = 20

log = structlog.get_logger(__name__)


def mail_request(change: PlaceChange, *, now: datetime | None = None) -> bool:
    """Mail everybody concerned who wasn't mailed yet; True (and `mailed_at`) when the mail server took each mail.

    Who was mailed is sealed in the change, so that one refused address brings nobody else the same mail again.
    """
    moment = now or timezone.now()
    deciding = set(get_deciders(change).values_list("pk", flat=True))
    mailed = set(change.values.get("mailed", ()))
    people = list(get_people_to_notify(change).exclude(email="").exclude(pk__in=mailed).order_by("pk"))
    is_agreed = change.decision == PlaceDecision.AGREED
    template = "access/mails/place_decided.txt" if is_agreed else "access/mails/place_asked.txt"
    taken = {user.pk for user in people if _send(user, change, template, may_decide=user.pk in deciding)}
    if len(taken) == len(people):
        PlaceChange.objects.filter(pk=change.pk).update(mailed_at=moment)
        return True
    change.values = {**change.values, "mailed": sorted(mailed | taken), "tried_at": moment.isoformat()}
    change.save(update_fields=["values"])
    return False


def send_again(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what could not be mailed when it was asked for; run each minute (settings.EACH_MINUTE). Returns how many.

    A change refused or withdrawn meanwhile needs no warning; one that was agreed is mailed as decided.
    """
    moment = now or timezone.now()
    unsent = PlaceChange.objects.filter(mailed_at=None, asked_at__gt=moment - TRIED_FOR)
    still = unsent.filter(decision__in=(PlaceDecision.WAITING, PlaceDecision.ALONE, PlaceDecision.AGREED))
    due = [change for change in still.order_by("asked_at") if _is_due(change, moment)]
    return sum(mail_request(change, now=moment) for change in due[:MAX_AT_ONCE])


def _is_due(change: PlaceChange, now: datetime) -> bool:
    try:
        return is_retry_due(change.asked_at, change.values.get("tried_at", ""), now)
    except (SealBroken, KeyRingError) as error:
        # One change whose seal is broken must not stop the mails about all others.
        log.error("place_change_unreadable", code=type(error).__name__, change=str(change.pk))
        return False


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
            "is_made": change.decision == PlaceDecision.ALONE,
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
