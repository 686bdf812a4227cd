"""Keys that expire: said sixty and fourteen days before, ended when they have, once each."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse

from access.models import Region, User
from notifications.directory.keys.expiry import list_due
from notifications.directory.models import ContactWay
from notifications.outbox.models import Notice, Purpose
from tests.world.mail_keys import make_smime
from tests.world.notices import StaffedCountry, make_staffed_country

from ..key_watch import each_minute
from .test_agreement_watch import coordinate

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 8, 1, tzinfo=ZoneInfo("Europe/Tirane"))
KEY = make_smime().pem.decode()


@pytest.fixture
def staffed(db: None) -> StaffedCountry:
    made = make_staffed_country()
    Region.objects.filter(pk=made.country.vlore.region_id).update(is_outreach=True)
    return made


@pytest.fixture
def keeper(staffed: StaffedCountry) -> User:
    return coordinate(staffed.country.vlore.region)


def give(staffed: StaffedCountry, days: float | None, **more: Any) -> ContactWay:
    until = None if days is None else AT + timedelta(days=days)
    number = ContactWay.objects.count()
    values = {"address": f"{number:064}", "confirmed_at": AT, "mail_key": KEY, "mail_key_until": until, **more}
    return ContactWay.objects.create(contact=staffed.officer, channel="mailkey", **values)


def test_it_is_said_sixty_and_fourteen_days_before_and_once_each(staffed: StaffedCountry, keeper: User) -> None:
    give(staffed, 61)
    said = [each_minute(now=AT + timedelta(days=day)) for day in range(61)]
    assert [day for day, count in enumerate(said) if count] == [1, 47]
    assert len(mail.outbox) == 2
    assert "60" in str(mail.outbox[0].body)
    assert "14" in str(mail.outbox[1].body)


def test_the_mail_says_neither_whose_key_nor_when(staffed: StaffedCountry, keeper: User) -> None:
    way = give(staffed, 5)
    each_minute(now=AT)
    (said,) = mail.outbox
    for secret in (staffed.officer.name, staffed.officer.email, way.address, "2026", "15.3"):
        assert secret not in f"{said.subject} {said.body}"
    assert reverse("contactway:index") in str(said.body)


def test_a_key_entered_a_week_before_its_end_is_said_once(staffed: StaffedCountry, keeper: User) -> None:
    give(staffed, 7)
    assert [each_minute(now=AT + timedelta(days=day)) for day in range(7)] == [1, 0, 0, 0, 0, 0, 0]


def test_nothing_is_said_before_eight_nor_to_who_does_not_keep_it(staffed: StaffedCountry) -> None:
    coordinate(Region.objects.create(slug="dibër", name="Dibër", iso_code="AL-09", is_outreach=True))
    give(staffed, 5)
    assert each_minute(now=AT - timedelta(hours=1)) == 0
    assert each_minute(now=AT) == 0
    assert ContactWay.objects.get().mail_key_warned is None


def test_what_has_a_successor_or_no_end_or_has_ended_needs_no_look(staffed: StaffedCountry) -> None:
    give(staffed, 5, confirmed_at=AT - timedelta(days=300))
    give(staffed, 400)
    give(staffed, 5, is_active=False)
    assert list_due(AT) == []
    give(staffed, None)
    assert list_due(AT) == []


def test_a_key_whose_successor_was_not_tested_yet_is_said(staffed: StaffedCountry) -> None:
    old = give(staffed, 5)
    give(staffed, 400, confirmed_at=None)
    assert [each.way for each in list_due(AT)] == [old]


def test_an_expired_key_ends_within_the_minute_at_any_hour_and_the_coordinators_are_notified_once(
    staffed: StaffedCountry, keeper: User
) -> None:
    way = give(staffed, 0)
    for minute in range(3):
        each_minute(now=AT - timedelta(hours=5) + timedelta(hours=5, minutes=minute))
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "key_unusable")
    assert Notice.objects.filter(purpose=Purpose.INFORM, contact=staffed.coordinator).count() == 1


def test_a_mail_server_that_is_away_loses_no_warning(staffed: StaffedCountry, keeper: User, settings: Any) -> None:
    give(staffed, 5)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "notifications.escalation.tests.test_agreement_watch.Refusing"
    assert each_minute(now=AT) == 0
    settings.EMAIL_BACKEND = backend
    assert each_minute(now=AT + timedelta(minutes=6)) == 1
