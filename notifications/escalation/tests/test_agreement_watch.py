"""Warnings about agreements: before the end, at the end, at the review; once each, to who keeps them."""

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Region, StaffRole, User
from notifications.directory.agreements.attention import count_attention, list_attention
from notifications.directory.models import Agreement, AgreementRule, AgreementWarning, Role
from notifications.directory.outlook import HORIZON, Lack, build_outlook
from notifications.directory.resolve import resolve
from tests.world.offices import Country, make_country, make_office, put_on_duty

from ..agreement_watch import each_minute
from . import test_outlook_watch
from .test_outlook_watch import enter_cms

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 8, 1, tzinfo=ZoneInfo("Europe/Tirane"))
TODAY = date(2026, 3, 10)


class Refusing(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise OSError("away")


@pytest.fixture
def country() -> Country:
    made = make_country()
    Region.objects.filter(pk=made.vlore.region_id).update(is_outreach=True)
    return made


def coordinate(region: Region) -> User:
    user = test_outlook_watch.coordinate(region)
    user.email = f"{user.username}@vatra.example"
    user.save()
    return user


@pytest.fixture
def keeper(country: Country) -> User:
    return coordinate(country.vlore.region)


def end(country: Country, days: int, **more: Any) -> Agreement:
    return Agreement.objects.create(partner=country.police, valid_until=TODAY + timedelta(days=days), **more)


def bodies() -> str:
    return "\n".join(str(each.body) for each in mail.outbox)


def test_the_end_is_said_once_sixty_days_before_and_once_when_it_is_over(country: Country, keeper: User) -> None:
    end(country, 60)
    assert each_minute(now=AT) == 0
    assert each_minute(now=AT + timedelta(days=1)) == 1
    assert "within 60 days" in bodies() or "60 ditësh" in bodies()
    assert each_minute(now=AT + timedelta(days=2)) == 0
    assert each_minute(now=AT + timedelta(days=60)) == 0  # its last day
    assert each_minute(now=AT + timedelta(days=61)) == 1
    assert each_minute(now=AT + timedelta(days=62)) == 0
    assert len(mail.outbox) == 2


def test_the_mail_says_neither_which_office_nor_when(country: Country, keeper: User) -> None:
    end(country, 5, reference="SEKRET-7")
    each_minute(now=AT)
    said = bodies() + mail.outbox[0].subject
    for secret in ("SEKRET", country.police.name, "2026", "15.3", "15.03"):
        assert secret not in said
    assert reverse("agreement:index") in said


def test_nothing_is_said_before_eight_nor_to_who_does_not_keep_it(country: Country) -> None:
    other = Region.objects.create(slug="dibër", name="Dibër", iso_code="AL-09", is_outreach=True)
    coordinate(other)
    end(country, 5)
    assert each_minute(now=AT - timedelta(hours=1)) == 0
    assert each_minute(now=AT) == 0
    assert not AgreementWarning.objects.exists()
    coordinate(country.vlore.region)
    assert each_minute(now=AT + timedelta(days=1)) == 1


def test_a_mail_server_that_is_away_loses_no_warning(country: Country, keeper: User, settings: Any) -> None:
    end(country, 5)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    assert each_minute(now=AT) == 0
    settings.EMAIL_BACKEND = backend
    assert each_minute(now=AT + timedelta(minutes=1)) == 0
    assert each_minute(now=AT + timedelta(minutes=6)) == 1


def test_an_agreement_that_is_followed_by_another_needs_no_look(country: Country) -> None:
    end(country, 5)
    Agreement.objects.create(partner=country.police, signed_on=TODAY + timedelta(days=6))
    assert list_attention(TODAY) == []
    assert list_attention(TODAY + timedelta(days=6)) == []
    Agreement.objects.filter(valid_until=None).update(signed_on=TODAY + timedelta(days=7))
    assert [each.kind for each in list_attention(TODAY)] == ["ends"]
    assert [each.kind for each in list_attention(TODAY + timedelta(days=6))] == ["over"]


def test_an_office_that_is_closed_needs_no_agreement(country: Country) -> None:
    end(country, -1)
    country.police.is_active = False
    country.police.save()
    assert list_attention(TODAY) == []


def test_what_ended_long_ago_is_listed_and_not_mailed(country: Country, keeper: User) -> None:
    end(country, -400)
    assert count_attention(TODAY)["agreements_over"] == 1
    assert each_minute(now=AT) == 0


def test_a_review_that_is_due_is_said_and_another_day_is_another_warning(country: Country, keeper: User) -> None:
    row = Agreement.objects.create(partner=country.police, review_on=TODAY)
    assert each_minute(now=AT) == 1
    assert each_minute(now=AT + timedelta(days=1)) == 0
    row.review_on = TODAY + timedelta(days=2)
    row.save()
    assert each_minute(now=AT + timedelta(days=2)) == 1


def test_the_duty_page_readyz_and_the_command_say_that_nobody_is_told_for_want_of_an_agreement(
    country: Country, keeper: User, client: Client
) -> None:
    put_on_duty(country.police)
    put_on_duty(country.police, rank=2)
    row = Agreement.objects.create(partner=country.police, valid_until=timezone.localdate() - timedelta(days=1))
    enter_cms(client, keeper)
    page = client.get(reverse("on_duty")).content.decode()
    assert "Nuk është shënuar asnjë marrëveshje në fuqi" in page
    assert "ndonëse propozohet që të nevojitet" in page

    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    page = client.get(reverse("on_duty")).content.decode()
    assert "Marrëveshja ka mbaruar: asnjë në fuqi" in page
    assert "Marrëveshje për t'u parë" in page
    assert "ndonëse propozohet që të nevojitet" not in page

    now = timezone.now()
    (desk,) = [
        each
        for each in build_outlook(Region.objects.filter(is_outreach=True), now, now + HORIZON)
        if country.police in each.desk.offices
    ]
    assert {Lack.NOBODY, Lack.AGREEMENT_OVER} <= {each.lack for each in desk.shortfalls}
    assert not desk.at(now).contacts  # type: ignore[union-attr]
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_readiness", stdout=out)
    assert "Agreement over" in out.getvalue() or "Marrëveshja ka mbaruar" in out.getvalue()

    row.valid_until = None
    row.save()
    (desk,) = [
        each
        for each in build_outlook(Region.objects.filter(is_outreach=True), now, now + HORIZON)
        if country.police in each.desk.offices
    ]
    assert not {Lack.NOBODY, Lack.AGREEMENT_OVER} & {each.lack for each in desk.shortfalls}


def test_an_agreement_of_a_service_is_looked_at_too(country: Country, keeper: User) -> None:
    service = make_office(Role.PSYCHOLOGIST, region=country.vlore.region)
    Agreement.objects.create(partner=service, valid_until=TODAY)
    assert each_minute(now=AT) == 1
    assert StaffRole.COORDINATOR in {each.role for each in keeper.assignments.all()}


def test_the_time_after_an_agreement_is_a_time_with_nobody_from_midnight_on(country: Country) -> None:
    officer, deputy = put_on_duty(country.police), put_on_duty(country.police, rank=2)
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    now = timezone.now()
    today = timezone.localdate(now)
    Agreement.objects.create(partner=country.police, signed_on=today, valid_until=today + timedelta(days=3))
    Agreement.objects.create(partner=country.police, signed_on=today + timedelta(days=6))
    desks = build_outlook(Region.objects.filter(is_outreach=True), now, now + HORIZON)
    (desk,) = [each for each in desks if country.police in each.desk.offices]

    def midnight(days: int) -> datetime:
        return timezone.make_aware(datetime.combine(today + timedelta(days=days), datetime.min.time()))

    assert [(each.stretch.starts_at, each.contacts) for each in desk.staffed] == [
        (now, (officer, deputy)), (midnight(4), ()), (midnight(6), (officer, deputy)),
    ]  # fmt: skip
    assert {Lack.NOBODY, Lack.AGREEMENT_ENDS} <= {each.lack for each in desk.shortfalls}
    for moment in (midnight(4) - timedelta(seconds=1), midnight(4), midnight(6) - timedelta(seconds=1), midnight(6)):
        found = resolve(role=Role.POLICE, municipality=country.vlore, at=moment).contact
        there = desk.at(moment)
        assert there is not None
        assert (there.contacts[:1] or (None,))[0] == found
