"""The cluster's own decisions; that they work on real processes is shown by tests/chaos."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from .. import cluster as module
from .. import linux_processes
from ..cluster import BusySince, Cluster, Place
from ..management.commands import run_cluster


@pytest.fixture
def family():
    """Clusters of real processes, whose main process is this one; what is left of them is ended."""
    made: list[Cluster] = []
    before = {number: signal.getsignal(number) for number in module.SIGNALS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, set())

    def make(work, *, workers=1, timeout=60.0):
        made.append(Cluster(work, workers=workers, timeout=timeout))
        return made[-1]

    yield make
    for cluster in made:
        for place in cluster.places:
            if place.pid:
                os.kill(place.pid, signal.SIGKILL)
                os.waitpid(place.pid, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in before.items():
        signal.signal(number, handler)


def wait(_busy):
    time.sleep(60)


def until(true, *, cluster=None, seconds=20.0):
    """Whether this has become true, with the cluster doing its rounds meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not true():
        if cluster is not None:
            cluster.reap()
            cluster.end_overdue()
            cluster.fill_places()
        time.sleep(0.02)
    return true()


def test_a_worker_that_dies_is_replaced_and_its_neighbour_is_left_alone(family, caplog):
    cluster = family(wait, workers=2)
    cluster.fill_places()
    first, second = (place.pid for place in cluster.places)
    os.kill(first, signal.SIGKILL)
    assert until(lambda: cluster.places[0].pid not in (None, first), cluster=cluster)
    assert cluster.places[1].pid == second
    assert "worker_died" in caplog.text


def test_a_recycled_worker_is_replaced_and_is_no_fault(family, caplog):
    cluster = family(lambda busy: None)
    cluster.fill_places()
    first = cluster.places[0].pid
    assert until(lambda: cluster.places[0].pid not in (None, first), cluster=cluster)
    assert "worker_died" not in caplog.text


def fail(_busy):
    raise RuntimeError("three cats")


def test_a_worker_that_fails_ends_with_a_code_and_says_nothing_of_what_it_met(family, capfd):
    cluster = family(fail)
    cluster.fill_places()
    _pid, status = os.waitpid(cluster.places[0].pid, 0)
    cluster.places[0].pid = None
    assert os.waitstatus_to_exitcode(status) == 1
    assert "three cats" not in "".join(capfd.readouterr())


def overrun(busy):
    busy.set(time.monotonic() - 61)
    time.sleep(60)


def test_a_task_that_overruns_its_time_is_ended_with_its_worker(family, caplog):
    cluster = family(overrun)
    cluster.fill_places()
    first = cluster.places[0].pid
    assert until(lambda: cluster.places[0].pid not in (None, first), cluster=cluster)
    assert "task_overdue" in caplog.text


def test_who_is_at_a_task_for_less_goes_on(family):
    cluster = family(lambda busy: (busy.set(time.monotonic() - 50), time.sleep(60)))
    cluster.fill_places()
    first = cluster.places[0].pid
    assert until(lambda: cluster.places[0].busy.get() > 0)
    cluster.end_overdue()
    assert not until(lambda: cluster.places[0].pid != first, cluster=cluster, seconds=0.3)


def test_whoever_dies_young_again_and_again_waits_longer_each_time():
    place, pauses = Place(BusySince()), []
    for _death in range(9):
        place.started = 100.0
        place.note_end(100.5)
        pauses.append(place.next_start - 100.5)
    assert pauses[:3] == pytest.approx([0.0, 0.2, 0.4])
    assert pauses == sorted(pauses)
    assert pauses[-1] == module.LONGEST_PAUSE
    place.started = 100.0
    place.note_end(100.0 + module.EARLY_SECONDS)
    assert place.next_start == 100.0 + module.EARLY_SECONDS  # it had lived


def test_what_is_noted_of_a_dead_worker_does_not_count_against_the_next():
    place = Place(BusySince(), pid=1, started=0.0)
    place.busy.set(5.0)
    place.note_end(10.0)
    assert (place.pid, place.busy.get()) == (None, 0.0)


def finish_the_task(_busy):
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.set())
    os.write(finish_the_task.pipe, b"r")
    while not stopped.is_set():
        time.sleep(0.01)
    time.sleep(0.2)
    os.write(finish_the_task.pipe, b"d")


def test_an_orderly_stop_lets_the_task_at_hand_be_finished(family):
    read_end, finish_the_task.pipe = os.pipe()
    cluster = family(finish_the_task)
    cluster.fill_places()
    assert os.read(read_end, 1) == b"r"
    signal.pthread_sigmask(signal.SIG_BLOCK, module.SIGNALS)
    cluster.stop()
    assert os.read(read_end, 1) == b"d"
    assert cluster.places[0].pid is None


