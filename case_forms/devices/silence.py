"""Phones that fall silent while finished forms wait on them: their owner and the coordinators are mailed, once.

A phone says at each contact how many forms wait on it, and each that arrives is taken off. What is left after 72 hours
is a form that somebody filled and nobody has read. The mail says that one phone is silent, and not whose.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import User
from access.staff_mail import send_staff_mail
from audit.put_aside import for_each_row, get_put_aside_keys

from .alarms import list_coordinators
from .models import CONTACT_HOURS, Device

KIND = "device.silent"  # under which a row is put aside
SILENT_HOURS = CONTACT_HOURS

log = structlog.get_logger(__name__)


def list_silent(now: datetime) -> "QuerySet[Device]":
    """Return those that nobody was mailed about yet. Also phones that have ended: what waits there still arrives."""
    silent = Device.objects.filter(queued__gt=0, last_seen_at__lte=now - timedelta(hours=SILENT_HOURS))
    return silent.filter(silence_mailed_at=None).order_by("last_seen_at", "pk")


def ring(_argument: str = "", *, now: datetime | None = None) -> int:
    """Mail about those that have fallen silent; run each minute. Return how many were mailed about."""
    moment = now or timezone.now()
    keys = list(list_silent(moment).exclude(pk__in=get_put_aside_keys(KIND, moment)).values_list("pk", flat=True))
    return for_each_row(KIND, keys, lambda key: _notify(key, moment), at=moment)


def _notify(key: UUID, now: datetime) -> bool:
    claimed = list_silent(now).filter(pk=key)
    if not claimed.update(silence_mailed_at=now):  # another worker has claimed it, or it was seen
        return False
    device = Device.objects.select_related("user", "grant").get(pk=key)
    people = {user.pk: user for user in [device.user, *list_coordinators(device)]}
    reached = [user for user in people.values() if user.is_active and user.email]
    if not reached:
        log.error("silent_phone_has_nobody", device=str(key))
    taken = [_send(user, device) for user in reached]
    if reached and not any(taken):  # no mail server: again in the next minute
        Device.objects.filter(pk=key, silence_mailed_at=now).update(silence_mailed_at=None)
    return any(taken)


def _send(user: User, device: Device) -> bool:
    with translation.override(user.language):
        subject = _("Vatra: a phone with finished forms isn't seen any more")
        said = {"link": f"{settings.PUBLIC_URL}{reverse('devices:list')}", "hours": SILENT_HOURS}
        body = render_to_string("devices/silent.txt", said)
    return send_staff_mail(subject, body, user.email, "silent_phone_mail_failed", device=str(device.pk))
