"""Times in words for whoever manages the roster: Tirana's local time, and the offset in the nights it changes."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .roster import FOR_EVER, Stretch

A_DAY = timedelta(days=1)


def moment_in_words(moment: datetime, *, with_offset: bool = False) -> str:
    """Format a moment as "25.10.2026 02:30".

    With the offset, "25.10.2026 02:30 (UTC+2)", where the clock alone isn't enough.
    """
    local = timezone.localtime(moment)
    words = date_format(local, "SHORT_DATETIME_FORMAT")
    if with_offset or _is_ambiguous(local):
        offset = local.utcoffset() or timedelta()
        return f"{words} (UTC{offset.total_seconds() / 3600:+g})"
    return words


def stretch_in_words(stretch: Stretch) -> str:
    """Format a stretch as "1.12.2026 08:00 – 2.12.2026 08:00".

    Both ends have their offset when the clocks change between them within a week, since the hours between them are then
    not what one would count.
    """
    if stretch.ends_at >= FOR_EVER:
        return _("from %(start)s on") % {"start": moment_in_words(stretch.starts_at)}
    first, last = timezone.localtime(stretch.starts_at), timezone.localtime(stretch.ends_at)
    changes = first.utcoffset() != last.utcoffset() and stretch.ends_at - stretch.starts_at <= 7 * A_DAY
    start = moment_in_words(stretch.starts_at, with_offset=changes)
    return f"{start} – {moment_in_words(stretch.ends_at, with_offset=changes)}"


def hours_in_words(stretch: Stretch) -> str:
    """Format a stretch within one day of Tirana as "08:00 – 20:00", or "all day".

    The end of the day is 24:00. On a day on which the clocks change both ends have their offset.
    """
    first, last = timezone.localtime(stretch.starts_at), timezone.localtime(stretch.ends_at)
    ends_at_midnight = last.date() > first.date()
    if ends_at_midnight and first.time() == time():
        return _("all day")
    changes = first.utcoffset() != last.utcoffset() or _is_ambiguous(first) or _is_ambiguous(last)
    start = _hour_in_words(first, with_offset=changes)
    return f"{start} – {'24:00' if ends_at_midnight else _hour_in_words(last, with_offset=changes)}"


def _hour_in_words(local: datetime, *, with_offset: bool) -> str:
    offset = local.utcoffset() or timedelta()
    return f"{local:%H:%M}" + (f" (UTC{offset.total_seconds() / 3600:+g})" if with_offset else "")


def get_midnight(day: date) -> datetime:
    """Return the moment at which a day begins in Tirana."""
    return timezone.make_aware(datetime.combine(day, time()))


def _is_ambiguous(local: datetime) -> bool:
    """Tell whether this is in the hour that happens twice when summer time ends."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
