"""Texts that wait for a second person: said once a day to whoever could decide, without a word of them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse

from access.models import Region, User
from notifications.texts.actions import decide_text
from notifications.texts.models import TextVersion
from notifications.texts.tests.people import propose

from ..text_watch import each_minute
from .test_agreement_watch import coordinate

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 8, 1, tzinfo=ZoneInfo("Europe/Tirane"))
DAY = timedelta(days=1)


def region(slug: str = "vlorë") -> Region:
    return Region.objects.create(slug=slug, name=slug, iso_code=f"AL-{Region.objects.count() + 80}", is_outreach=True)


@pytest.fixture
def first(db: None) -> User:
    return coordinate(region())


@pytest.fixture
def second(db: None) -> User:
    return coordinate(region("dibër"))


def test_the_other_coordinators_are_mailed_once_a_day_until_somebody_decides(first: User, second: User) -> None:
    version = propose(first, now=AT)
    assert [each_minute(now=AT + timedelta(minutes=minute)) for minute in (0, 1, 60)] == [1, 0, 0]
    assert each_minute(now=AT + DAY) == 1
    assert {each.to[0] for each in mail.outbox} == {second.email}
    decide_text(version=version, agree=True, by=second, now=AT + DAY)
    assert each_minute(now=AT + 2 * DAY) == 0


def test_the_mail_says_how_many_and_nothing_of_them(first: User, second: User) -> None:
    propose(first, now=AT)
    propose(first, "mail.keep", {"sq": "Mos e përcillni.", "en": "Do not forward it."}, now=AT)
    each_minute(now=AT)
    (said,) = mail.outbox
    assert "2 " in str(said.body)
    assert reverse("texts") in str(said.body)
    for hidden in ("Përshëndetje,", "Good day", "Më e shkurtër", "përcillni", "forward", first.username):
        assert hidden not in f"{said.subject} {said.body}"


def test_whoever_proposed_the_only_one_is_not_mailed_nor_is_anybody_before_eight(first: User) -> None:
    propose(first, now=AT)
    assert each_minute(now=AT - timedelta(hours=1)) == 0
    assert each_minute(now=AT) == 0
    assert mail.outbox == []


def test_each_is_mailed_what_others_proposed(first: User, second: User) -> None:
    propose(first, now=AT)
    propose(second, "mail.keep", {"sq": "Mos e përcillni.", "en": "Do not forward it."}, now=AT)
    assert each_minute(now=AT) == 2
    assert {each.to[0] for each in mail.outbox} == {first.email, second.email}
    assert all("1 " in str(each.body) for each in mail.outbox)


def test_a_text_that_a_release_took_out_waits_for_nobody(first: User, second: User) -> None:
    TextVersion.objects.create(key="mail.gone", texts={"sq": "x"}, proposed_by=first)
    assert each_minute(now=AT) == 0
