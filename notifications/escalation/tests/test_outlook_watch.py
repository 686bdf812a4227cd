"""The roster of the days to come: its part of /readyz, the weekly mail, the page, and the command."""

from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Region, StaffRole, User
from notifications.directory.models import Agreement, Role
from notifications.outbox.models import Heartbeat
from tests.world.offices import PIN, Country, make_contact, make_country, make_office, put_on_duty
from tests.world.places import make_user

from ..outlook_watch import EACH, MAILED, ROSTER, each_minute

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 8, 1, tzinfo=ZoneInfo("Europe/Tirane"))


@pytest.fixture
def country() -> Country:
    made = make_country()
    Region.objects.filter(pk=made.vlore.region_id).update(is_outreach=True)
    return made


def coordinate(region: Region) -> User:
    return make_user(StaffRole.COORDINATOR, region=region)


def enter_cms(client: Client, user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)


def staff_everything(country: Country, since: datetime) -> None:
    """Somebody with a PIN, and a deputy, at every desk, without an end."""
    offices = [country.police, country.police_sarande, country.cpu, country.coordinator, country.authority]
    offices += [make_office(Role.CPU, municipality=place) for place in (country.himare, country.sarande)]
    offices.append(make_office(Role.MOBILE_UNIT, region=country.vlore.region))
    for office in offices:
        for rank in (1, 2):
            put_on_duty(office, rank=rank, since=since, contact=make_contact(office, pin=PIN))
    for office in (country.police, country.police_sarande):
        Agreement.objects.create(partner=office)


def test_a_gap_within_a_day_is_told_by_readyz_and_one_that_is_mended_no_more(country: Country, client: Client) -> None:
    now = timezone.now()
    each_minute(now=now)
    assert Heartbeat.objects.get(part=ROSTER).facts["soon"] == 5  # both police offices, coordinator, authority, one CPU
    part = client.get("/readyz").json()["parts"]["roster"]
    assert part["ok"] is False
    staff_everything(country, now - timedelta(days=1))
    each_minute(now=now + timedelta(minutes=1))
    assert Heartbeat.objects.get(part=ROSTER).facts["soon"]  # not looked at again within five minutes
    each_minute(now=now + EACH)
    facts = Heartbeat.objects.get(part=ROSTER).facts
    assert not any(facts.values())
    assert client.get("/readyz").json()["parts"]["roster"]["ok"] is True


def test_readyz_and_the_operators_page_name_the_region_that_has_nobody_within_72_hours(
    country: Country, client: Client
) -> None:
    now = timezone.now()
    staff_everything(country, now - timedelta(days=1))
    shifts = country.police.shifts.all()

    for ends, is_named in ((timedelta(hours=73), False), (timedelta(hours=71), True), (timedelta(hours=25), True)):
        shifts.update(ends_at=now + ends)
        Heartbeat.objects.filter(part=ROSTER).delete()
        Heartbeat.objects.create(part=ROSTER, at=now - EACH)
        each_minute(now=now)
        part = client.get("/readyz").json()["parts"]["roster"]
        assert part["nobody_72h"] == ({country.vlore.region.slug: ["police"]} if is_named else {})
        assert part["ok"] is not is_named
        enter_cms(client, make_user(StaffRole.OPERATOR, language="en"))
        page = client.get("/cms/service/").content.decode()
        assert (f"{country.vlore.region.name} (anti-trafficking police officer)" in page) is is_named


def test_a_clock_that_was_set_back_does_not_stop_it(country: Country) -> None:
    now = timezone.now()
    Heartbeat.objects.create(part=ROSTER, at=now + timedelta(days=300), facts={"soon": 0})
    each_minute(now=now)
    assert Heartbeat.objects.get(part=ROSTER).at == now


def test_on_mondays_a_coordinator_is_mailed_how_much_is_missing_and_never_when(country: Country) -> None:
    coordinator = coordinate(country.vlore.region)
    elsewhere = coordinate(Region.objects.create(slug="berat", name="Berat", iso_code="AL-01"))
    User.objects.filter(pk=coordinator.pk).update(email="k@vatra.example")
    User.objects.filter(pk=elsewhere.pk).update(email="b@vatra.example")
    each_minute(now=MONDAY)
    (sent,) = mail.outbox
    assert sent.to == ["k@vatra.example"]
    assert reverse("on_duty") in sent.body
    for secret in ("Vlor", "Zyra", "Office", f"{timezone.localdate():%d.%m}", "2026", "08:"):
        assert secret not in sent.subject + sent.body
    for later in (timedelta(minutes=1), timedelta(days=1), timedelta(days=6)):
        each_minute(now=MONDAY + later)
    assert len(mail.outbox) == 1
    each_minute(now=MONDAY + timedelta(days=7))
    assert len(mail.outbox) == 2


def test_with_nothing_missing_no_mail_goes_out_until_something_is(country: Country) -> None:
    coordinator = coordinate(country.vlore.region)
    User.objects.filter(pk=coordinator.pk).update(email="k@vatra.example")
    staff_everything(country, MONDAY - timedelta(days=30))
    each_minute(now=MONDAY)
    each_minute(now=MONDAY + timedelta(minutes=6))
    assert mail.outbox == []
    assert Heartbeat.objects.get(part=MAILED).facts == {}


def test_a_mail_that_could_not_go_out_is_tried_again(country: Country, settings) -> None:
    coordinator = coordinate(country.vlore.region)
    User.objects.filter(pk=coordinator.pk).update(email="k@vatra.example")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    each_minute(now=MONDAY)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    each_minute(now=MONDAY + timedelta(minutes=1))
    assert mail.outbox == []
    each_minute(now=MONDAY + timedelta(minutes=5))
    assert len(mail.outbox) == 1


def test_the_command_lists_what_is_missing_and_fails_where_nobody_would_be_notified(country: Country) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=r"^7 time\(s\)"):
        call_command("check_readiness", stdout=out)
    assert "police-vlore" in out.getvalue()
    staff_everything(country, timezone.now() - timedelta(days=1))
    out = StringIO()
    call_command("check_readiness", stdout=out)
    assert "somebody at every hour; 0 other thing(s) missing" in out.getvalue()


def test_without_any_unit_there_is_nothing_that_could_be_ready() -> None:
    with pytest.raises(CommandError, match=r"among 0 desk"):
        call_command("check_readiness", stdout=StringIO())


def test_a_coordinator_sees_who_is_on_duty_in_their_regions_only(country: Country, client: Client) -> None:
    here = put_on_duty(country.police, contact=make_contact(country.police, "Oficeri", pin=PIN))
    berat = Region.objects.create(slug="berat", name="Berat", iso_code="AL-01", is_outreach=True)
    there = put_on_duty(make_office(Role.COORDINATOR, region=berat), contact=None)
    enter_cms(client, coordinate(country.vlore.region))
    page = client.get(reverse("on_duty"))
    words = page.content.decode()
    assert page.status_code == 200
    assert here.name in words
    assert here.phone in words
    assert there.name not in words
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("role", [StaffRole.OPERATOR, StaffRole.EDITOR, StaffRole.AUDITOR])
def test_nobody_else_of_the_cms_reads_names_and_numbers_there(
    country: Country, client: Client, role: StaffRole
) -> None:
    enter_cms(client, make_user(role))
    assert client.get(reverse("on_duty")).status_code in (403, 404)
