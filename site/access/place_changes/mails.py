"""The mails about a change of a unit or a place: to whom it concerns when it is asked for, to all of them when decided.

Plain text in the reader's language, with the unit's or place's name and what kind of thing changes; never a number. A
mail server that is away loses no change: it is tried again each minute for two days, and the list stands in the admin.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ..models import User
from ..staff.mails import send
from .models import PlaceChange, PlaceDecision
from .who import place_of, who_may_decide, who_must_hear

TRIED_FOR = timedelta(days=2)
MOST_AT_ONCE = 20

log = structlog.get_logger(__name__)


def tell_of_asking(change: PlaceChange) -> bool:
    """Mail everybody concerned; True (and `mailed_at`) when the mail server took each."""
    deciding = set(who_may_decide(change).values_list("pk", flat=True))
    people = who_must_hear(change).exclude(email="").order_by("pk")
    sent = [_send(user, change, "access/mails/place_asked.txt", may_decide=user.pk in deciding) for user in people]
    if all(sent):
        PlaceChange.objects.filter(pk=change.pk).update(mailed_at=timezone.now())
    return all(sent)


def send_again(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what could not be mailed when it was asked for; run each minute (settings.EACH_MINUTE). Returns how many."""
    moment = now or timezone.now()
    unsent = PlaceChange.objects.filter(mailed_at=None, asked_at__gt=moment - TRIED_FOR)
    late = unsent.filter(asked_at__lt=moment - timedelta(minutes=1)).order_by("asked_at")
    return sum(tell_of_asking(change) for change in late[:MOST_AT_ONCE])


def tell_of_decision(change: PlaceChange) -> None:
    """Tell whoever asked and whoever heard of the asking."""
    people = who_must_hear(change) | User.objects.filter(pk=change.asked_by_id, is_active=True)
    for user in people.exclude(email="").distinct().order_by("pk"):
        _send(user, change, "access/mails/place_decided.txt")


def _send(user: User, change: PlaceChange, template: str, *, may_decide: bool = False) -> bool:
    with translation.override(user.language):
        context = {
            "place": str(place_of(change) or ""),
            "kind": change.get_kind_display(),
            "by": change.asked_by.get_full_name() or change.asked_by.username,
            "decision": change.get_decision_display(),
            "is_made": change.decision == PlaceDecision.ALONE,
            "may_decide": may_decide,
            "link": f"{settings.PUBLIC_URL}{reverse('by_two:place', args=[change.pk])}",
        }
        subject = _("A change of a unit or place in Vatra's service")
    return send(user, subject, template, context)
