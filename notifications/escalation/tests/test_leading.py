"""Of several sweepers one leads; another takes over when the leader stands still, whatever a clock says."""

import os
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from notifications.outbox.models import Heartbeat

from .. import leading
from ..leading import LEAD, Lead, count_standing_by, delete_gone

pytestmark = pytest.mark.django_db


class Clock:
    """The monotonic clock that all of them read."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    found = Clock()
    monkeypatch.setattr(leading.time, "monotonic", found)
    return found


def hold_on(machine: str, lead: Lead) -> bool:
    with mock.patch.object(leading, "get_machine", return_value=machine):
        return lead.hold()


def test_the_first_leads_and_the_second_stands_by(clock: Clock) -> None:
    first, second = Lead(), Lead()
    assert hold_on("a", first)
    for _second in range(60):
        clock.now += 1
        assert hold_on("a", first)
        assert not hold_on("b", second)
    assert count_standing_by(Heartbeat.objects.in_bulk(), timezone.now()) == 1


def test_a_leader_that_stands_still_is_followed_within_ten_seconds_and_then_stands_by(clock: Clock) -> None:
    first, second = Lead(), Lead()
    assert hold_on("a", first)
    assert not hold_on("b", second)
    began = clock.now
    while not hold_on("b", second):
        clock.now += 0.5
    assert 6 <= clock.now - began < 10
    assert not hold_on("a", first)
    assert count_standing_by(Heartbeat.objects.in_bulk(), timezone.now()) == 1


def test_one_that_ends_in_order_is_followed_at_once(clock: Clock) -> None:
    first, second = Lead(), Lead()
    assert hold_on("a", first)
    assert not hold_on("b", second)
    first.release()
    clock.now += 1
    assert hold_on("b", second)
    first.release()
    clock.now += 2
    assert hold_on("b", second), "who no longer holds it can't give it back"


def test_a_process_that_is_gone_is_followed_at_once_on_its_machine(clock: Clock) -> None:
    assert hold_on("a", Lead())
    row = Heartbeat.objects.get(part=LEAD)
    row.facts["pid"] = 2**22 + 1  # higher than any process has
    row.save()
    assert not hold_on("b", Lead())
    assert hold_on("a", Lead())


def test_one_that_lives_is_not_followed_on_its_machine(clock: Clock) -> None:
    assert hold_on("a", Lead())
    row = Heartbeat.objects.get(part=LEAD)
    row.facts["pid"] = os.getppid()
    row.save()
    assert not hold_on("a", Lead())


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumps_changes_no_leader(clock: Clock, hours: int) -> None:
    first, second = Lead(), Lead()
    assert hold_on("a", first)
    assert not hold_on("b", second)
    jumped = timezone.now() + timedelta(hours=hours)
    with mock.patch("django.utils.timezone.now", return_value=jumped):
        for _second in range(10):
            clock.now += 1
            assert hold_on("a", first)
            assert not hold_on("b", second)


def test_of_two_that_stand_by_one_takes_over(clock: Clock) -> None:
    first, second, third = Lead(), Lead(), Lead()
    assert hold_on("a", first)
    assert not hold_on("b", second)
    assert not hold_on("c", third)
    clock.now += 7
    both = [hold_on("b", second), hold_on("c", third)]
    assert sum(both) == 1


def test_rows_of_those_that_were_killed_go_after_a_day(clock: Clock) -> None:
    assert hold_on("a", Lead())
    assert not hold_on("b", Lead())
    assert delete_gone(timezone.now()) == 0
    assert delete_gone(timezone.now() + timedelta(days=2)) == 1
    assert Heartbeat.objects.filter(part=LEAD).exists()