def test_who_does_not_stop_is_killed(family, monkeypatch):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.3)
    read_end, write_end = os.pipe()
    cluster = family(
        lambda busy: (signal.signal(signal.SIGTERM, signal.SIG_IGN), os.write(write_end, b"r"), time.sleep(60))
    )
    cluster.fill_places()
    pid = cluster.places[0].pid
    assert os.read(read_end, 1) == b"r"
    signal.pthread_sigmask(signal.SIG_BLOCK, module.SIGNALS)
    cluster.stop()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    cluster.places[0].pid = None


def test_a_cluster_runs_until_it_is_told_to_stop(family):
    cluster = family(wait)
    signal.pthread_sigmask(signal.SIG_BLOCK, module.SIGNALS)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)  # waits until the cluster looks
    cluster.run()
    assert cluster.places[0].pid is None


def test_the_last_batch_may_end_before_a_stop_becomes_a_kill(settings):
    assert settings.NOTICE_BATCH_SECONDS + settings.EMAIL_TIMEOUT < module.STOP_SECONDS


@pytest.fixture
def process():
    """The calls that would change this process."""
    with (
        mock.patch.object(run_cluster, "connections") as connections,
        mock.patch.object(run_cluster, "die_with_parent") as die,
        mock.patch.object(run_cluster, "bind_descendants") as bind,
        mock.patch.object(Cluster, "run", return_value=None) as run,
        mock.patch.object(run_cluster.os, "setsid") as setsid,
        mock.patch.object(run_cluster.os, "nice") as nice,
        mock.patch.object(run_cluster.os, "getpgid", return_value=1) as getpgid,
    ):
        yield SimpleNamespace(**locals())


def test_the_urgent_cluster_runs_in_a_group_of_its_own_and_dies_with_its_parent(process):
    call_command("run_cluster", "urgent")
    process.setsid.assert_called_once_with()
    process.die.assert_called_once_with(signal.SIGTERM)
    process.bind.assert_called_once_with()
    process.connections.close_all.assert_called_once_with()
    process.run.assert_called_once_with()
    process.nice.assert_not_called()


def test_a_leader_keeps_its_group(process):
    process.getpgid.return_value = os.getpid()
    call_command("run_cluster", "urgent")
    process.setsid.assert_not_called()


def test_a_cluster_whose_parent_died_meanwhile_does_not_start(process):
    with mock.patch.object(run_cluster.os, "getppid", side_effect=[7, 1]):
        call_command("run_cluster", "urgent")
    process.run.assert_not_called()


@pytest.fixture
def conf(monkeypatch):
    """The class that django-q2's modules hold; whatever a test makes of it is put back."""
    from django_q.conf import Conf

    monkeypatch.setenv("Q_CLUSTER_NAME", "urgent")
    before = {name: value for name, value in vars(Conf).items() if not name.startswith("__")}
    yield Conf
    for name, value in before.items():
        setattr(Conf, name, value)


def test_the_bulk_cluster_is_configured_in_the_process_that_was_forked(process, conf):
    assert (conf.CLUSTER_NAME, conf.TIMEOUT) == ("urgent", 60)
    call_command("run_cluster", "bulk")
    assert module.Conf is conf
    assert (conf.CLUSTER_NAME, conf.TIMEOUT, conf.RETRY, conf.RECYCLE) == ("bulk", 300, 600, 200)
    assert os.environ["Q_CLUSTER_NAME"] == "bulk"
    process.run.assert_called_once_with()


def test_the_bulk_cluster_steps_back_for_the_urgent_one(process, conf):
    call_command("run_cluster", "bulk")
    process.nice.assert_called_once_with(10)


def test_there_are_two_clusters():
    with pytest.raises(CommandError):
        call_command("run_cluster", "middling")


FAMILY = """
import os, signal
from notifications.outbox.linux_processes import bind_descendants
bind_descendants()
for _generation in range(2):
    if os.fork():
        signal.pause()
os.write(1, b"up")
signal.pause()
"""


def test_descendants_die_with_their_parents(settings):
    family = subprocess.Popen([sys.executable, "-c", FAMILY], cwd=settings.ROOT, stdout=subprocess.PIPE)
    assert family.stdout.read(2) == b"up"
    family.kill()
    family.wait(5)
    assert family.stdout.read() == b""  # every end of the pipe is closed: child and grandchild are gone
    family.stdout.close()


def test_a_system_that_cannot_bind_says_so():
    with (
        mock.patch.object(linux_processes.ctypes, "CDLL") as libc,
        mock.patch.object(linux_processes.ctypes, "get_errno", return_value=22),
    ):
        libc.return_value.prctl.return_value = -1
        with pytest.raises(OSError, match="Invalid argument"):
            linux_processes.die_with_parent(signal.SIGKILL)
