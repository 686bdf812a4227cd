"""From the roster's screen to the notice: whoever is on leave is told nothing, and the case says why without a name."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from access.languages import in_each_language
from case_forms.submissions.seeding.reference import seed_groups
from notifications.directory.models import Contact, DutyShift
from notifications.directory.roster import AWAY, COVERED
from notifications.directory.tests.second_keeper import agree_to_all
from notifications.outbox.models import Notice
from tests.world.places import make_coordinator
from tests.world.scene import Scene, make_scene

from ..models import CaseEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def keeper(scene: Scene) -> Client:
    seed_groups()
    coordinator = make_coordinator(scene.place)
    coordinator.groups.add(Group.objects.get(name="Coordinators"))
    client = Client()
    client.force_login(coordinator)
    return client


def typed(hours: float) -> str:
    return timezone.localtime(timezone.now() + timedelta(hours=hours)).strftime("%d.%m.%Y %H:%M")


def police_notice(scene: Scene) -> Notice:
    scene.send(age_stated=None)
    return Notice.objects.filter(role="police", purpose="first").latest("owed_at")


def explained(notice: Notice) -> str:
    return str(CaseEvent.objects.get(pk=notice.event_id).explanation)


def test_the_deputy_is_told_while_the_officer_is_on_leave(scene: Scene, keeper: Client) -> None:
    officer = DutyShift.objects.get(partner=scene.offices["police"], rank=1).contact
    leave = {"contact": officer.pk, "starts_at": typed(-1), "ends_at": typed(30), "kind": "holiday"}

    assert keeper.post("/cms/leave/new/", leave).status_code == 302
    notice = police_notice(scene)

    assert notice.contact is not None
    assert notice.contact != officer
    assert in_each_language(AWAY)["sq"] in explained(notice)
    assert officer.name not in explained(notice)


def test_the_substitute_of_today_is_told_and_not_the_standing_shift(scene: Scene, keeper: Client) -> None:
    office = scene.offices["police"]
    substitute = Contact.objects.create(partner=office, name="Zëvendësi i sotëm", email="z@partner.example")
    shift = {
        "partner": office.pk,
        "contact": substitute.pk,
        "rank": 1,
        "starts_at": typed(-1),
        "ends_at": typed(11),
    }

    assert keeper.post("/cms/dutyshift/new/", shift).status_code == 302
    assert agree_to_all() == 1  # a shift of today takes two
    notice = police_notice(scene)

    assert notice.contact == substitute
    assert in_each_language(COVERED)["sq"] in explained(notice)
