"""A contact's own calendar: what it holds, who gets it, and that it can be stopped."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from notifications.directory.models import DutyShift, Leave

from ..calendar import AHEAD, FETCHES, build_feed
from ..models import DutyCalendar
from .world import Roster, Visitor, give, make_roster

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
HOUR = timedelta(hours=1)


@pytest.fixture
def roster() -> Roster:
    return make_roster()


def make(roster: Roster) -> tuple[Visitor, str]:
    """Have Ana make an address; return her page, and the path."""
    ana = Visitor(roster.ana)
    assert ana.send(do="calendar") == 200
    address = ana.answer.context["calendar_address"]
    return ana, "/n/" + address.split("/n/")[1]


def events(content: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def test_it_holds_office_duty_and_hours_and_nothing_else(roster: Roster) -> None:
    give(roster.ana, roster.benis.starts_at, rank=2)
    _ana, path = make(roster)
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    assert "no-store" in answer["Cache-Control"]
    first, second = events(answer.content)
    office = roster.office.names["en"]
    assert (str(first["summary"]), str(second["summary"])) == (f"On duty: {office}", f"Deputy: {office}")
    assert (first["dtstart"].dt, first["dtend"].dt) == (roster.anas.starts_at, roster.anas.ends_at)
    names = {name for each in (first, second) for name in each}
    assert names == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS"}
    for secret in (roster.beni.name, roster.ana.email, roster.ana.phone):
        assert secret not in answer.content.decode()


def test_leave_is_no_duty(roster: Roster) -> None:
    start, end = roster.anas.starts_at, roster.anas.ends_at
    Leave.objects.create(contact=roster.ana, starts_at=start + 2 * HOUR, ends_at=start + 4 * HOUR)
    Leave.objects.create(contact=roster.ana, starts_at=start + 3 * HOUR, ends_at=start + 5 * HOUR)
    Leave.objects.create(contact=roster.ana, starts_at=end - HOUR, ends_at=end + HOUR)
    found = [(each["dtstart"].dt, each["dtend"].dt) for each in events(build_feed(roster.ana, timezone.now()))]
    assert found == [(start, start + 2 * HOUR), (start + 5 * HOUR, end - HOUR)]


def test_a_shift_without_an_end_goes_as_far_as_the_calendar_and_the_bytes_stay_the_same(roster: Roster) -> None:
    now = timezone.now()
    DutyShift.objects.create(partner=roster.office, contact=roster.cela, starts_at=now - timedelta(days=900))
    (found,) = events(build_feed(roster.cela, now))
    assert AHEAD - timedelta(days=2) < found["dtend"].dt - now < AHEAD + timedelta(days=2)
    assert build_feed(roster.cela, now) == build_feed(roster.cela, now)


def test_a_new_address_a_stop_and_an_inactive_contact_end_it(roster: Roster) -> None:
    ana, path = make(roster)
    _ana, newer = make(roster)
    assert Client().get(path).status_code == 404
    assert Client().get(newer).status_code == 200
    roster.ana.is_active = False
    roster.ana.save()
    assert Client().get(newer).status_code == 404
    roster.ana.is_active = True
    roster.ana.save()
    assert ana.send(do="calendar_stop") == 303
    assert Client().get(newer).status_code == 404
    assert ana.send(do="calendar_stop") == 303  # there is none any more: nothing happens
    assert AuditEntry.objects.filter(action="duty.calendar_ended").count() == 1
    assert Client().get("/n/k.forged/").status_code == 404


def test_the_address_is_shown_once_and_only_behind_the_pin(roster: Roster) -> None:
    ana, path = make(roster)
    secret = path.removeprefix("/n/k.").rstrip("/")
    assert secret in ana.answer.content.decode()
    assert secret not in ana.read()
    assert not DutyCalendar.objects.filter(secret_hash=secret).exists()
    closed = Visitor(roster.beni, pin="000000")
    assert closed.send(do="calendar") == 403
    assert DutyCalendar.objects.filter(contact=roster.beni).count() == 0


def test_that_a_program_comes_is_seen_and_recorded_once_a_day_and_too_often_gets_nothing(roster: Roster) -> None:
    ana, path = make(roster)
    assert "No calendar program has come" in ana.read()
    for _each in range(3):
        Client().get(path)
    assert "last came for your shifts" in ana.read()
    assert AuditEntry.objects.filter(action="duty.calendar_fetched").count() == 1
    for _each in range(FETCHES.most):
        FETCHES.hit(str(DutyCalendar.objects.get().pk))
    assert Client().get(path).status_code == 429
