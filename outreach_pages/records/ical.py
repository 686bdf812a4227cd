"""Sessions as iCalendar: when, where and for whom. No name of a person, partner or organisation, no card, no count.

A calendar is copied to phones and to whatever service keeps them in sync, so it says no more than a person needs to be
at the right door at the right time.
"""

import datetime
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from access.languages import get_current_language
from access.models import User

from .labels import SessionState
from .models import InformativeSession, SessionQuerySet

MEDIA_TYPE = "text/calendar; charset=utf-8"
BACK, AHEAD = datetime.timedelta(days=92), datetime.timedelta(days=400)
REFRESH = datetime.timedelta(hours=6)
STATUS = {SessionState.PLANNED: "TENTATIVE", SessionState.CANCELLED: "CANCELLED"}


def build_calendar(sessions: Iterable[InformativeSession], *, name: str, more: Iterable[Event] = ()) -> bytes:
    """Build a calendar of these sessions, in the active language. The same sessions give the same bytes.

    `more`: other events that come after them (`calendar_tasks`).

    A cancelled session is included as cancelled, so that a phone that has it strikes it out.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//Vatra//Outreach//{get_current_language().upper()}")
    calendar.add("version", "2.0")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for session in sessions:
        calendar.add_component(_build_event(session))
    for event in more:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def get_calendar_sessions(user: User) -> SessionQuerySet:
    """Return the sessions of a person's own calendar: the last three months, and what is planned."""
    today = timezone.localdate()
    sessions = InformativeSession.objects.visible_to(user).filter(date__gte=today - BACK, date__lte=today + AHEAD)
    return sessions.select_related("municipality").order_by("date", "starts_at", "id")


def _build_event(session: InformativeSession) -> Event:
    """Build the event of one session."""
    event = Event()
    event.add("uid", f"{session.pk}@sessions.vatra")
    # Not the present: the same sessions must give the same bytes, of which the ETag is made.
    event.add("dtstamp", _utc(session.changed_at))
    event.add("last-modified", _utc(session.changed_at))
    event.add("dtstart", _utc(session.begins_at()))
    event.add("dtend", _utc(session.finishes_at()))
    what = _("Informative session: %(audience)s") % {"audience": session.get_audience_display()}
    event.add("summary", what)
    event.add("location", f"{session.place_name}, {session.municipality.name}")
    event.add("status", STATUS.get(SessionState(session.state), "CONFIRMED"))
    event.add("class", "PRIVATE")
    return event


def _utc(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(microsecond=0)
