"""A contact's shifts for a calendar program: office, duty, from when to when, and nothing else.

A calendar is copied to phones and to whatever service keeps them in sync. The secret in the address is shown once, to
the contact behind their PIN, who can stop it there.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from access.languages import get_current_language
from access.models import localize
from access.rate_limits import Limit
from audit.chain import ANONYMOUS, Actor, log_event

from ..models import Contact, DutyShift, Leave
from ..moments import get_midnight
from ..roster import Stretch, utc
from ..standing_links import hash_token
from .models import DutyCalendar

MEDIA_TYPE = "text/calendar; charset=utf-8"
BACK, AHEAD = timedelta(days=14), timedelta(days=186)
MAX_EVENTS = 500
# A phone comes a few times a day; whoever comes each minute isn't a calendar.
FETCHES = Limit("duty.calendar", 60, timedelta(hours=1))


def get_valid(contact: Contact) -> DutyCalendar | None:
    """Return the contact's valid address, without its secret; None where there is none."""
    return DutyCalendar.objects.filter(contact=contact, ended_at=None).first()


def make_address(contact: Contact) -> str:
    """Make a new address for this contact and return it; it can't be read again, and an earlier one stops working."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
        DutyCalendar.objects.filter(contact=contact, ended_at=None).update(ended_at=timezone.now())
        DutyCalendar.objects.create(contact=contact, secret_hash=hash_token(secret))
        log_event("duty.calendar_made", actor=_as(contact), target_kind="contact", target_id=contact.pk)
    return f"{settings.PUBLIC_URL}/n/k.{secret}/"


def end_address(contact: Contact) -> None:
    """Stop the contact's address at once; nothing happens where there is none."""
    with transaction.atomic():
        if DutyCalendar.objects.filter(contact=contact, ended_at=None).update(ended_at=timezone.now()):
            log_event("duty.calendar_ended", actor=_as(contact), target_kind="contact", target_id=contact.pk)


def find_holder(secret: str) -> DutyCalendar | None:
    """Return the valid address with this secret, of a contact who is still active."""
    found = DutyCalendar.objects.filter(
        secret_hash=hash_token(secret), ended_at=None, contact__is_active=True, contact__partner__is_active=True
    )
    return found.select_related("contact__partner").first()


def note_fetch(found: DutyCalendar) -> bool:
    """Note that a calendar program has come for it, once a day in the record; False when it came too often."""
    if FETCHES.hit(str(found.pk)) > FETCHES.most:
        return False
    today = timezone.localdate()
    if found.read_on != today:
        with transaction.atomic():
            if DutyCalendar.objects.filter(pk=found.pk).exclude(read_on=today).update(read_on=today):
                log_event("duty.calendar_fetched", actor=ANONYMOUS, target_kind="contact", target_id=found.contact_id)
    return True


def build_feed(contact: Contact, now: datetime) -> bytes:
    """Build the calendar of a contact's shifts, without the times at which they are on leave, in the active language.

    The same roster gives the same bytes for a whole day. A shift without an end is shown as far as the calendar goes.
    """
    today = get_midnight(timezone.localdate(now))
    since, until = utc(today) - BACK, utc(today) + AHEAD
    calendar = Calendar()
    calendar.add("prodid", f"-//Notices//Duty//{get_current_language().upper()}")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Duty: %(office)s") % {"office": localize(contact.partner.names)})
    calendar.add("x-published-ttl", "PT6H")
    shifts = DutyShift.objects.between(since, until).filter(contact=contact, partner=contact.partner_id)
    leaves = list(Leave.objects.between(since, until).filter(contact=contact))
    for shift in shifts.order_by("starts_at", "pk")[:MAX_EVENTS]:
        for number, stretch in enumerate(_iter_present(shift, leaves, since, until)):
            calendar.add_component(_build_event(contact, shift, stretch, number))
    return bytes(calendar.to_ical())


def _iter_present(shift: DutyShift, leaves: list[Leave], since: datetime, until: datetime) -> Iterator[Stretch]:
    """Yield what of a shift this person is there for."""
    start = utc(shift.starts_at)
    end = min(utc(shift.ends_at) if shift.ends_at else until, max(until, start))
    # A standing shift that began long ago: as far back as the calendar goes.
    start = max(start, since) if shift.ends_at is None else start
    for leave in sorted(leaves, key=lambda each: each.starts_at):
        if utc(leave.ends_at) <= start or utc(leave.starts_at) >= end:
            continue
        if utc(leave.starts_at) > start:
            yield Stretch(start, utc(leave.starts_at))
        start = max(start, utc(leave.ends_at))
    if start < end:
        yield Stretch(start, end)


def _build_event(contact: Contact, shift: DutyShift, stretch: Stretch, number: int) -> Event:
    event = Event()
    # By the calendar's contact and the shift's key: neither says anything to whoever reads it.
    event.add("uid", f"{hash_token(f'{contact.pk} {shift.pk} {number}')[:32]}@duty")
    # Not the present: what is unchanged must give the same bytes.
    event.add("dtstamp", stretch.starts_at.astimezone(UTC))
    event.add("dtstart", stretch.starts_at.astimezone(UTC))
    event.add("dtend", stretch.ends_at.astimezone(UTC))
    words = _("On duty: %(office)s") if shift.rank == 1 else _("Deputy: %(office)s")
    event.add("summary", words % {"office": localize(contact.partner.names)})
    event.add("class", "PRIVATE")
    return event


def _as(contact: Contact) -> Actor:
    return Actor("contact", str(contact.pk))
