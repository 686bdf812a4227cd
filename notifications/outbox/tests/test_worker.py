"""What a worker does with rings and tasks; with real processes: tests/chaos."""

import os
import signal
from functools import partial
from unittest import mock

import pytest
from django.db import OperationalError
from django_q.brokers import get_broker
from redis import ConnectionError as RedisDown

from tests.queues import waiting_tasks

from .. import doorbell, queueing
from .. import worker as module
from ..cluster import BusySince
from ..doorbell import MAILS, TASKS, WAYS, Doorbell
from ..queueing import BULK, DELIVER, DELIVER_WAYS, URGENT
from ..worker import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def ran(monkeypatch):
    """What was run, instead of running it."""
    calls: list[tuple] = []
    monkeypatch.setattr(module, "import_string", lambda path: lambda *args, **words: calls.append((path, *args)))
    return calls


@pytest.fixture
def worker(folder):
    made = Worker(URGENT, BusySince())
    yield made
    made.bell.close()


def test_nobody_listens_where_no_worker_is():
    assert doorbell.ring(URGENT, MAILS) is False
    Doorbell(URGENT).close()  # the pipe stays, its reader is gone
    assert doorbell.ring(URGENT, MAILS) is False


def test_a_plain_file_in_place_of_the_pipe_gives_way_to_one(folder):
    (folder / "run").mkdir()
    (folder / "run" / f"{URGENT}.bell").touch()  # as a copied folder may have it
    bell = Doorbell(URGENT)
    assert doorbell.ring(URGENT, MAILS)
    assert bell.wait(1) == {MAILS}
    bell.close()


def test_rings_of_one_kind_are_heard_once():
    bell = Doorbell(URGENT)
    for _time in range(5):
        assert doorbell.ring(URGENT, MAILS)
    assert bell.wait(0) == {MAILS}
    assert bell.wait(0) == set()
    bell.close()


def test_a_ring_too_many_is_dropped_and_nobody_waits():
    bell = Doorbell(URGENT)
    for _time in range(70_000):  # more than a pipe holds
        assert doorbell.ring(URGENT, MAILS)
    assert bell.wait(0) == {MAILS}
    bell.close()


def test_only_its_own_account_can_ring(folder):
    Doorbell(URGENT).close()
    assert (folder / "run" / "urgent.bell").stat().st_mode & 0o077 == 0


def test_the_rings_of_one_cluster_are_not_the_others():
    bell = Doorbell(URGENT)
    assert doorbell.ring(BULK, TASKS) is False
    bell.close()


def test_a_ring_is_work_and_a_task_only_where_nobody_listens(worker, ran):
    assert queueing.enqueue_delivery(["x"])
    assert waiting_tasks(URGENT) == []
    worker.look()
    assert ran[0] == (DELIVER, [])
    worker.bell.close()
    assert queueing.enqueue_delivery(["x"])
    assert [task["func"] for task in waiting_tasks(URGENT)] == [DELIVER]
    worker.bell = Doorbell(URGENT)


@pytest.mark.parametrize(("sent", "pause"), [(0, 0.0), (1, 0.01), (7, 0.07), (20, 0.1), (500, 0.1), (None, 0.0)])
def test_the_more_a_run_has_sent_the_longer_the_next_ones_gather(worker, monkeypatch, sent, pause):
    """And what comes after a quiet moment is sent at once. None: the run has failed."""
    clock, slept = [1000.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module.time, "sleep", slept.append)
    monkeypatch.setattr(worker, "_run", lambda _call, **_named: sent)
    for at in (1000.0, 1000.0, 1000.0 + pause + 0.001):
        clock[0] = at
        doorbell.ring(URGENT, MAILS)
        worker.look()
    assert slept == pytest.approx([0.0, pause, 0.0])


