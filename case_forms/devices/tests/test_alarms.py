"""The SMS of a phone without data: its coordinators expect the call, and nothing in it says who or where."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.requests import Decision
from audit.models import AuditEntry
from notifications.channels.gateways.incoming import Sms
from notifications.inbound.actions import take_sms
from notifications.inbound.models import InboundRecord
from notifications.inbound.tests.conftest import SECRET, SMS_GATEWAY
from notifications.outbox.models import Notice, Purpose
from notifications.texts import in_force
from notifications.texts.models import TextVersion
from tests.world.places import make_coordinator, make_place, make_user
from tests.world.procedures import enact, rule, small_procedure

from ..actions import end_device
from ..alarms import ring, see_to
from ..models import PhoneAlarm
from ..pack import get_alarm

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator(phone):
    found = phone.device.grant.granted_by
    type(found).objects.filter(pk=found.pk).update(email="coordinator@vatra.example", language="en")
    return found


def send(text: str, id: str = "1", sender: str = "+355690000001") -> str:
    return take_sms("phones", Sms(id, sender, text))


def test_the_coordinators_are_mailed_at_once_and_the_mail_names_nobody(phone, coordinator, mailoutbox, scene):
    send(f" {phone.device.code_urgent.lower()}. ")
    alarm = PhoneAlarm.objects.get()
    assert alarm.is_urgent
    assert ring() == 1
    (mail,) = mailoutbox
    assert mail.to == ["coordinator@vatra.example"]
    for word in (scene.worker.username, scene.unit.name, scene.place.region.name, phone.device.code_urgent):
        assert word not in mail.body + mail.subject
    assert "it is urgent" in mail.body
    assert AuditEntry.objects.filter(action="device.alarm").get().detail == {"urgent": True}
    assert not InboundRecord.objects.exists()


def test_they_are_mailed_again_until_one_sees_to_it(phone, coordinator, mailoutbox):
    send(phone.device.code_normal)
    now = timezone.now()
    assert [ring(now=now + timedelta(minutes=each)) for each in (0, 1, 4)] == [1, 0, 1]
    client = Client()
    client.force_login(coordinator)
    page = client.get(reverse("devices:list")).content.decode()
    assert "Somebody will call" in page
    client.post(reverse("devices:alarms"), {"alarm": PhoneAlarm.objects.get().pk})
    assert ring(now=now + timedelta(minutes=20)) == 0
    assert PhoneAlarm.objects.get().seen_by == coordinator


def test_another_region_s_coordinator_neither_sees_it_nor_sees_to_it(phone, coordinator):
    send(phone.device.code_normal)
    client = Client()
    client.force_login(make_coordinator(make_place()))
    assert "Somebody will call" not in client.get(reverse("devices:list")).content.decode()
    answer = client.post(reverse("devices:alarms"), {"alarm": PhoneAlarm.objects.get().pk})
    assert answer.status_code == 404
    assert PhoneAlarm.objects.get().seen_at is None


@pytest.mark.parametrize("text", ["", "23456789", "hello", "K" * 400, "\0", "🙂🙂🙂🙂🙂🙂🙂🙂"])
def test_what_is_no_phone_s_code_is_no_alarm(phone, text):
    send(text)
    assert not PhoneAlarm.objects.exists()
    assert InboundRecord.objects.get().outcome in ("unreadable", "unknown")


def test_the_same_sms_twice_and_a_second_one_within_minutes_are_one_alarm(phone, coordinator):
    for id in ("1", "1", "2"):
        send(phone.device.code_normal, id)
    assert PhoneAlarm.objects.count() == 1
    send(phone.device.code_urgent, "3")
    assert PhoneAlarm.objects.count() == 2


def test_the_code_of_a_phone_that_has_ended_changes_nothing_and_is_recorded(phone, coordinator, scene):
    end_device(device=phone.device, by=scene.worker, why="lost")
    send(phone.device.code_urgent)
    assert not PhoneAlarm.objects.exists()
    assert AuditEntry.objects.filter(action="device.alarm_refused").exists()


def test_without_a_coordinator_there_all_others_are_mailed(phone, coordinator, mailoutbox):
    coordinator.assignments.all().delete()
    other = make_user("coordinator", region=make_place().region, email="other@vatra.example")
    send(phone.device.code_normal)
    assert ring() == 1
    assert mailoutbox[0].to == [other.email]


def test_the_pack_says_where_it_goes_only_where_sms_come_in(phone, settings, monkeypatch):
    monkeypatch.setenv("GATEWAY_PHONES", SECRET)
    assert get_alarm(phone.device) is None
    settings.FIELD_ALARM_NUMBER = "+355690000000"
    assert get_alarm(phone.device) is None
    settings.NOTIFICATION_GATEWAYS = [{key: value for key, value in SMS_GATEWAY.items() if key != "replies"}]
    assert get_alarm(phone.device) is None
    settings.NOTIFICATION_GATEWAYS = [SMS_GATEWAY]
    said = get_alarm(phone.device)
    assert said == {
        "number": "+355690000000",
        "code_normal": phone.device.code_normal,
        "code_urgent": phone.device.code_urgent,
    }


def test_an_urgent_alarm_makes_the_police_expect_the_call_once_in_ten_minutes(phone, coordinator, scene):
    enact(_asks_the_police())
    for id in ("1", "2"):
        send(phone.device.code_urgent, id)
    alarm = PhoneAlarm.objects.get()
    (notice,) = Notice.objects.filter(case_id=alarm.occurrence, role="police")
    assert notice.purpose == Purpose.EXPECT
    see_to(alarm=alarm, by=coordinator)
    # Who sees to it has hung up: the coordinators are woken again, the police have been notified already.
    send(phone.device.code_urgent, "3")
    assert PhoneAlarm.objects.count() == 2
    assert Notice.objects.filter(role="police").count() == 1
    PhoneAlarm.objects.update(at=timezone.now() - timedelta(minutes=11))
    send(phone.device.code_urgent, "4")
    assert Notice.objects.filter(role="police").count() == 2


def test_the_code_of_a_phone_that_has_ended_notifies_no_police(phone, coordinator, scene):
    enact(_asks_the_police())
    end_device(device=phone.device, by=scene.worker, why="lost")
    send(phone.device.code_urgent)
    assert not Notice.objects.exists()


def test_the_coordinator_reads_who_expects_the_call(phone, coordinator, scene):
    client = Client()
    client.force_login(coordinator)
    send(phone.device.code_normal)
    assert "Nobody but the coordinators" in client.get(reverse("devices:list")).content.decode()
    enact(_asks_the_police())
    send(phone.device.code_urgent, "2")
    page = client.get(reverse("devices:list")).content.decode()
    notice = Notice.objects.get(role="police")
    assert notice.contact.name in page
    assert "hasn't accepted" in page
    Notice.objects.filter(pk=notice.pk).update(accepted_at=timezone.now())
    assert "expects the call since" in client.get(reverse("devices:list")).content.decode()


def _asks_the_police():
    procedure = small_procedure()
    then = [{"do": "notify", "role": "police", "answer_minutes": 10, "ladder": "quick", "urgent": True}]
    written = {**rule("about", "About", form="x", words="Said.", then=then), "on": "phone_alarm"}
    del written["forms"]
    return {**procedure, "rules": [*procedure["rules"], written | {"when": {"var": "_alarm_urgent"}}]}


def test_the_words_of_the_mail_are_those_that_two_people_agreed_to(phone, coordinator, mailoutbox):
    texts = {"sq": "Dikush telefonon tani.", "en": "Pick up: somebody calls now."}
    now = timezone.now()
    TextVersion.objects.create(
        key="service.phone_alarm_urgent", texts=texts, proposed_by=coordinator, proposed_at=now,
        decided_by=make_user("coordinator", region=make_place().region), decided_at=now,
        in_force_from=now - timedelta(hours=1), decision=Decision.AGREED,
    )  # fmt: skip
    in_force.kept.forget()
    send(phone.device.code_urgent)
    assert ring() == 1
    assert mailoutbox[0].subject == "Vatra: somebody will call you now"
    assert mailoutbox[0].body.startswith("Pick up: somebody calls now.\n\nSign in")
    assert mailoutbox[0].body.endswith("/field/devices/\n")
