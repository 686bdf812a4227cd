"""When a session's card takes feedback, and how much of it in one day."""

import datetime

from django.db.models import Sum
from django.utils import timezone

from ..records.models import InformativeSession
from .models import Phase

OPEN_AFTER = datetime.timedelta(days=60)
USUAL_LARGEST = 60  # a class has 16 to 45 people; until those who came are counted, this many are expected
PLACES_PER_PERSON = 2  # a slip of the finger, a phone that two share


def open_phases(session: InformativeSession, on: datetime.date | None = None) -> list[Phase]:
    """Before: until the end of the session's day. After: from that day, for sixty days. None for an ended card."""
    day = on or timezone.localdate()
    if not session.card_is_open(day):
        return []
    before = [Phase.BEFORE] if day <= session.date else []
    after = [Phase.AFTER] if session.date <= day <= session.date + OPEN_AFTER else []
    return before + after


def places_per_day(session: InformativeSession) -> int:
    """How many may send in one day and phase. A prank or a flood is stopped here; nobody is told apart for it."""
    counted = session.counts.aggregate(all=Sum("number"))["all"] or USUAL_LARGEST
    return PLACES_PER_PERSON * max(counted, 10)
