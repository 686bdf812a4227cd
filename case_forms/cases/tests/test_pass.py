"""A pass of the sweeper: every clock is turned, and what one step makes due is found by a later one.

It stands in this room because all clocks are registered only where the whole service is.
"""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import due
from audit.due import get_clocks
from audit.put_aside import put_row_aside
from notifications.escalation.management.commands.sweeper import Sweeper
from notifications.outbox.models import Notice
from tests.queues import waiting_tasks
from tests.world.notices import notify_officer, staffed

__all__ = ["staffed"]

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MAX_IDLE_STATEMENTS = 35  # each second, where nothing is due


@pytest.fixture
def sweeper(monkeypatch: pytest.MonkeyPatch) -> Sweeper:
    """A sweeper of which nothing but the clocks is due."""
    made = Sweeper(1.0)
    monkeypatch.setattr(made, "_is_due", lambda name, _seconds: name == "clocks")
    return made


def test_every_registered_clock_is_turned_in_each_pass(sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(get_clocks()) >= 11
    turned: dict[str, mock.Mock] = {}
    for each in get_clocks():
        turned[each.name] = mock.Mock(return_value=0)
        clock = due.Clock(name=each.name, advance=turned[each.name])
        monkeypatch.setitem(due._clocks, each.name, clock)
    sweeper.run_once()
    assert {name: each.call_count for name, each in turned.items()} == dict.fromkeys(turned, 1)


def test_an_idle_pass_asks_few_questions(sweeper: Sweeper) -> None:
    sweeper.run_once()
    with CaptureQueriesContext(connection) as asked:
        sweeper.run_once()
    assert len(asked) <= MAX_IDLE_STATEMENTS
    assert not [query["sql"] for query in asked if query["sql"].startswith("INSERT")]


def test_what_one_step_makes_due_is_found_by_a_later_one_in_the_same_pass(staffed: Any, sweeper: Sweeper) -> None:
    notify_officer(staffed)
    Notice.objects.update(next_attempt_at=NOW + timedelta(days=3), next_step_at=None)
    sweeper.run_once()
    assert len(waiting_tasks("urgent")) == 1


def test_what_is_due_is_dealt_with_in_the_next_pass(staffed: Any, sweeper: Sweeper) -> None:
    notice = notify_officer(staffed)
    Notice.objects.update(next_attempt_at=timezone.now(), next_step_at=timezone.now() - timedelta(seconds=1))
    before = len(waiting_tasks("urgent"))
    sweeper.run_once()
    notice.refresh_from_db()
    assert notice.ladder_step == 1
    assert len(waiting_tasks("urgent")) == before + 1


def test_what_is_put_aside_is_left_alone(staffed: Any, sweeper: Sweeper) -> None:
    notice = notify_officer(staffed)
    Notice.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1), next_step_at=NOW)
    put_row_aside("notice.clock", notice.pk, ValueError(), at=timezone.now())
    sweeper.run_once()
    notice.refresh_from_db()
    assert notice.ladder_step == 0
