"""The unit's list in a flood: all of it is reachable, danger stands first, and what nobody meant is closed at once."""

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from tests.world.places import make_place, make_unit_with_worker
from vault.tests.spoiling import spoil

from .. import dashboard, views
from ..models import Outcome, Tip
from ..views import ON_A_PAGE
from .scene import make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def worker(client, scene):
    scene.worker.language = "en"
    scene.worker.save()
    client.force_login(scene.worker)
    return client


def test_danger_that_came_long_before_the_flood_stands_first_and_the_rest_on_further_pages(worker, scene):
    danger = scene.receive(danger_now="yes").tip
    for _number in range(ON_A_PAGE + 5):
        scene.receive()
    first = worker.get(reverse("signals:list")).content.decode()
    assert first.index(danger.reference) < first.index("Choose S-")
    assert "Page 1 of 2" in first
    assert worker.get(reverse("signals:list") + "?page=2").content.decode().count("Choose S-") == 6


def test_several_are_closed_at_once_but_never_one_of_danger_or_one_that_cannot_be_read(worker, scene):
    calm = [scene.receive().tip for _number in range(12)]
    danger, unreadable = scene.receive(danger_now="yes").tip, scene.receive().tip
    spoil(unreadable, "answers")
    chosen = [one.reference for one in [*calm[:10], danger, unreadable]]
    answer = worker.post(reverse("signals:close_several"), {"reference": chosen})
    assert answer.status_code == 302
    closed = set(Tip.objects.filter(outcome=Outcome.SPAM).values_list("pk", flat=True))
    assert closed == {one.pk for one in calm[:10]}
    assert AuditEntry.objects.filter(action="signal.closed").count() == 10
    assert "10 messages were closed" in worker.get(answer.url).content.decode()


def test_nobody_closes_another_units(client, scene):
    tip = scene.receive().tip
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    client.post(reverse("signals:close_several"), {"reference": [tip.reference]})
    assert Tip.objects.get().is_open


def test_a_few_have_no_boxes_to_choose(worker, scene):
    scene.receive()
    assert "Choose S-" not in worker.get(reverse("signals:list")).content.decode()


def test_what_was_held_back_says_who_is_not_notified_yet(worker, scene):
    held = scene.receive_above(danger_now="yes").tip
    html = worker.get(reverse("signals:signal", args=[held.reference])).content.decode()
    assert "Not notified of this message yet:" in html
    assert "anti-trafficking police officer" in html
    assert "1 message came in above" in worker.get(reverse("signals:list")).content.decode()
    worker.post(reverse("signals:let_others_know", args=[held.reference]))
    html = worker.get(reverse("signals:signal", args=[held.reference])).content.decode()
    assert "Not notified of this message yet:" not in html


def test_in_a_flood_the_oldest_can_be_reached_too_each_on_one_page(worker, scene, monkeypatch):
    monkeypatch.setattr(dashboard, "MAX_OPEN", 4)
    monkeypatch.setattr(views, "ON_A_PAGE", 3)
    tips = [scene.receive().tip for _number in range(7)]
    first = worker.get(reverse("signals:list"))
    assert "3 older messages stand on the last pages" in " ".join(first.content.decode().split())
    shown = [
        line.tip.pk
        for number in (1, 2, 3)
        for line in worker.get(reverse("signals:list"), {"page": number}).context["lines"]
    ]
    assert sorted(shown) == sorted(tip.pk for tip in tips)
    home = " ".join(worker.get("/field/").content.decode().split())
    assert "4 of 7 are listed here." in home, "of those that wait, also the ones that were not opened are counted"


def test_closed_ones_are_counted_and_all_can_be_reached(worker, scene, monkeypatch):
    monkeypatch.setattr(views, "MAX_CLOSED", 1)
    for _number in range(3):
        scene.receive()
    Tip.objects.update(state="closed", closed_at=timezone.now(), outcome=Outcome.SPAM)
    page = worker.get(reverse("signals:list"))
    assert "1 of 3 are listed here." in " ".join(page.content.decode().split())
    whole = worker.get(reverse("signals:list"), {"state": "closed"})
    assert len(whole.context["lines"]) == 3
    assert "Choose S-" not in whole.content.decode()
