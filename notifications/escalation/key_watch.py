"""Warn the coordinators of keys that expire, and end those that have expired.

The mail says how many and leads to the list, which asks for the second factor, as that of agreements does.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from access.models import User
from notifications.directory.keys.expiry import Expiring, end_expired, list_due, note
from notifications.directory.models import ContactWay
from notifications.directory.scope import get_entries
from notifications.directory.ways.models import WayKind
from notifications.texts.service_mails import ServiceMail, word_keys

from .daily import mail_coordinators_daily

MAILED = "keys.mailed"  # a part of Heartbeat


def each_minute(argument: str = "", *, now: datetime | None = None) -> int:
    """End what has expired; mail what hasn't been said, each day from eight on. Return how many mails went out."""
    moment = now or timezone.now()
    end_expired(moment)
    return mail_coordinators_daily(MAILED, moment, find=lambda: list_due(moment), pick=_pick, word=_word, note=note)


def _pick(person: User, due: list[Expiring]) -> list[Expiring]:
    mine = set(get_entries(person, ContactWay).values_list("pk", flat=True))
    return [each for each in due if each.way.pk in mine]


def _word(mine: list[Expiring]) -> ServiceMail:
    page = f"{settings.PUBLIC_URL}{reverse('contactway:index')}?channel={WayKind.MAIL_KEY}&is_active=true"
    return word_keys(amount=len(mine), days=max(each.days for each in mine), page=page)
