"""Warn the coordinators of an agreement: before it ends, when it is over, and when it is to be reviewed; once each.

The mail says how many and leads to the list, which asks for the second factor. It doesn't say which office or when:
whoever reads that mail and isn't meant to would know when somebody isn't notified.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from access.models import User
from notifications.directory.agreements.attention import Attention, list_attention
from notifications.directory.agreements.models import AgreementWarning, WarningKind
from notifications.directory.models import Agreement
from notifications.directory.scope import get_entries
from notifications.texts.service_mails import ServiceMail, word_agreements

from .daily import mail_coordinators_daily

MAILED = "agreements.mailed"  # a part of Heartbeat
# What ended before that is in the list, and no news: an upgrade mails nobody about agreements of years ago.
RECENT = timedelta(days=30)


def each_minute(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail what hasn't been said yet, each day from eight on (settings.EACH_MINUTE). Return how many mails went out."""
    moment = now or timezone.now()
    return mail_coordinators_daily(
        MAILED, moment, find=lambda: list_due(moment), pick=_pick, word=_word, note=lambda mine: _note(mine, moment)
    )


def list_due(now: datetime) -> list[Attention]:
    """Return what coordinators haven't been mailed about yet."""
    today = timezone.localdate(now)
    said = set(AgreementWarning.objects.values_list("agreement", "kind", "day"))
    return [
        each
        for each in list_attention(today)
        if (each.agreement.pk, each.kind.value, each.day) not in said
        and (each.kind != WarningKind.OVER or each.day >= today - RECENT)
    ]


def _pick(person: User, due: list[Attention]) -> list[Attention]:
    mine = set(get_entries(person, Agreement).values_list("pk", flat=True))
    return [each for each in due if each.agreement.pk in mine]


def _word(mine: list[Attention]) -> ServiceMail:
    counted = Counter(each.kind for each in mine)
    return word_agreements(
        over=counted[WarningKind.OVER],
        ends=counted[WarningKind.ENDS],
        review=counted[WarningKind.REVIEW],
        days=settings.AGREEMENT_WARN_DAYS,
        page=settings.PUBLIC_URL + reverse("agreement:index"),
    )


def _note(mine: list[Attention], now: datetime) -> None:
    AgreementWarning.objects.bulk_create(
        [AgreementWarning(agreement=each.agreement, kind=each.kind, day=each.day, mailed_at=now) for each in mine],
        ignore_conflicts=True,
    )
