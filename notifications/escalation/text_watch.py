"""Mail coordinators that texts wait for a second person: how many, once a day, never the one who proposed them.

A text is of the whole service, so every coordinator may decide about it. The mail says nothing of what was proposed.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from access.models import User
from notifications.texts.models import TextVersion
from notifications.texts.registry import TEXTS
from notifications.texts.service_mails import ServiceMail, word_texts_waiting

from .daily import mail_coordinators_daily

MAILED = "texts.mailed"  # a part of Heartbeat


def each_minute(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what waits, each day from eight on (settings.EACH_MINUTE). Return how many mails went out."""
    moment = now or timezone.now()
    return mail_coordinators_daily(MAILED, moment, find=_find, pick=_pick, word=_word, note=lambda _mine: None)


def _find() -> list[TextVersion]:
    """Return what can be decided: what a release took out is only refused, and waits for nobody."""
    return list(TextVersion.objects.waiting().filter(key__in=TEXTS).only("pk", "proposed_by_id"))


def _pick(person: User, waiting: list[TextVersion]) -> list[TextVersion]:
    return [each for each in waiting if each.proposed_by_id != person.pk]


def _word(mine: list[TextVersion]) -> ServiceMail:
    return word_texts_waiting(amount=len(mine), page=settings.PUBLIC_URL + reverse("texts"))
