"""How much may come in an hour, counted by the card or region it comes from and never by who sends it.

A school shares one address, and whoever we would count we would have to know. So a place has a budget: generous for
those whose browser has worked for it, small for those without JavaScript, who wait instead.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from .models import Spent, Tally
from .proofs import digest_of, is_proven
from .sheets import Sheet

SENT, UNPROVEN, WRONG_CODE = "sent", "unproven", "wrong_code"
WRONG_CODES_PER_HOUR = 60  # everywhere together, without a proof
TRY_WAIT_SECONDS = 2

GOOD, TOO_SOON, TOO_MANY, SPENT = "good", "too_soon", "too_many", "spent"


def may_send(sheet: Sheet, proof: str) -> str:
    """GOOD, TOO_SOON (no proof: wait some seconds) or TOO_MANY (this hour's budget of this place is used up)."""
    if count(SENT, sheet.where) >= settings.ASKING_PER_HOUR:
        return TOO_MANY
    if is_proven(proof, sheet.secret):
        return GOOD
    if sheet.age < settings.ASKING_WAIT_SECONDS:
        return TOO_SOON
    return GOOD if count(UNPROVEN, sheet.where) < settings.ASKING_UNPROVEN_PER_HOUR else TOO_MANY


def note_sent(sheet: Sheet, proof: str) -> None:
    add_one(SENT, sheet.where)
    if not is_proven(proof, sheet.secret):
        add_one(UNPROVEN, sheet.where)


def may_try_code(sheet: Sheet, proof: str) -> str:
    """Whether a receipt code may be tried now: each page is good for one try. With a proof always; without one after
    a moment, and only while few wrong codes have been tried in this hour, wherever they came from."""
    proven = is_proven(proof, sheet.secret)
    if not proven and sheet.age < TRY_WAIT_SECONDS:
        return TOO_SOON
    if not proven and count(WRONG_CODE) >= WRONG_CODES_PER_HOUR:
        return TOO_MANY
    try:
        with transaction.atomic():
            Spent.objects.create(digest=digest_of(sheet.secret))
    except IntegrityError:
        return SPENT
    return GOOD


def count(kind: str, key: str = "") -> int:
    """How many there have been in this hour."""
    found = Tally.objects.filter(kind=kind, key=key, hour=_hour()).values_list("count", flat=True).first()
    return found or 0


def add_one(kind: str, key: str = "") -> None:
    hour = _hour()
    if not Tally.objects.filter(kind=kind, key=key, hour=hour).update(count=F("count") + 1):
        row, made = Tally.objects.get_or_create(kind=kind, key=key, hour=hour, defaults={"count": 1})
        if not made:
            Tally.objects.filter(pk=row.pk).update(count=F("count") + 1)


def minutes_to_the_next_hour() -> int:
    now = timezone.now()
    return int((_hour(now) + timedelta(hours=1) - now).total_seconds() // 60) + 1


def _hour(now: datetime | None = None) -> datetime:
    return (now or timezone.now()).replace(minute=0, second=0, microsecond=0)
