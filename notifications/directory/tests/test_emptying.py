"""Emptying an office takes two, whenever it would be empty."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from access.models import Municipality, User

from ..chain import resolve_chain
from ..changes.needs import empties_office
from ..changes.values import ChangeRequest, get_kind
from ..models import Contact, DirectoryChange, DutyShift, Leave, Role
from .second_keeper import agree_to_all
from .test_editing import police, typed
from .test_two_keepers import keeper, north, south

pytestmark = pytest.mark.django_db
__all__ = ["keeper", "north", "south"]
HOUR = timedelta(hours=1)


@pytest.fixture
def officer(keeper: User) -> Contact:
    return police()


@pytest.fixture
def deputy(officer: Contact) -> Contact:
    return Contact.objects.create(partner=officer.partner, name="Zëvendësi", email="z@veri.example")


def stand(
    contact: Contact, rank: int = 1, *, begins: datetime | None = None, ends: datetime | None = None
) -> DutyShift:
    starts = begins or timezone.now() - 24 * HOUR
    return DutyShift.objects.create(partner=contact.partner, contact=contact, rank=rank, starts_at=starts, ends_at=ends)


def end_at(client: Client, shift: DutyShift, moment: datetime) -> None:
    page = {
        "partner": str(shift.partner_id),
        "contact": str(shift.contact_id),
        "rank": str(shift.rank),
        "starts_at": typed(shift.starts_at),
        "ends_at": typed(moment),
        "version": str(DutyShift.objects.get(pk=shift.pk).version),
    }
    client.post(f"/cms/dutyshift/edit/{shift.pk}/", page)


def told_at(moment: datetime) -> str:
    found = resolve_chain(role=Role.POLICE, municipality=Municipality.objects.get(slug="veri"), at=moment)
    return found.contact.email if found.contact else ""


def test_one_coordinator_leaves_no_police_office_with_nobody_from_tomorrow_on(
    client: Client, officer: Contact, deputy: Contact, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """S2 of the review: both shifts ended at +25 hours, without a tick and without a mail."""
    shifts = [stand(officer), stand(deputy, 2)]
    now = timezone.now()

    with django_capture_on_commit_callbacks(execute=True):
        for shift in shifts:
            end_at(client, shift, now + 25 * HOUR)

    assert told_at(now + 26 * HOUR) == "z@veri.example"
    change = DirectoryChange.objects.waiting().get()
    assert change.entry_id == shifts[1].pk, "the first was covered, and the second waits"
    assert {to for letter in mail.outbox for to in letter.to} == {"z@veri.example"}, "whom it is about hears of it now"
    agree_to_all()
    assert told_at(now + 26 * HOUR) == ""


@pytest.mark.parametrize("hours", [25, 71, 24 * 40])
def test_leave_and_deleting_are_the_same(client: Client, officer: Contact, hours: int) -> None:
    start = timezone.now() + hours * HOUR
    shift = stand(officer, begins=start, ends=start + 8 * HOUR)
    written = {"contact": str(officer.pk), "starts_at": typed(start), "ends_at": typed(start + HOUR), "kind": "holiday"}

    client.post("/cms/leave/new/", written)
    client.post(f"/cms/dutyshift/delete/{shift.pk}/")
    end_at(client, shift, start + 2 * HOUR)

    assert not Leave.objects.exists()
    shift.refresh_from_db()
    assert shift.ends_at == start + 8 * HOUR
    assert DirectoryChange.objects.waiting().count() == 3


def test_what_makes_nobody_fewer_is_one_persons(client: Client, officer: Contact, deputy: Contact) -> None:
    start = timezone.now().replace(second=0, microsecond=0) + 50 * HOUR
    stand(officer, begins=start, ends=start + 8 * HOUR)
    second = stand(deputy, 2, begins=start, ends=start + 8 * HOUR)
    end_at(client, second, start + 20 * HOUR)
    end_at(client, second, start + 9 * HOUR)
    second.refresh_from_db()
    assert second.ends_at == start + 20 * HOUR, "prolonged alone; that nobody is there again takes two"
    end_at(client, second, start + 30 * HOUR)
    second.refresh_from_db()
    assert second.ends_at == start + 30 * HOUR


def test_seconds_that_no_page_shows_are_no_gap_and_a_minute_is(client: Client, officer: Contact) -> None:
    start = timezone.now().replace(second=31) + 50 * HOUR
    shift = stand(officer, begins=start, ends=start + 8 * HOUR)
    end_at(client, shift, start + 8 * HOUR)
    shift.refresh_from_db()
    assert shift.ends_at is not None
    assert shift.ends_at.second == 0, "saved alone"
    end_at(client, shift, start + 8 * HOUR - timedelta(minutes=1))
    assert DirectoryChange.objects.waiting().count() == 1


def test_a_gap_that_moves_takes_two_though_it_is_no_longer(client: Client, officer: Contact) -> None:
    start = timezone.now().replace(second=0, microsecond=0) + 50 * HOUR
    shift = stand(officer, begins=start, ends=start + 8 * HOUR)
    page = {"partner": str(shift.partner_id), "contact": str(officer.pk), "rank": "1"}
    page |= {"starts_at": typed(start + 4 * HOUR), "ends_at": typed(start + 20 * HOUR)}
    client.post(f"/cms/dutyshift/edit/{shift.pk}/", page)
    shift.refresh_from_db()
    assert shift.starts_at == start
    assert DirectoryChange.objects.waiting().count() == 1


def test_a_shift_given_to_somebody_who_does_not_count_empties_too(
    client: Client, officer: Contact, deputy: Contact
) -> None:
    Contact.objects.filter(pk=deputy.pk).update(reachable_at=None)
    start = timezone.now() + 50 * HOUR
    shift = stand(officer, begins=start, ends=start + 8 * HOUR)
    page = {"partner": str(shift.partner_id), "contact": str(deputy.pk), "rank": "1"}
    page |= {"starts_at": typed(start), "ends_at": typed(start + 8 * HOUR)}
    client.post(f"/cms/dutyshift/edit/{shift.pk}/", page)
    shift.refresh_from_db()
    assert shift.contact == officer


def test_years_of_shifts_are_looked_through_quickly(officer: Contact) -> None:
    base = stand(officer)
    start = timezone.now() + 25 * HOUR
    DutyShift.objects.bulk_create(
        DutyShift(
            partner=officer.partner,
            contact=officer,
            rank=1,
            starts_at=start + number * 12 * HOUR,
            ends_at=start + (number + 1) * 12 * HOUR,
        )
        for number in range(1500)
    )
    base.ends_at = start
    wanted = ChangeRequest(get_kind(base), "change", base, {"ends_at": None}, {"ends_at": start.isoformat()})
    began = timezone.now()
    assert empties_office(wanted, now=began), "after two years nobody is left"
    assert timezone.now() - began < timedelta(seconds=2)
