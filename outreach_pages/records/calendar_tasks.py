"""What else a person's calendar can hold: moments at which something is due, without a word of what it is.

Rooms above register where the moments come from (`register_moments`). A calendar is copied to phones and to companies
abroad, so an entry says "Task 1" and when: no case, no kind, no person, and an id from which nothing can be worked out.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Event

from access.models import User

from .models import CalendarAddress

LENGTH = datetime.timedelta(minutes=15)
MAX_TASKS = 500


@dataclass(frozen=True)
class DueMoment:
    """When something is due. `key` tells it from the others of this person; it leaves only as a hash."""

    key: str
    at: datetime.datetime


_sources: list[Callable[[User], Iterable[DueMoment]]] = []


def register_moments(get_moments: Callable[[User], Iterable[DueMoment]]) -> None:
    """Register a function that returns what is due for a person, the earliest first.

    Of more than `MAX_TASKS` one more is enough: then the calendar says that there are others.
    """
    _sources.append(get_moments)


def build_task_events(address: CalendarAddress) -> list[Event]:
    """Build the events of what is due for this address's person, numbered anew each day, in the active language.

    Where there are more than `MAX_TASKS`, one more event at the moment of the next one says so.
    """
    found = [moment for get_moments in _sources for moment in get_moments(address.user)]
    found = sorted(found, key=lambda moment: (moment.at, moment.key))
    beyond = found[MAX_TASKS : MAX_TASKS + 1]
    by_day = groupby(found[:MAX_TASKS], key=lambda moment: timezone.localdate(moment.at))
    events = [
        _build_event(address, moment, _("Task %(number)d") % {"number": number})
        for _day, moments in by_day
        for number, moment in enumerate(moments, start=1)
    ]
    more = [_build_event(address, DueMoment("more", moment.at), _("More tasks are in the app")) for moment in beyond]
    return [*events, *more]


def _build_event(address: CalendarAddress, moment: DueMoment, summary: str) -> Event:
    # To the minute: a second would tell which form made it, to whoever has seen that form's time.
    begins = moment.at.astimezone(datetime.UTC).replace(second=0, microsecond=0)
    event = Event()
    # By the address's own hash: two people's calendars can't be laid side by side.
    digest = hashlib.sha256(f"{address.secret_hash} {moment.key}".encode()).hexdigest()[:32]
    event.add("uid", f"{digest}@tasks.vatra")
    # Not the present: what is unchanged must give the same bytes, of which the ETag is made.
    event.add("dtstamp", begins)
    event.add("dtstart", begins)
    event.add("dtend", begins + LENGTH)
    event.add("summary", summary)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event
