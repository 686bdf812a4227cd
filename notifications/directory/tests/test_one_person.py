"""A property: nothing that one person can do, in whatever order, leaves a region without police, authority or CPU.

Nor turns one of their briefs to somebody whom two people haven't made a contact, with the PIN that they had.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import MobileUnit, Region, StaffRole, User
from access.staff.groups import follow_roles
from case_forms.submissions.seeding.reference import seed_groups
from notifications.escalation import beside
from tests.world.offices import PIN, Country, make_contact, make_country, put_on_duty
from tests.world.places import make_user

from ..chain import resolve_chain
from ..changes.emergency import end_due
from ..links import MUNICIPALITY
from ..models import Agreement, AgreementRule, Contact, ContactWay, DirectoryChange, DutyShift, Leave, Partner, Role
from .test_editing import typed

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MOMENTS = (0, 25, 71)  # hours from now
MINE, MY_PIN = "me@evil.example", "830274"
EMERGENCY = {"at_once": "on"}
Post = tuple[str, dict[str, str]]


@pytest.fixture
def country() -> Country:
    """Two people at each office, for all times and for a night that is planned; agreements, ways, a unit."""
    made = make_country()
    Region.objects.filter(pk=made.vlore.region_id).update(is_outreach=True)
    now = timezone.now()
    for office in (made.police, made.police_sarande, made.cpu, made.authority, made.coordinator):
        for rank in (1, 2):
            person = make_contact(office, pin=PIN)
            put_on_duty(office, rank=rank, contact=person)
            put_on_duty(office, rank=rank, contact=person, since=now + 30 * HOUR, until=now + 38 * HOUR)
            ContactWay.objects.create(contact=person, channel="sms", address=f"+35569{person.pk:07}", confirmed_at=now)
    for office in (made.police, made.police_sarande):
        Agreement.objects.create(partner=office)
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    MobileUnit.objects.create(slug="unit", name="Unit", region=made.vlore.region)
    return made


def list_acts(now: datetime) -> list[Post]:
    """Every act of one person over what the directory holds, at each of the moments; each with and without the tick."""
    plain = [*_iter_of_contacts(), *_iter_of_roster(now), *_iter_of_the_rest(now)]
    return [(address, {**page, **tick}) for address, page in plain for tick in ({}, EMERGENCY)]


def _iter_of_contacts() -> Iterator[Post]:
    for contact in Contact.objects.all():
        page = {
            "partner": str(contact.partner_id),
            "name": contact.name,
            "email": contact.email,
            "phone": contact.phone,
            "language": "sq",
            "is_active": "on",
        }
        address, pins = f"/cms/contact/edit/{contact.pk}/", {"pin": MY_PIN, "pin_again": MY_PIN}
        yield address, {**page, "email": MINE}
        yield address, {**page, **pins}
        yield address, {**page, "email": MINE, **pins}
        yield address, {name: value for name, value in page.items() if name != "is_active"}
        for other in Partner.objects.exclude(pk=contact.partner_id):
            yield address, {**page, "partner": str(other.pk)}
        yield "/cms/contact/new/", {**page, "name": "Unë", "email": MINE, **pins}
        way = {"contact": str(contact.pk), "sent_for": "all", "after_minutes": "0", "is_active": "on"}
        yield "/cms/contactway/new/", {**way, "channel": "sms", "address": "+355691234567"}
        yield "/cms/contactway/new/", {**way, "channel": "webhook", "address": "https://evil.example/in"}


def _iter_of_roster(now: datetime) -> Iterator[Post]:
    people = list(Contact.objects.all())
    for shift in DutyShift.objects.all():
        page = {"partner": str(shift.partner_id), "contact": str(shift.contact_id), "rank": str(shift.rank)}
        page |= {"starts_at": typed(shift.starts_at), "ends_at": typed(shift.ends_at) if shift.ends_at else ""}
        address = f"/cms/dutyshift/edit/{shift.pk}/"
        yield f"/cms/dutyshift/end/{shift.pk}/", {}
        yield f"/cms/dutyshift/delete/{shift.pk}/", {}
        for hours in MOMENTS:
            yield address, {**page, "ends_at": typed(now + hours * HOUR + timedelta(minutes=2))}
            yield address, {**page, "starts_at": typed(now + hours * HOUR), "ends_at": ""}
        for person in people:
            yield address, {**page, "contact": str(person.pk), "partner": str(person.partner_id)}
    for person in people:
        for hours in MOMENTS:
            start = now + hours * HOUR
            period = {"contact": str(person.pk), "starts_at": typed(start)}
            for length in (1, 9, 200):
                leave = {**period, "ends_at": typed(start + length * HOUR), "kind": "holiday"}
                yield "/cms/leave/new/", leave
            yield "/cms/dutyshift/new/", {**period, "partner": str(person.partner_id), "rank": "1"}


def _iter_of_the_rest(now: datetime) -> Iterator[Post]:
    for office in Partner.objects.all():
        page = {"name_sq": "Z", "name_en": "Z", "slug": office.slug, "role": office.role}
        yield f"/cms/partner/edit/{office.pk}/", page
        yield f"/cms/partner/edit/{office.pk}/", {**page, "role": "school", "is_active": "on"}
    for way in ContactWay.objects.all():
        page = {"contact": str(way.contact_id), "channel": "sms", "address": way.address, "after_minutes": "60"}
        yield f"/cms/contactway/edit/{way.pk}/", {**page, "sent_for": "unanswered"}
        yield f"/cms/contactway/edit/{way.pk}/", {**page, "address": "+355691234567", "is_active": "on"}
    for agreement in Agreement.objects.all():
        for hours in MOMENTS:
            day = timezone.localdate(now + hours * HOUR).strftime("%d.%m.%Y")
            page = {"partner": str(agreement.partner_id), "understood": "on"}
            yield f"/cms/agreement/edit/{agreement.pk}/", {**page, "withdrawn_on": day}
            yield f"/cms/agreement/edit/{agreement.pk}/", {**page, "valid_until": day, "roles": "police"}
    for role in (Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU):
        yield "/cms/agreement/required/", {"role": role.value, "understood": "1"}
    for unit in MobileUnit.objects.all():
        yield f"/cms/mobileunit/edit/{unit.pk}/", {"name": unit.name, "slug": unit.slug, "region": str(unit.region_id)}
    for user in User.objects.filter(is_active=True):
        yield f"/cms/staff/{user.pk}/shut/", {}


def sign_in(role: str, region: Region | None = None) -> Client:
    user = make_user(role, region=region, language="en", email="own@vatra.example")
    seed_groups()
    follow_roles(user)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def read_recipients(country: Country, now: datetime) -> dict[tuple[str, int, int], tuple[str, str]]:
    """Who gets a brief, (e-mail, PIN), by role, place and hour; ("", "") where the office itself has nobody."""
    found = {}
    for role, places in (
        (Role.POLICE, (country.vlore, country.himare)),
        (Role.RESPONSIBLE_AUTHORITY, (country.vlore,)),
        (Role.CPU, (country.vlore,)),
    ):
        for place in places:
            for hour in range(0, 97, 3):
                told = resolve_chain(role=role, municipality=place, at=now + hour * HOUR)
                is_own = told.contact is not None and told.link == MUNICIPALITY
                words = (told.contact.email, told.contact.pin_hash) if is_own and told.contact else ("", "")
                found[role, place.pk, hour] = words
    return found


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
@pytest.mark.parametrize("role", [StaffRole.COORDINATOR, StaffRole.OPERATOR])
def test_no_one_person_empties_an_office_or_reads_its_briefs(role: str, country: Country, seed: int) -> None:
    DirectoryChange.objects.all().delete()
    known = dict(Contact.objects.values_list("email", "pin_hash"))
    client = sign_in(role, country.vlore.region if role == StaffRole.COORDINATOR else None)
    now = timezone.now()
    before = read_recipients(country, now)
    assert ("", "") not in before.values()
    acts = list_acts(now)
    random.Random(seed).shuffle(acts)
    done = 0
    for address, page in acts[:120]:
        if "/edit/" in address:
            page = {**page, "version": _read_version(address)}
        response = client.post(address, page)
        assert response.status_code < 500, address
        done += response.status_code == 302
    beside.advance(now + HOUR)

    for key, (email, pin) in read_recipients(country, now).items():
        assert email in known, key
        assert pin == known[email], key
    assert not Contact.objects.filter(email=MINE).exists()
    end_due(now=now + 25 * HOUR)
    assert ("", "") not in read_recipients(country, now).values()
    if role == StaffRole.COORDINATOR:
        assert done > 10, "it has done something"


def _read_version(address: str) -> str:
    kind, key = address.split("/")[2], address.split("/")[4]
    models = {"contact": Contact, "dutyshift": DutyShift, "partner": Partner, "contactway": ContactWay}
    models |= {"agreement": Agreement, "leave": Leave}
    row = models[kind].objects.filter(pk=key).first() if kind in models else None
    return str(row.version) if row is not None else "0"
