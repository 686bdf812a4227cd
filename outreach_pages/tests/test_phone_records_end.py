"""Records of phones that nobody decides about: somebody is reminded, the end is announced, and it comes."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, User
from audit.models import AuditEntry

from ..records.phones import ending
from ..records.phones.actions import end_phone_record, set_aside
from ..records.phones.ending import find_owners, forget_due, get_end, remind_due
from ..records.phones.models import PhoneRecord, ReturnedWhy
from .places import person, region, session, town, unit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def worker() -> User:
    town("vlore", "Vlorë", region("vlore", "Vlorë", "12"))
    found = person("writer", unit=unit(region("vlore", "Vlorë", "12")))
    User.objects.filter(pk=found.pk).update(email="writer@vatra.example")
    return User.objects.get(pk=found.pk)


@pytest.fixture
def coordinator(worker: User) -> User:
    found = person("coordinator", role="coordinator", region=region("vlore", "Vlorë", "12"))
    User.objects.filter(pk=found.pk).update(email="coordinator@vatra.example")
    return found


@pytest.fixture
def record(worker: User) -> PhoneRecord:
    of = worker.units().get()
    held = session(worker, of, date=timezone.localdate() - DAY)
    fields = [("_session", str(held.pk)), ("total", "13"), ("questions_raised", "Kanarina")]
    return set_aside(identity=uuid.uuid4(), fields=fields, by=worker, unit=of, why=ReturnedWhy.REFUSED)


def to(mailoutbox) -> list[str]:
    found = sorted(mail.to[0].partition("@")[0] for mail in mailoutbox)
    mailoutbox.clear()
    return found


def test_its_writer_is_reminded_after_a_day_and_then_each_week_and_not_of_what_is_in_it(worker, record, mailoutbox):
    came = record.arrived_at
    days = [0.9, 1.1, 1.2, 7, 8.2, 8.3, 15.3]
    assert [remind_due(came + each * DAY) for each in days] == [0, 1, 0, 0, 1, 0, 1]
    for mail in mailoutbox:
        assert mail.to == ["writer@vatra.example"]
        assert worker.units().get().name in mail.body
        for word in ("Kanarina", worker.username, str(record.pk), str(record.session_id), "Shkolla"):
            assert word not in mail.subject + mail.body


def test_one_that_was_decided_is_nobodys_any_more(worker, record, mailoutbox):
    end_phone_record(record=record, by=worker, recorded=False)
    assert remind_due(record.arrived_at + 100 * DAY) == forget_due(record.arrived_at + 200 * DAY) == 0
    assert not mailoutbox


def test_where_its_writer_has_left_a_colleague_decides_and_where_nobody_works_a_coordinator_hears_of_it(
    worker, coordinator, record, mailoutbox
):
    colleague = person("colleague", unit=record.unit)
    User.objects.filter(pk=colleague.pk).update(email="colleague@vatra.example")
    assert find_owners([record]) == {record.pk: worker}
    Assignment.objects.filter(user=worker).update(ends_on=timezone.localdate() - DAY)
    assert find_owners([record]) == {record.pk: colleague}
    assert remind_due(record.arrived_at + 2 * DAY) == 1
    assert to(mailoutbox) == ["colleague"]
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert find_owners([record]) == {record.pk: None}
    assert remind_due(record.arrived_at + 10 * DAY) == 1
    assert to(mailoutbox) == ["coordinator"]


def test_its_end_is_announced_to_the_coordinators_too_and_then_it_comes(
    worker, coordinator, record, mailoutbox, settings
):
    settings.PHONE_RECORD_DAYS = 30
    came = record.arrived_at
    assert remind_due(came + 20 * DAY) == 1
    assert to(mailoutbox) == ["writer"]
    assert remind_due(came + 24 * DAY) == 1
    assert to(mailoutbox) == ["coordinator", "writer"]
    assert [forget_due(came + days * DAY) for days in (29, 30.1, 30.2)] == [0, 1, 0]
    record.refresh_from_db()
    assert (record.fields, record.ended_at) == ([], came + 30.1 * DAY)
    entry = AuditEntry.objects.get(action="session.phone_record_forgotten")
    assert entry.target_id == str(record.session_id)
    client = Client()
    client.force_login(worker)
    assert client.get(reverse("sessions:phone_record", args=[record.pk])).status_code == 302


def test_nothing_ends_of_which_nobody_was_mailed(worker, coordinator, record, mailoutbox, settings):
    settings.PHONE_RECORD_DAYS = 30
    later = record.arrived_at + 60 * DAY
    User.objects.update(email="")
    assert remind_due(later) == forget_due(later) == 0
    record.refresh_from_db()
    assert (record.reminded_at, record.warned_at) == (None, None)
    User.objects.filter(pk=worker.pk).update(email="writer@vatra.example")
    assert remind_due(later) == 1
    assert [forget_due(later + days * DAY) for days in (4.9, 5.1)] == [0, 1]


def test_without_a_mail_server_it_is_tried_again(worker, record, monkeypatch):
    def fail(*_given, **_more):
        raise OSError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    assert remind_due(record.arrived_at + 2 * DAY) == 0
    monkeypatch.undo()
    assert remind_due(record.arrived_at + 2 * DAY) == 1


def test_one_that_fails_stops_no_other(worker, record, mailoutbox, monkeypatch):
    fields = [("_session", str(record.session_id)), ("total", "1")]
    other = set_aside(identity=uuid.uuid4(), fields=fields, by=worker, unit=record.unit, why=ReturnedWhy.REFUSED)

    def fail_once(records):
        found = list(records)
        if found[0].pk == record.pk:
            raise ValueError
        return find_owners(found)

    monkeypatch.setattr(ending, "find_owners", fail_once)
    assert remind_due(other.arrived_at + 2 * DAY) == 1
    assert len(mailoutbox) == 1


def test_with_no_term_it_waits_for_ever_and_the_pages_say_no_day(worker, record, settings, mailoutbox):
    settings.PHONE_RECORD_DAYS = 0
    assert get_end(record) is None
    assert forget_due(record.arrived_at + 9_000 * DAY) == 0
    assert remind_due(record.arrived_at + 9_000 * DAY) == 1
    client = Client()
    client.force_login(worker)
    page = client.get(reverse("sessions:list")).content.decode()
    assert "decides, or a colleague of the unit." in page
    assert "deleted undecided" not in page


def test_the_list_and_its_page_say_who_decides_and_when_it_ends(worker, record, settings):
    settings.PHONE_RECORD_DAYS = 30
    day = timezone.localdate(record.arrived_at + 30 * DAY)
    client = Client()
    client.force_login(worker)
    for address in (reverse("sessions:list"), reverse("sessions:phone_record", args=[record.pk])):
        page = client.get(address).content.decode()
        assert f"{worker.get_full_name() or worker.username} decides, or a colleague of the unit." in page
        assert f"On {day.day}.{day:%m.%Y}, at the earliest, it is deleted undecided." in page