def test_a_ring_that_was_heard_is_not_lost_while_others_gather(worker, ran):
    worker._next_mails = module.time.monotonic() + 0.03
    doorbell.ring(URGENT, MAILS)
    worker.look()
    assert [path for path, *_rest in ran] == [DELIVER]


def test_mails_do_not_wait_behind_a_gateway(worker, ran):
    doorbell.ring(URGENT, WAYS)
    doorbell.ring(URGENT, MAILS)
    worker.look()
    assert [path for path, *_rest in ran] == [DELIVER]
    assert worker.bell.wait(0) == {WAYS}  # for whoever looks next


def test_a_task_is_run_once_and_acknowledged(worker, ran):
    assert queueing.enqueue_canary(URGENT)
    worker.look()
    assert ran == [("notifications.outbox.tasks.canary", URGENT)]
    assert waiting_tasks(URGENT) == []
    worker.look()
    assert len(ran) == 1


def test_a_task_that_fails_is_logged_without_its_words_and_gone(worker, monkeypatch, caplog):
    def fail(_part):
        raise ValueError("three cats")

    monkeypatch.setattr(module, "import_string", lambda path: fail)
    queueing.enqueue_canary(URGENT)
    worker.look()
    assert waiting_tasks(URGENT) == []
    assert "task_failed" in caplog.text
    assert worker.busy.get() == 0.0


@pytest.mark.parametrize("package", ["not.a:package", "", "{}"])
def test_a_damaged_task_stops_nobody(worker, ran, package, caplog):
    get_broker(URGENT).enqueue(package)
    queueing.enqueue_canary(URGENT)
    for _look in range(2):
        worker._next_look = 0.0
        worker.look()
    assert len(ran) == 1
    assert waiting_tasks(URGENT) == []
    assert "task_unreadable" in caplog.text


def test_a_task_of_another_key_is_dropped(worker, ran, settings):
    from django_q.conf import Conf

    with mock.patch.object(Conf, "SECRET_KEY", "of yesterday"):
        queueing.enqueue_canary(URGENT)
    worker.look()
    assert (ran, waiting_tasks(URGENT)) == ([], [])


@pytest.mark.parametrize("failure", [OperationalError("x"), RedisDown("x"), OSError("x")])
def test_without_a_broker_mails_go_out_all_the_same(worker, ran, failure, caplog):
    with mock.patch.object(module, "take", side_effect=failure) as asked, mock.patch.object(module, "connections"):
        worker.look()
        doorbell.ring(URGENT, MAILS)
        worker.look()
    assert [path for path, *_rest in ran] == [DELIVER]
    asked.assert_called_once_with(worker.broker)  # left alone for a second
    assert "broker_failed" in caplog.text


def test_a_worker_begins_with_what_the_dead_left_and_with_what_is_due(worker, ran, monkeypatch):
    begun: list[str] = []
    monkeypatch.setattr(module, "recover", lambda: begun.append("recovered"))
    monkeypatch.setattr(module.signal, "signal", lambda number, handler: None)

    def stop_when_done() -> None:
        Worker.look(worker)
        worker.asked_to_stop = len(ran) == 2

    with mock.patch.object(worker, "look", stop_when_done):
        worker.run()
    assert begun == ["recovered"]
    assert [path for path, *_rest in ran] == [DELIVER, DELIVER_WAYS]


def test_a_stop_is_noted_and_what_is_at_hand_is_finished(worker, ran):
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            mock.patch.object(module, "recover"),
            mock.patch.object(worker, "look", partial(os.kill, os.getpid(), signal.SIGTERM)),
        ):
            worker.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert worker.asked_to_stop


def test_a_worker_makes_room_for_a_fresh_process(worker, ran, monkeypatch):
    from django_q.conf import Conf

    monkeypatch.setattr(Conf, "RECYCLE", 2)
    monkeypatch.setattr(module, "recover", lambda: None)
    monkeypatch.setattr(module.signal, "signal", lambda number, handler: None)
    worker.run()
    assert worker.done == 2
