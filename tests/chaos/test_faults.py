"""Processes are really killed, mail servers really refuse and hang: every notice arrives, and none is shown twice."""

import os
import signal
import time
from functools import partial

import pytest

from tests.examples import FACTOR
from tests.supervisor.running_system import slowness

from .parts import group, wait_until, workers

pytestmark = pytest.mark.faults
# Enough for two deaths with notices in hand before and after each; where everything is tried in full, more.
COUNT = 80 if FACTOR < 1 else 200
WORKERS = 2


def assert_all_told(driver, sink, ids, *, seconds=60):
    """Each of these notices reaches `sent`, was accepted by the server, and carries one Message-ID."""
    assert wait_until(lambda: driver.ask("states", ids=ids) == {"sent": len(ids)}, seconds=seconds, pause=0.2), (
        driver.ask("states", ids=ids),
        driver.ask("facts", ids=ids),
        len(sink.notices() & set(ids)),
    )
    assert set(ids) <= sink.notices()
    facts = driver.ask("facts", ids=ids)
    assert facts["accepted"] == len(ids)
    assert (facts["doubled_tokens"], facts["stranded"], facts["chain"]) == (0, 0, True)
    shown = {(message_id, address) for message_id, address in sink.accepted}
    assert len(shown) == len({message_id for message_id, _address in shown})  # one recipient for each Message-ID
    assert len(shown) == len(sink.notices())  # and one Message-ID for each notice
    return facts


@pytest.mark.main
@pytest.mark.parametrize(("point", "at_pass"), [("before_claim", "2"), ("before_send", "7"), ("after_send", "7")])
def test_a_worker_killed_anywhere_loses_nothing_doubles_one_and_ends_nobody_else(
    parts, driver, sink, tmp_path, point, at_pass
):
    cluster, _sweeper = parts(FAULT_POINT=point, FAULT_AT_PASS=at_pass, FAULT_TIMES="3")
    leader = cluster.pid
    ids = driver.ask("owe_many", count=COUNT)
    deaths = lambda: len(list(tmp_path.glob(f"{point}-*")))  # noqa: E731
    while deaths() < 3 and len(ids) < 20 * COUNT:  # until each successor has had enough to die of
        time.sleep(0.5)
        ids += driver.ask("owe_many", count=20)
    assert deaths() == 3
    facts = assert_all_told(driver, sink, ids)
    assert (cluster.pid, cluster.exit_codes) == (leader, [])
    assert wait_until(lambda: len(workers(leader)) == WORKERS, seconds=20)
    doubled = len(sink.accepted) - len(sink.notices())
    # Accepted by the server and not noted yet: that one alone is sent again, under the same Message-ID.
    assert doubled == (3 if point == "after_send" else 0)
    if point != "before_claim":
        assert facts["died"] > 0


@pytest.mark.main
def test_a_killed_cluster_leaves_no_orphans_and_its_leases_end_at_its_restart(parts, driver, sink):
    cluster, _sweeper = parts()
    first = driver.ask("owe_many", count=COUNT // 2)
    cluster.kill_group()
    second = driver.ask("owe_many", count=COUNT // 2)
    assert wait_until(lambda: len(cluster.exit_codes) == 1 and len(workers(cluster.pid)) == WORKERS, seconds=20)
    leader = cluster.pid
    os.kill(leader, signal.SIGKILL)  # the main process alone
    assert wait_until(lambda: not group(leader), seconds=3), "orphans go on executing tasks"
    assert_all_told(driver, sink, first + second)
    assert cluster.exit_codes == [-signal.SIGKILL] * 2
    assert len(sink.accepted) - len(sink.notices()) <= 2 * WORKERS


def _is_replaced(leader, killed, other):
    living = set(workers(leader))
    return other in living and killed not in living and len(living) == WORKERS


def test_an_idle_worker_killed_is_replaced_and_the_other_works_on(parts, driver, sink):
    cluster, _sweeper = parts()
    leader = cluster.pid
    for _time in range(3):
        assert wait_until(lambda: len(workers(leader)) == WORKERS, seconds=20)
        killed, other = workers(leader)
        os.kill(killed, signal.SIGKILL)
        assert wait_until(partial(_is_replaced, leader, killed, other), seconds=5)
    assert_all_told(driver, sink, driver.ask("owe_many", count=20))
    assert (cluster.pid, cluster.exit_codes) == (leader, [])
    assert cluster.stop() == 0


def test_a_server_that_is_away_refuses_and_hangs_is_waited_for(parts, driver, sink):
    parts()
    sink.stop()
    ids = driver.ask("owe_many", count=COUNT // 2)
    time.sleep(3)
    sink.mood = "refuse"
    sink.start_again()
    assert wait_until(lambda: sink.turned_away >= 5, seconds=15)
    sink.mood = "hang"
    sink.turned_away = 0
    ids += driver.ask("owe_many", count=COUNT // 2)
    assert wait_until(lambda: sink.turned_away >= 3, seconds=15)
    assert not sink.notices() & set(ids)
    sink.mood = ""
    facts = assert_all_told(driver, sink, ids)
    assert {"connection_refused", "rcpt_451", "timeout"} <= set(facts["codes"])


def test_nothing_is_sent_of_what_was_rolled_back(parts, driver, sink):
    parts()
    never = driver.ask("roll_back", count=COUNT)
    ids = driver.ask("owe_many", count=20)
    assert_all_told(driver, sink, ids)
    assert driver.ask("facts", ids=never)["rows"] == 0
    assert sink.notices() == set(ids)


def test_the_sweeper_alone_finds_what_nobody_was_woken_for(parts, keep, driver, sink):
    """Owed while no cluster runs, its tasks lost: the queue is emptied before one starts."""
    ids = driver.ask("owe_many", count=COUNT)
    assert driver.ask("lose_tasks") > 0
    cluster, sweeper = parts()
    assert_all_told(driver, sink, ids)
    started = time.monotonic()
    assert (sweeper.stop(), cluster.stop()) == (0, 0)
    assert time.monotonic() - started < 10 * slowness()
