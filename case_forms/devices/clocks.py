"""The phone's clock against ours: what happened there is put by our clock, where its own time counted."""

from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=2)  # below this a difference may as well be the network's
MAX_SECONDS = 2_000_000_000  # what a column holds


def read_difference(sent_at: datetime | None, now: datetime) -> timedelta:
    """Return what is to be added to a phone's times; nothing when it is right, or doesn't say what time it has."""
    if sent_at is None:
        return timedelta(0)
    difference = now - sent_at
    if abs(difference) <= TOLERANCE or abs(difference.total_seconds()) > MAX_SECONDS:
        return timedelta(0)
    return difference


def correct(moment: datetime | None, difference: timedelta) -> datetime | None:
    """Return a moment of the phone by our clock. One that can't be one any more stays as it is."""
    try:
        return moment + difference if moment is not None else None
    except OverflowError:
        return moment
