"""What `/readyz` and the readiness check say of contacts' keys and of coordinators' phones."""

import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from access.models import User
from access.sessions.models import StaffSession
from notifications.board.machine import read_parts
from notifications.directory.models import ContactWay, StaffPhone
from notifications.outbox.models import Heartbeat
from tests.world.notices import StaffedCountry, make_staffed_country

from ..means_watch import count_mail_keys, count_staff_phones, describe_health, each_minute
from .test_agreement_watch import coordinate

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 8, 1, tzinfo=ZoneInfo("Europe/Tirane"))
DAY = timedelta(days=1)


@pytest.fixture
def staffed(db: None) -> StaffedCountry:
    return make_staffed_country()


def give(staffed: StaffedCountry, days: float | None = None, **more: Any) -> ContactWay:
    values = {"address": f"{ContactWay.objects.count():064}", "confirmed_at": AT - DAY, "mail_key": "x", **more}
    until = None if days is None else AT + days * DAY
    given = {"contact": staffed.officer, "mail_key_until": until, **values}
    return ContactWay.objects.create(channel="mailkey", **given)


def ended(staffed: StaffedCountry, days: float, reason: str = "key_unusable") -> ContactWay:
    return give(staffed, is_active=False, ended_at=AT - days * DAY, end_reason=reason)


def health() -> dict[str, dict[str, Any]]:
    each_minute(now=AT)
    return describe_health({beat.part: beat for beat in Heartbeat.objects.all()}, AT)


def test_keys_are_counted_by_contact_and_by_the_one_that_is_used(staffed: StaffedCountry) -> None:
    give(staffed, 5)
    give(staffed, 400, confirmed_at=AT)
    give(staffed, 20, contact=staffed.deputy)
    assert count_mail_keys(AT) == {"keys": 2, "keys_soon": 1, "keys_ended": 0}


def test_a_key_that_ended_without_another_is_said_for_a_month(staffed: StaffedCountry) -> None:
    assert health()["mail_keys"] == {"ok": True, "age_s": 0.0, "keys": 0, "soon": 0, "ended": 0}
    ended(staffed, 29)
    assert count_mail_keys(AT)["keys_ended"] == 1
    assert count_mail_keys(AT + 2 * DAY)["keys_ended"] == 0
    give(staffed, 400)
    assert count_mail_keys(AT)["keys_ended"] == 0


def test_a_key_that_somebody_took_away_or_of_whoever_left_is_no_fault(staffed: StaffedCountry) -> None:
    ended(staffed, 1, "stopped")
    type(staffed.deputy).objects.filter(pk=staffed.deputy.pk).update(is_active=False)
    give(staffed, contact=staffed.deputy, is_active=False, ended_at=AT, end_reason="key_unusable")
    assert count_mail_keys(AT)["keys_ended"] == 0


def test_an_ended_key_degrades_and_a_coordinator_without_a_phone_does_not(staffed: StaffedCountry) -> None:
    coordinate(staffed.country.vlore.region)
    ended(staffed, 1)
    parts = health()
    assert (parts["mail_keys"]["ok"], parts["mail_keys"]["ended"]) == (False, 1)
    assert parts["staff_phones"] == {"ok": True, "age_s": 0.0, "coordinators": 1, "without_phone": 1}


def test_a_phone_that_is_woken_counts_and_one_that_was_ended_does_not(staffed: StaffedCountry) -> None:
    person = coordinate(staffed.country.vlore.region)
    session = StaffSession.objects.create(user=person, started_at=AT)
    StaffPhone.objects.create(user=person, session=session, name="x", endpoint_hash="x", browser_hash="x")
    assert count_staff_phones(AT) == {"coordinators": 1, "without_phone": 0}
    StaffSession.objects.update(ended_at=AT, ended_why="signed_out")
    assert count_staff_phones(AT)["without_phone"] == 1


def test_where_no_phone_can_be_woken_there_is_no_part(staffed: StaffedCountry, settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    assert set(health()) == {"mail_keys"}


def test_nobody_having_looked_is_a_fault_of_both() -> None:
    assert [part["ok"] for part in describe_health({}, AT).values()] == [False, False]
    each_minute(now=AT)
    beats = {beat.part: beat for beat in Heartbeat.objects.all()}
    assert not describe_health(beats, AT + timedelta(minutes=16))["mail_keys"]["ok"]


def test_it_looks_every_five_minutes(staffed: StaffedCountry) -> None:
    each_minute(now=AT)
    ended(staffed, 1)
    each_minute(now=AT + timedelta(minutes=4))
    assert Heartbeat.objects.get(part="means").facts["keys_ended"] == 0
    each_minute(now=AT + timedelta(minutes=5))
    assert Heartbeat.objects.get(part="means").facts["keys_ended"] == 1


@pytest.mark.usefixtures("in_english")
def test_the_board_and_the_readiness_check_say_it_without_a_name(staffed: StaffedCountry) -> None:
    person: User = coordinate(staffed.country.vlore.region)
    ContactWay.objects.all().delete()
    give(staffed, is_active=False, ended_at=datetime.now(tzinfo()), end_reason="key_unusable")
    each_minute()
    beats = {beat.part: beat for beat in Heartbeat.objects.all()}
    lines = [line.words for line in read_parts(beats, datetime.now(tzinfo()), sees_aside=False)]
    assert "1 contact’s has ended" in lines
    assert "1 coordinator has none that is woken" in lines
    out = io.StringIO()
    with pytest.raises(CommandError):  # this country has no unit, so no desk either
        call_command("check_readiness", stdout=out)
    assert "so that they go out readable: 1" in out.getvalue()
    assert "no phone is woken: 1 / 1" in out.getvalue()
    about_means = [line for line in out.getvalue().splitlines() if line.startswith(("contacts whose", "coordinators"))]
    assert not any(name in " ".join(about_means) for name in (staffed.officer.name, person.username))


def tzinfo() -> ZoneInfo:
    return ZoneInfo("Europe/Tirane")
