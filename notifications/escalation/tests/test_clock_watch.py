"""A clock that is set is noticed, said for an hour, and forgotten after a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.outbox.models import Heartbeat

from .. import clock_watch
from ..clock_watch import ClockWatch, describe_health

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch: Any) -> list[float]:
    """Seconds by which the time of day is set."""
    moved = [0.0]
    real = clock_watch.time.time
    monkeypatch.setattr(clock_watch.time, "time", lambda: real() + moved[0])
    return moved


@pytest.mark.parametrize("seconds", [7200.0, -7200.0, 31.0])
def test_a_jump_is_noted_once(day: list[float], seconds: float) -> None:
    watch = ClockWatch()
    day[0] = seconds
    assert round(watch.look()) == seconds
    assert watch.look() == 0
    part = describe_health(Heartbeat.objects.in_bulk(), timezone.now())["clock"]
    assert (part["ok"], part["by_s"]) == (False, seconds)


def test_small_corrections_are_none_however_many(day: list[float]) -> None:
    watch = ClockWatch()
    for _pass in range(10):
        day[0] += 20
        assert watch.look() == 0
    assert describe_health(Heartbeat.objects.in_bulk(), timezone.now()) == {}


def test_it_is_said_for_an_hour_and_gone_after_a_day(day: list[float]) -> None:
    watch = ClockWatch()
    day[0] = 60
    watch.look()
    beats, now = Heartbeat.objects.in_bulk(), timezone.now()
    assert describe_health(beats, now + timedelta(minutes=61))["clock"]["ok"] is True
    assert describe_health(beats, now + timedelta(days=2)) == {}
