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
    """Return the phases open on this day: before, until the session's day; after, from that day for sixty days.

    None for an ended card.
    """
    day = on or timezone.localdate()
    if not session.card_is_open(day):
        return []
    before = [Phase.BEFORE] if day <= session.date else []
    after = [Phase.AFTER] if session.date <= day <= session.date + OPEN_AFTER else []
    return before + after


def places_per_day(session: InformativeSession) -> int:
    """Return how many may send in one day and phase. It stops a prank or a flood without telling senders apart."""
    counted = session.counts.aggregate(all=Sum("number"))["all"] or USUAL_LARGEST
    # At least ten: fewer answers are never shown, so a smaller limit would make feedback pointless.
    return PLACES_PER_PERSON * max(counted, 10)
