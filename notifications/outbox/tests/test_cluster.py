"""The cluster's own decisions; that they work on real processes is shown by tests/chaos."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from .. import cluster as module
from .. import linux_processes
from ..cluster import FailFastCluster, FailFastSentinel, died_unexpectedly, end_group
from ..management.commands import run_cluster


def child(exitcode, *, timer=None, name="Process-1"):
    made = SimpleNamespace(exitcode=exitcode, name=name)
    if timer is not None:
        made.timer = SimpleNamespace(get_obj=lambda: SimpleNamespace(value=timer))
    return made


@pytest.fixture
def killed():
    with mock.patch.object(module.os, "killpg") as kill:
        yield kill


@pytest.mark.parametrize(
    ("process", "unexpected"),
    [
        (child(None), False),  # lives
        (child(0, timer=-2), False),  # recycled, or stopped
        (child(0, timer=0), False),  # ended itself after its timeout
        (child(-signal.SIGTERM, timer=0), False),  # ended by the guard after its timeout
        (child(-signal.SIGTERM, timer=-1), True),
        (child(-signal.SIGTERM), True),  # the pusher or the monitor
        (child(-signal.SIGKILL, timer=0), True),
        (child(1, timer=30), True),
    ],
)
def test_which_deaths_are_unexpected(process, unexpected):
    assert died_unexpectedly(process) is unexpected


def sentinel(*pool, monitor=None, pusher=None):
    made = FailFastSentinel.__new__(FailFastSentinel)
    made.pool, made.monitor, made.pusher = list(pool), monitor, pusher
    return made


def test_an_unexpected_death_takes_the_group_down(killed, caplog):
    sentinel(child(None), child(-9), monitor=child(None)).look_after_children(signal.SIGCHLD, None)
    killed.assert_called_once_with(os.getpgid(0), signal.SIGKILL)
    assert "cluster_ends_itself" in caplog.text


@pytest.mark.parametrize("which", ["monitor", "pusher"])
def test_the_helpers_of_a_cluster_are_watched_too(killed, which):
    sentinel(child(None), **{which: child(-11)}).look_after_children(signal.SIGCHLD, None)
    killed.assert_called_once()


def test_recycled_workers_disturb_nobody(killed):
    sentinel(child(0, timer=-2), child(None)).look_after_children(signal.SIGCHLD, None)
    killed.assert_not_called()


def test_the_guard_respawns_only_what_ended_as_expected(killed):
    guard = sentinel()
    with mock.patch.object(module.cluster.Sentinel, "reincarnate") as respawn:
        guard.reincarnate(child(0, timer=-2))
        respawn.assert_called_once()
        killed.assert_not_called()
        guard.reincarnate(child(-9, timer=-1))
    killed.assert_called_once()


def test_the_sentinel_listens_for_its_children_before_it_has_any():
    with (
        mock.patch.object(module.cluster.Sentinel, "start") as started,
        mock.patch.object(module.signal, "signal") as on,
    ):
        guard = sentinel()
        guard.start()
    on.assert_called_once_with(signal.SIGCHLD, guard.look_after_children)
    started.assert_called_once_with()


class Sentinels:
    """A sentinel process that lives so many looks long, then ends with this code."""

    def __init__(self, looks, code):
        self.looks, self.code, self.joined = looks, code, []

    def is_alive(self):
        return self.looks > 0

    def join(self, seconds):
        self.joined.append(seconds)
        self.looks -= 1

    @property
    def exitcode(self):
        return None if self.is_alive() else self.code


def run_with(process, *, stop=False):
    made = FailFastCluster.__new__(FailFastCluster)
    made.sentinel, made.stop_event, made.asked_to_stop = process, mock.Mock(), False
    if stop:
        made.sig_handler(signal.SIGTERM, None)
    was = module.cluster.Sentinel
    try:
        with mock.patch.object(FailFastCluster, "start"):
            made.run()
        assert module.cluster.Sentinel is FailFastSentinel
    finally:
        module.cluster.Sentinel = was
    return made


def test_an_orderly_stop_ends_nothing_by_force(killed):
    made = run_with(Sentinels(1, 0), stop=True)
    made.stop_event.set.assert_called_once_with()
    assert made.sentinel.joined == [module.STOP_SECONDS]
    killed.assert_not_called()


def test_a_sentinel_that_does_not_stop_is_ended_with_its_group(killed):
    run_with(Sentinels(5, 0), stop=True)
    killed.assert_called_once()


def test_a_sentinel_that_dies_takes_its_group_with_it(killed):
    run_with(Sentinels(3, -9))
    killed.assert_called_once()


def test_new_clusters_stop_when_they_are_told_to():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        made = FailFastCluster()
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert made.asked_to_stop is True


def test_the_last_batch_may_end_before_a_stop_becomes_a_kill(settings):
    assert settings.NOTICE_BATCH_SECONDS + settings.EMAIL_TIMEOUT < module.STOP_SECONDS


@pytest.fixture
def process():
    """The calls that would change this process."""
    with (
        mock.patch.object(run_cluster, "connections") as connections,
        mock.patch.object(run_cluster, "die_with_parent") as die,
        mock.patch.object(run_cluster, "bind_descendants") as bind,
        mock.patch.object(module.FailFastCluster, "__init__", return_value=None),
        mock.patch.object(module.FailFastCluster, "run", return_value=None) as run,
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
    from django_q import cluster as theirs

    assert (conf.CLUSTER_NAME, conf.TIMEOUT) == ("urgent", 60)
    call_command("run_cluster", "bulk")
    assert theirs.Conf is conf
    assert (conf.CLUSTER_NAME, conf.TIMEOUT, conf.RETRY, conf.QUEUE_LIMIT) == ("bulk", 300, 600, 4)
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


def test_ending_a_group_is_on_record(killed, caplog):
    end_group("for_a_test", process="Process-7", exit_code=-9)
    assert "for_a_test" in caplog.text
