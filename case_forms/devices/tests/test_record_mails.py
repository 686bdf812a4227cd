"""The mail about a session's record that waits is a text of two people, and a unit's name leads nobody elsewhere."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from access.models import MobileUnit, User
from notifications.texts.in_force import kept
from notifications.texts.tests.people import make_person, propose, put_in_force
from outreach_pages.records.phones.actions import set_aside
from outreach_pages.records.phones.ending import remind_due
from outreach_pages.records.phones.models import PhoneRecord, ReturnedWhy
from tests.world.places import make_coordinator
from tests.world.scene import Scene

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEY = "service.record_waits"
WORDS = {"sq": "Një takim i {unit} pret.", "en": "A counted session of {unit} waits for you."}


@pytest.fixture
def record(scene: Scene) -> PhoneRecord:
    make_coordinator(scene.place)
    User.objects.update(language="en")
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@vatra.example")
    fields = [("_session", str(uuid.uuid4())), ("questions_raised", "Kanarina")]
    unit = scene.worker.units().get()
    made = set_aside(identity=uuid.uuid4(), fields=fields, by=scene.worker, unit=unit, why=ReturnedWhy.REFUSED)
    return PhoneRecord.objects.get(pk=made.pk)


@pytest.fixture(autouse=True)
def forget_texts():
    yield
    kept.forget()


def test_one_persons_words_go_to_nobody(record: PhoneRecord, mailoutbox) -> None:
    propose(make_person("first"), KEY, WORDS)
    kept.forget()
    assert remind_due(record.arrived_at + 2 * DAY) == 1
    (mail,) = mailoutbox
    assert mail.body.startswith(f"A session was written down on a phone of {record.unit.name}, and it couldn't")
    assert mail.body.rstrip().endswith(reverse("sessions:list"))
    assert "Kanarina" not in mail.subject + mail.body


def test_the_words_of_two_are_mailed_and_the_last_mail_says_that_it_ends(
    record: PhoneRecord, mailoutbox, settings
) -> None:
    settings.PHONE_RECORD_DAYS = 30
    put_in_force(make_person("first"), make_person("second"), KEY, WORDS)
    assert remind_due(record.arrived_at + 25 * DAY) == 1
    assert len(mailoutbox) >= 2, "its writer, and the region's coordinators"
    for mail in mailoutbox:
        assert mail.subject == "Vatra: a session’s record from a phone waits for a decision"
        assert mail.body.startswith(f"A counted session of {record.unit.name} waits for you.\n\nNobody has decided")


def test_a_unit_that_is_called_like_a_link_is_a_mobile_unit(record: PhoneRecord, mailoutbox) -> None:
    MobileUnit.objects.filter(pk=record.unit_id).update(name="www.evil.example")
    remind_due(record.arrived_at + 2 * DAY)
    (mail,) = mailoutbox
    assert "on a phone of a mobile unit, and" in mail.body
    assert "evil" not in mail.subject + mail.body
