"""Of an urgent form that came back as a draft its owner and the coordinators hear until it is sent."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from case_forms.submissions.models import Draft
from tests.world.places import make_coordinator, make_place

from ..models import Arrival
from ..returned import FIRST, MAX_ROUNDS, ring

pytestmark = pytest.mark.django_db
REFUSED = {"result": "nonsense", "story": "Kanarina foli."}


@pytest.fixture
def coordinator(phone, scene):
    found = phone.device.grant.granted_by
    User.objects.filter(pk=found.pk).update(email="coordinator@vatra.example", language="en")
    User.objects.filter(pk=scene.worker.pk).update(email="worker@vatra.example", language="sq")
    return found


def deliver(phone, scene, *, urgent: bool = True, **answers: str) -> None:
    phone.deliver({**phone.seal(phone.fill(scene, **answers)), "urgent": urgent})


def see(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("devices:list")).content.decode()


def test_its_owner_and_the_coordinators_are_mailed_after_a_few_minutes_without_a_word_of_it(
    phone, scene, coordinator, mailoutbox
):
    deliver(phone, scene, **REFUSED)
    now = timezone.now()
    assert [ring(now=now), ring(now=now + FIRST), ring(now=now + FIRST)] == [0, 1, 0]
    assert sorted(mail.to[0] for mail in mailoutbox) == ["coordinator@vatra.example", "worker@vatra.example"]
    for mail in mailoutbox:
        for word in (
            "Kanarina",
            scene.worker.username,
            scene.unit.name,
            scene.form.form.key,
            str(Draft.objects.get().pk),
        ):
            assert word not in mail.body + mail.subject


def test_it_stands_on_the_page_and_only_its_owner_can_open_it(phone, scene, coordinator):
    deliver(phone, scene, **REFUSED)
    address = reverse("intake:review", args=[Draft.objects.get().pk])
    assert address in see(scene.worker)
    assert "Urgent forms that came back" in see(coordinator)
    assert address not in see(coordinator)
    elsewhere = make_coordinator(make_place())
    assert "Urgent forms that came back" not in see(elsewhere)


def test_it_ends_once_the_draft_is_gone_and_also_after_some_rounds(phone, scene, coordinator, mailoutbox):
    deliver(phone, scene, **REFUSED)
    at = timezone.now()
    for _round in range(MAX_ROUNDS + 3):
        at += timedelta(hours=1)
        ring(now=at)
    assert len(mailoutbox) == 2 * MAX_ROUNDS
    deliver(phone, scene, **REFUSED)
    Draft.objects.all().delete()
    assert ring(now=at + timedelta(hours=1)) == 0
    assert not Arrival.objects.exclude(next_mail_at=None).exists()


@pytest.mark.parametrize("case", ["not urgent", "received"])
def test_nothing_is_mailed_about_others(phone, scene, coordinator, mailoutbox, case):
    if case == "received":
        deliver(phone, scene)
    else:
        deliver(phone, scene, urgent=False, **REFUSED)
    assert ring(now=timezone.now() + timedelta(hours=1)) == 0
    assert not [mail for mail in mailoutbox if "waits" in mail.subject or "pret" in mail.subject]
