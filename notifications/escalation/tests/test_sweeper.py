import os
import signal
import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from access.models import Assignment, User
from audit.models import PutAside
from notifications.directory.models import DutyShift
from notifications.outbox.models import Heartbeat, Notice
from notifications.outbox.queueing import enqueue_each_minute, enqueue_housekeeping
from tests.queues import all_waiting_tasks, empty_queues, waiting_tasks
from tests.world.notices import notify_officer

from ..management.commands import sweeper as module
from ..management.commands.sweeper import Sweeper

pytestmark = pytest.mark.django_db


class Rounds(threading.Event):
    """Lets a loop go round so often, and keeps the pauses it asked for."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left, self.pauses = rounds, []

    def wait(self, timeout=None):
        self.pauses.append(timeout)
        self.left -= 1
        if self.left == 0:
            self.set()
        return self.is_set()


def test_one_pass_moves_clocks_wakes_workers_and_shows_life(staffed, settings):
    notice = notify_officer(staffed)
    Notice.objects.update(next_attempt_at=timezone.now(), next_step_at=timezone.now() - timedelta(seconds=1))
    Sweeper(1.0).run_once()
    notice.refresh_from_db()
    assert notice.ladder_step == 1
    # canaries, a wake-up, the hour's housekeeping and what a minute's clock asks for
    bulk = 1 + len(settings.HOUSEKEEPING) + len(settings.EACH_MINUTE)
    assert (len(waiting_tasks("bulk")), len(waiting_tasks("urgent"))) == (bulk, 2)
    assert Heartbeat.objects.filter(part="sweeper").exists()


def test_canaries_and_heartbeats_come_at_their_own_pace(staffed):
    sweeper, beats = Sweeper(1.0), set()
    with mock.patch.object(module.time, "monotonic") as clock:
        for second in range(13):
            clock.return_value = 100.0 + second
            sweeper.run_once()
            beats.add(Heartbeat.objects.get(part="sweeper").at)
    assert len(waiting_tasks("urgent")) == 2
    assert len(beats) == 7


def test_canaries_do_not_pile_up_before_a_dead_cluster(staffed, settings):
    settings.HOUSEKEEPING = settings.EACH_MINUTE = ()
    with mock.patch.object(module, "queue_length", lambda part: {"urgent": 25, "bulk": 4999}[part]):
        Sweeper(1.0).run_once()
    assert (len(waiting_tasks("bulk")), len(waiting_tasks("urgent"))) == (1, 0)
    with mock.patch.object(module, "queue_length", return_value=None):
        Sweeper(1.0).run_once()
    assert len(all_waiting_tasks()) == 3


def test_a_stranded_notice_is_cried_out(staffed, caplog):
    notify_officer(staffed)
    Notice.objects.update(
        state="escalated", attempts=1, sent_at=timezone.now(), next_attempt_at=None, next_step_at=None
    )
    Sweeper(1.0).run_once()
    assert "notice_stranded" in caplog.text


def test_a_database_that_is_away_is_waited_for_longer_and_longer(staffed):
    rounds, sweeper = Rounds(8), Sweeper(1.0)
    answers = iter([OperationalError(), DatabaseError(), *[OperationalError()] * 4, None, None])

    def once():
        answer = next(answers)
        if answer is not None:
            raise answer

    with (
        mock.patch.object(sweeper, "run_once", once),
        mock.patch.object(module.connections, "close_all"),
        mock.patch.object(module, "close_old_connections"),
    ):
        sweeper.run(rounds)
    assert rounds.pauses == [2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 1.0, 1.0]


def test_a_mistake_of_ours_is_not_slept_over(staffed):
    sweeper = Sweeper(1.0)
    with (
        mock.patch.object(sweeper, "run_once", side_effect=TypeError),
        mock.patch.object(module, "close_old_connections"),
        pytest.raises(TypeError),
    ):
        sweeper.run(Rounds(1))


def test_the_command_stops_promptly_when_it_is_told_to(staffed):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    passes = []

    def one_pass(self):
        passes.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        with (
            mock.patch.object(Sweeper, "run_once", one_pass),
            mock.patch.object(module, "close_old_connections"),
            mock.patch.object(module.Probes, "start"),
        ):
            call_command("sweeper", interval=60.0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert passes == [True]


def test_housekeeping_is_asked_for_once_an_hour_and_not_of_workers_that_are_behind(staffed, settings):
    settings.EACH_MINUTE = ()  # what is asked for each minute has its own test
    sweeper = Sweeper(1.0)
    with (
        mock.patch.object(module.time, "monotonic") as clock,
        mock.patch.object(module, "enqueue_housekeeping") as asked,
    ):
        for minute in range(0, 130, 5):
            clock.return_value = 100.0 + 60 * minute
            sweeper.run_once()
    assert asked.call_count == 3
    with mock.patch("notifications.outbox.queueing.queue_length", return_value=5000):
        empty_queues()
        enqueue_housekeeping()
    assert all_waiting_tasks() == []


def test_what_people_set_a_clock_for_is_asked_for_each_minute(staffed, settings):
    settings.HOUSEKEEPING, settings.EACH_MINUTE = (), ("a.room.deed",)
    sweeper = Sweeper(1.0)
    with mock.patch.object(module.time, "monotonic") as clock, mock.patch.object(module, "enqueue_canary"):
        for second in range(0, 125, 5):
            clock.return_value = 100.0 + second
            sweeper.run_once()
    assert len(waiting_tasks("bulk")) == 3


def test_minutes_do_not_pile_up_before_a_dead_cluster(staffed, settings):
    settings.EACH_MINUTE = ("a.room.deed",)
    with mock.patch("notifications.outbox.queueing.queue_length", return_value=200):
        enqueue_each_minute()
    assert all_waiting_tasks() == []


def alarm_an_operator(staffed):
    operator = User.objects.create_user("operator", email="operator@vatra.example", language="en")
    Assignment.objects.create(user=operator, role="operator", starts_on=timezone.localdate() - timedelta(days=1))
    DutyShift.objects.all().delete()
    notify_officer(staffed, contact=None)


def test_without_a_broker_the_sweeper_rings_the_alarm_itself(staffed):
    alarm_an_operator(staffed)
    with mock.patch("notifications.outbox.queueing.async_task", side_effect=OSError):
        Sweeper(1.0).run_once()
    assert [letter.to for letter in mail.outbox] == [["operator@vatra.example"]]


def test_with_bulk_workers_dead_for_long_the_sweeper_rings_the_alarm_itself(staffed):
    alarm_an_operator(staffed)
    with mock.patch("notifications.outbox.queueing.queue_length", return_value=200):
        Sweeper(1.0).run_once()
    assert len(mail.outbox) == 1


def test_with_workers_at_hand_the_sweeper_leaves_the_alarm_to_them_and_it_never_ends_the_loop(staffed):
    alarm_an_operator(staffed)
    Sweeper(1.0).run_once()
    assert mail.outbox == []
    with (
        mock.patch.object(module, "enqueue_each_minute", return_value=False),
        mock.patch.object(module, "ring", side_effect=ValueError),
    ):
        Sweeper(1.0).run_once()
    assert Heartbeat.objects.filter(part="sweeper").exists()


def test_what_was_put_aside_and_never_met_again_is_dropped_in_the_sweepers_round(staffed):
    now = timezone.now()
    times = {"first_at": now, "last_at": now, "code": "KeyError"}
    PutAside.objects.create(kind="form.forget", row="1", retry_at=now - timedelta(days=7, minutes=1), **times)
    PutAside.objects.create(kind="form.forget", row="2", retry_at=now - timedelta(days=6), **times)
    Sweeper(1.0).run_once()
    assert list(PutAside.objects.values_list("row", flat=True)) == ["2"]
