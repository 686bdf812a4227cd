"""When a way is taken: one coordinator lets it be taken for more, two are needed to let it be taken for less."""

from datetime import time

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import Region, StaffRole, User

from ..changes.models import Act
from ..changes.needs import takes_two
from ..changes.values import ChangeRequest, get_difference, get_values
from ..models import Contact, ContactWay, DirectoryChange
from ..ways.choosing import is_within_hours
from .second_keeper import agree_to_all
from .test_admin import area, sign_in
from .test_editing import police

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

REACH = {"all": 3, "urgent": 2, "unanswered": 1}
EVERY_MINUTE = [time(hour, minute) for hour in range(24) for minute in range(60)]


@pytest.fixture
def keeper(client) -> User:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    return sign_in(client, StaffRole.COORDINATOR, region)


@pytest.fixture
def way(keeper) -> ContactWay:
    contact = Contact.objects.create(partner=police().partner, name="Zyra", email="zyra@partner.example")
    return ContactWay.objects.create(
        contact=contact, channel="sms", address="+355691234567", confirmed_at=timezone.now(), sent_for="urgent",
        hours_from=time(8), hours_until=time(20), after_minutes=10,
    )  # fmt: skip


def save(client, way: ContactWay, **changed) -> None:
    sent = {
        "contact": way.contact_id, "channel": way.channel, "address": way.address, "sent_for": way.sent_for,
        "after_minutes": way.after_minutes, "hours_from": "08:00", "hours_until": "20:00", "is_active": "on",
        "version": way.version,
    }  # fmt: skip
    client.post(f"/cms/contactway/edit/{way.pk}/", sent | changed)


WIDER = [
    {"sent_for": "all"},
    {"after_minutes": 0},
    {"hours_from": "", "hours_until": ""},
    {"hours_from": "07:00"},
    {"hours_until": "23:30"},
    {"sent_for": "all", "after_minutes": 5, "hours_from": "07:00"},
]
NARROWER = [
    {"sent_for": "unanswered"},
    {"after_minutes": 11},
    {"hours_from": "09:00"},
    {"hours_until": "19:00"},
    {"hours_from": "20:00", "hours_until": "08:00"},  # the night instead of the day
    {"hours_from": "03:00", "hours_until": "03:01"},
    {"sent_for": "all", "after_minutes": 60},  # more of them, but later
]


@pytest.mark.parametrize("changed", WIDER)
def test_one_coordinator_lets_a_way_be_taken_for_more(client, way, changed):
    save(client, way, **changed)
    assert DirectoryChange.objects.count() == 0
    stored = ContactWay.objects.get()
    assert stored.version == way.version + 1


@pytest.mark.parametrize("changed", NARROWER)
def test_two_are_needed_to_let_a_way_be_taken_for_less(client, way, changed):
    save(client, way, **changed)
    before = get_values(way)
    assert get_values(ContactWay.objects.get()) == before
    assert agree_to_all() == 1
    stored = ContactWay.objects.get()
    assert get_values(stored) != before
    assert stored.confirmed_at == way.confirmed_at  # the same number: no new test


hours = st.none() | st.tuples(st.sampled_from(EVERY_MINUTE[::15]), st.sampled_from(EVERY_MINUTE[::15]))


@given(
    old=hours.filter(lambda each: each is None or each[0] != each[1]),
    new=hours.filter(lambda each: each is None or each[0] != each[1]),
    reach=st.tuples(st.sampled_from(list(REACH)), st.sampled_from(list(REACH))),
    minutes=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_two_are_needed_exactly_where_some_minute_of_some_day_loses_something(old, new, reach, minutes):
    contact = Contact.objects.first() or Contact.objects.create(
        partner=area("veri") and police().partner, name="Zyra", email="zyra@partner.example"
    )
    ContactWay.objects.all().delete()
    stored = ContactWay.objects.create(
        contact=contact, channel="sms", address="+355691234567", sent_for=reach[0], after_minutes=minutes[0],
        hours_from=old and old[0], hours_until=old and old[1],
    )  # fmt: skip
    row = ContactWay.objects.get(pk=stored.pk)
    row.sent_for, row.after_minutes = reach[1], minutes[1]
    row.hours_from, row.hours_until = (new[0], new[1]) if new else (None, None)
    before, after = get_difference(get_values(stored), get_values(row))
    wanted = ChangeRequest("contactway", Act.CHANGE, row, before, after)
    loses = (
        minutes[1] > minutes[0]
        or REACH[reach[1]] < REACH[reach[0]]
        or any(is_within_hours(stored, at) and not is_within_hours(row, at) for at in EVERY_MINUTE)
    )
    assert takes_two(wanted, now=timezone.now()) == loses
