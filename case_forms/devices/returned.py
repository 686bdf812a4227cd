"""Urgent forms of phones that came back as drafts: nobody was notified, so somebody hears of it until they are sent.

The draft's owner and the coordinators of the phone's region are mailed, at first after a few minutes in which the owner
may send it, then each half hour. The mail says that one waits, and not what it is about. A draft that was sent or
deleted ends it.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from access.models import User
from access.reach import get_region_keys
from access.staff_mail import send_staff_mail
from audit.due import Due
from case_forms.submissions.models import Draft
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_form_returned

from .alarms import list_coordinators
from .models import Arrival, ArrivalState

KIND = "device.returned"  # under which a row is put aside
FIRST = timedelta(minutes=5)  # in which its owner, who has the phone in hand, may send it
AGAIN = timedelta(minutes=30)
MAX_ROUNDS = 6

log = structlog.get_logger(__name__)


def list_returned(user: User) -> "QuerySet[Arrival]":
    """Return the urgent forms that wait as drafts: this person's own, and those of the regions they coordinate."""
    waiting = Arrival.objects.filter(state=ArrivalState.RETURNED, is_urgent=True, result__in=_open_drafts())
    own = Q(result__in=Draft.objects.visible_to(user).open().values("pk"))
    found = waiting.filter(own | Q(device__grant__region__in=get_region_keys(user)))
    return found.select_related("device__user").order_by("arrived_at")


def _open_drafts() -> "QuerySet[Draft, object]":
    return Draft.objects.open().values("pk")


def _notify(arrival: Arrival, _now: datetime) -> bool:
    key = arrival.pk
    draft = Draft.objects.open().select_related("owner").filter(pk=arrival.result).first()
    if draft is None or arrival.rounds >= MAX_ROUNDS:
        Arrival.objects.filter(pk=key).update(next_mail_at=None)
        return False
    people = {user.pk: user for user in [draft.owner, *list_coordinators(arrival.device)]}
    reached = [user for user in people.values() if user.is_active and user.email]
    if not reached:
        log.error("returned_form_has_nobody", arrival=key)
    taken = [_send(user, key) for user in reached]
    if any(taken):
        Arrival.objects.filter(pk=key).update(rounds=F("rounds") + 1)
    return any(taken)


def _send(user: User, key: int) -> bool:
    wording = Wording(user.language, timezone.now())
    with translation.override(wording.language):
        page = f"{settings.PUBLIC_URL}{reverse('devices:list')}"
        subject, body = word_form_returned(page=page).compose(wording)
    return send_staff_mail(subject, body, user.email, "returned_form_mail_failed", arrival=key)


ring = Due(
    name=KIND,
    rows=lambda _now: Arrival.objects.select_related("device__grant"),
    column="next_mail_at",
    lease=AGAIN,
    act=_notify,
).run
