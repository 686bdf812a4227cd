"""A phone that isn't seen any more while finished forms wait on it: somebody hears of it, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import User

from ..actions import end_device
from ..models import Device
from ..silence import SILENT_HOURS, ring

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=SILENT_HOURS, minutes=1)


@pytest.fixture
def coordinator(phone, scene):
    found = phone.device.grant.granted_by
    User.objects.filter(pk=found.pk).update(email="coordinator@vatra.example", language="en")
    User.objects.filter(pk=scene.worker.pk).update(email="worker@vatra.example", language="sq")
    return found


@pytest.mark.parametrize("ended", [False, True])
def test_its_owner_and_the_coordinators_are_mailed_once_and_not_whose_it_is(
    phone, scene, coordinator, mailoutbox, ended
):
    phone.contact(queued=2)
    if ended:
        end_device(device=phone.device, by=scene.worker, why="lost")
    now = timezone.now()
    assert [ring(now=now), ring(now=now + LATER), ring(now=now + 2 * LATER)] == [0, 1, 0]
    assert sorted(mail.to[0] for mail in mailoutbox) == ["coordinator@vatra.example", "worker@vatra.example"]
    for mail in mailoutbox:
        for word in (scene.worker.username, scene.unit.name, phone.device.name, str(phone.device.pk)):
            assert word not in mail.body + mail.subject


def test_nobody_is_mailed_about_a_phone_on_which_nothing_waits(phone, scene, coordinator, mailoutbox):
    phone.contact(queued=0)
    assert ring(now=timezone.now() + LATER) == 0


def test_what_arrived_since_no_longer_waits(phone, scene, coordinator, mailoutbox):
    phone.contact(queued=2)
    for story in ("one", "two"):
        body = phone.seal(phone.fill(scene, story=story))
        phone.deliver(body)
        phone.deliver(body)  # the answer was lost
    assert ring(now=timezone.now() + LATER) == 0


def test_one_that_was_seen_again_and_falls_silent_once_more_is_mailed_about_again(
    phone, scene, coordinator, mailoutbox
):
    phone.contact(queued=1)
    assert ring(now=timezone.now() + LATER) == 1
    phone.contact(queued=1)
    assert ring(now=timezone.now() + LATER) == 1


def test_without_a_mail_server_it_is_tried_again(phone, scene, coordinator, mailoutbox, monkeypatch):
    phone.contact(queued=1)
    with monkeypatch.context() as broken:
        broken.setattr("access.staff_mail.EmailMessage.send", lambda self: 0)
        assert ring(now=timezone.now() + LATER) == 0
    assert Device.objects.get().silence_mailed_at is None
    assert ring(now=timezone.now() + LATER) == 1
