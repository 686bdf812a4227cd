"""The system in real processes, in the order of a day: it starts, loses parts, is killed, starts again, is stopped."""

import base64
import json
import os
import signal
import socket
import time
from collections.abc import Callable

import pytest

from notifications.channels.tests.servers import Receiver

from .load import Load, starved
from .running_system import RunningSystem, get_stat, is_over, resident_megabytes, slowness, wait_until

pytestmark = pytest.mark.faults
Build = Callable[..., RunningSystem]
SLACK_OF_A_TEST = 1.2  # the goal of 500 MB is the bench's; here a step back to 1,500 must show


def test_on_an_empty_folder_it_becomes_ready_and_says_where_and_for_whom(first: RunningSystem):
    printed = first.printed()
    assert f"http://127.0.0.1:{first.port}/field/" in printed
    assert "koordinator" in printed
    assert "Traceback" not in printed
    status, body = first.get("/readyz")
    assert status == 200
    assert json.loads(body)["ok"] is True
    assert first.get("/healthz")[0] == 200
    assert first.get("/sandbox/inbox/")[0] == 200


@pytest.mark.main  # and before the next ones: what nobody reads holds the socket that was handed to systemd
def test_systemd_is_told_that_it_serves_and_that_it_lives(first: RunningSystem, systemd: socket.socket):
    heard: list[bytes] = []
    while b"READY=1" not in heard and len(heard) < 200:  # five words a second
        heard.append(systemd.recv(100))
    assert {b"WATCHDOG=1", b"READY=1"} <= set(heard)


@pytest.mark.main
def test_pages_come_with_their_static_files(first: RunningSystem):
    status, page = first.get("/accounts/login/")
    assert status == 200
    address = page.decode().partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert first.get(address)[0] == 200


@pytest.mark.main
def test_a_drill_goes_through_and_its_mail_lies_in_the_sandbox(first: RunningSystem):
    result = json.loads(first.manage("drill", "--region", "vlore", "--json"))
    assert result["ok"] is True
    assert "@" in first.get("/sandbox/inbox/?still=1")[1].decode()


def test_the_watch_outside_is_asked_while_the_system_works(first: RunningSystem, watch_outside: Receiver):
    wait_until(lambda: watch_outside.requests, seconds=90, what="the watch outside is asked")
    assert {(each.path, each.content) for each in watch_outside.requests} == {("/hook", b"")}
    assert json.loads(first.get("/readyz")[1])["parts"]["outside_watch"]["ok"] is True


ASK_FOR_A_DRILL = """
from access.models import Region, User
from notifications.drills.running import ask_for_drill
print(ask_for_drill(region=Region.objects.get(slug="vlore"), by=User.objects.get(username="koordinator")).pk)
"""
STATE_OF_THE_DRILL = """
from notifications.drills.models import DrillRun
print(DrillRun.objects.get().state)
"""
LET_ITS_TIME_PASS = """
from django.utils import timezone
from notifications.drills.models import DrillRun
DrillRun.objects.update(ends_at=timezone.now())
"""
UNSENT_OF_THE_DRILL = """
from notifications.drills.models import DrillRun
from notifications.outbox.models import Notice
print(list(Notice.objects.filter(case_id=DrillRun.objects.get().case_id, sent_at=None).values_list("state", flat=True)))
"""
WHAT_BECAME_OF_IT = """
import json
from notifications.drills.models import DrillResult
from notifications.outbox.models import Notice
taken = [each.taken_at is not None for each in DrillResult.objects.all()]
print(json.dumps([taken, Notice.objects.open().filter(is_drill=True).count()]))
"""


def test_a_drill_by_hand_is_begun_by_a_worker_sent_by_another_and_ended_by_the_sweeper(first: RunningSystem):
    first.manage("shell", "--verbosity", "0", "-c", ASK_FOR_A_DRILL)

    def state() -> str:
        return first.manage("shell", "--verbosity", "0", "-c", STATE_OF_THE_DRILL).strip()

    wait_until(lambda: state() == "running", seconds=90, what="a worker begins the drill")
    wait_until(
        lambda: first.manage("shell", "--verbosity", "0", "-c", UNSENT_OF_THE_DRILL).strip() == "[]",
        seconds=60,
        what="its notices are sent",
    )
    first.manage("shell", "--verbosity", "0", "-c", LET_ITS_TIME_PASS)
    wait_until(lambda: state() in ("passed", "unanswered"), seconds=60, what="the sweeper ends it")
    taken, still_open = json.loads(first.manage("shell", "--verbosity", "0", "-c", WHAT_BECAME_OF_IT))
    assert taken
    assert all(taken)
    assert still_open == 0


def test_a_starved_web_server_is_left_alive_and_acknowledges_every_identification_in_the_end(first: RunningSystem):
    """A tenth of a processor, five identifications a second, and twice as many readers."""
    (worker,) = first.group(first.leader("web")) - {first.leader("web")}
    load = Load(first)
    with starved(worker, share=0.1):
        begun = load.run(per_second=5, seconds=25, readers_per_second=10)
    load.wait(seconds=150)
    assert len(load.acknowledged) == begun > 60
    assert not [line for line in first.printed().splitlines() if line.startswith("web")]
    assert first.group(first.leader("web")) == {first.leader("web"), worker}
    assert load.without_retry_after == 0
    assert set(load.statuses) <= {0, 200, 201, 503}
    assert load.pages[503] > load.pages[404] * 0.2, "readers were served as if nobody were in need"
    print(f"submissions {dict(load.statuses)}, readers {dict(load.pages)}")


def test_a_web_process_that_stands_still_is_replaced_and_nothing_else_is(first: RunningSystem):
    leader = first.leader("web")
    (worker,) = first.group(leader) - {leader}
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: first.group(leader) - {leader, worker}, seconds=75, what="another process of the web server")
    assert f"web: process {worker} has been silent for" in first.printed()
    assert first.leader("web") == leader
    wait_until(lambda: _answers(first), seconds=20, what="an answer")


def test_the_system_takes_no_more_memory_after_its_first_start_than_a_small_machine_has(first: RunningSystem):
    assert first.pss_megabytes() <= 500 * SLACK_OF_A_TEST
    assert resident_megabytes(first.pid) < 300


def test_a_stray_vault_key_on_existing_data_is_refused_by_the_name_of_the_one_that_lacks(
    first: RunningSystem, build: Build
):
    other = build("stray", like=first)
    stray = base64.b64encode(os.urandom(32)).decode()
    assert other.start(VAULT_KEYS=f"stray1:{stray}").process.wait(120) == 1
    last = other.printed().splitlines()[-1]
    assert "VAULT_KEYS lacks" in last
    assert "demo1" in last
    assert stray not in other.printed()
    assert "Traceback" not in other.printed()


def test_what_a_new_release_needs_is_made_ready_while_the_old_one_serves(first: RunningSystem):
    """Nothing has changed here, so nothing is made; and no part is started anew."""
    parts = ("web", "urgent", "bulk", "sweeper")
    # Of a part's own processes one may be replaced at any moment: that is the part's, and a busy machine's, doing.
    leaders = [first.leader(name) for name in parts]
    printed = first.python("-m", "config.prepare")
    assert printed.splitlines() == ["prepared; restart the service to use it"]
    assert [first.leader(name) for name in parts] == leaders
    assert first.get("/healthz")[0] == 200


def test_a_second_copy_on_the_same_port_is_told_in_one_line(first: RunningSystem, build: Build):
    other = build("busy")
    other.port = first.port
    assert other.start().process.wait(30) == 1
    lines = other.printed().splitlines()
    assert len(lines) == 1
    assert f"Port {first.port}" in lines[0]


def test_a_second_copy_on_the_same_data_is_told_in_one_line(first: RunningSystem, build: Build):
    other = build("same")
    other.data_dir = first.data_dir
    console = first.console.read_text()
    try:
        assert other.start().process.wait(30) == 1
        lines = other.printed().splitlines()
    finally:
        first.console.write_text(console)
    assert len(lines) == 1
    assert "Another copy is running" in lines[0]


@pytest.mark.parametrize("port", ["none", "0", "70000"])
def test_a_port_that_is_none_is_told_in_one_line(build: Build, port: str):
    other = build(f"port-{port}")
    assert other.start(PORT=port).process.wait(30) == 1
    assert other.printed().splitlines() == [f"PORT is {port!r}; it takes a number from 1 to 65535."]


@pytest.mark.main
def test_a_killed_part_is_started_again_and_takes_nothing_of_the_old_one_along(first: RunningSystem):
    old = first.leader("urgent")
    wait_until(lambda: len(first.group(old)) == 2, seconds=20, what="the main process and its worker")
    family = first.group(old)
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: not any(get_stat(pid) for pid in family), seconds=10, what="the old family gone")
    wait_until(lambda: _other_leader(first, "urgent", old), seconds=20, what="a new urgent cluster")


def _other_leader(system: RunningSystem, name: str, old: int) -> bool:
    try:
        return system.leader(name) != old
    except AssertionError:
        return False


def test_a_killed_idle_worker_is_replaced_and_the_work_goes_on(first: RunningSystem):
    leader = first.leader("urgent")
    wait_until(lambda: len(first.group(leader)) == 2, seconds=20, what="the cluster's processes")
    (killed,) = first.group(leader) - {leader}
    os.kill(killed, signal.SIGKILL)
    at = time.monotonic()
    wait_until(lambda: len(first.group(leader) - {killed}) == 2, seconds=20, what="another worker in its place")
    assert first.leader("urgent") == leader
    wait_until(
        lambda: first.parts().get("worker", {}).get("age_s", 99) < time.monotonic() - at,
        seconds=40,
        what="a worker that executed a task after the kill",
    )


def test_a_cluster_that_lives_and_does_no_work_is_ended_and_started_again(first: RunningSystem):
    """Stopped, not killed: every process is there and nothing ends, only the work is not done."""
    leader = first.leader("urgent")
    family = first.group(leader)
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: _other_leader(first, "urgent", leader), seconds=75, what="a new urgent cluster")
    assert "urgent: it has done no work for" in first.printed()
    assert not any(get_stat(pid) for pid in family)
    wait_until(lambda: first.parts().get("worker", {}).get("ok"), seconds=30, what="a worker that works")


@pytest.mark.main
def test_the_web_server_comes_back_on_its_own_port(first: RunningSystem):
    old = first.leader("web")
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: _other_leader(first, "web", old), seconds=20, what="a new web server")
    wait_until(lambda: _answers(first), seconds=20, what="an answer")


def _answers(system: RunningSystem) -> bool:
    try:
        return system.get("/healthz")[0] == 200
    except OSError:
        return False


def test_two_copies_stand_side_by_side_each_with_its_own_mail(first: RunningSystem, build: Build):
    second = build("second", like=first)
    began = time.monotonic()
    second.start().wait_ready(seconds=60)
    took = time.monotonic() - began
    assert took < 15 * slowness()
    assert (first.get("/readyz")[0], second.get("/readyz")[0]) == (200, 200)
    words = [json.loads((system.data_dir / "run" / "local.json").read_text()) for system in (first, second)]
    assert words[0]["EMAIL_URL"] != words[1]["EMAIL_URL"]
    everyone = second.everyone()
    assert len(everyone) > 8
    assert second.stop(signal.SIGTERM) == 0
    assert not second.everyone()
    assert first.get("/healthz")[0] == 200


@pytest.mark.main
def test_a_supervisor_killed_outright_leaves_no_orphans_and_the_next_start_keeps_the_data(first: RunningSystem):
    everyone = first.everyone()
    assert len(everyone) > 8
    os.kill(first.pid, signal.SIGKILL)
    first.process.wait(10)
    wait_until(lambda: not first.everyone() and all(map(is_over, everyone)), seconds=15, what="all of it gone")
    with socket.create_server(("127.0.0.1", first.port)):
        pass  # the port is free at once
    before = (first.data_dir / "vatra.sqlite3").stat().st_ino
    began = time.monotonic()
    first.start().wait_ready(seconds=60)
    assert time.monotonic() - began < 15 * slowness()
    assert (first.data_dir / "vatra.sqlite3").stat().st_ino == before
    assert "seeds:" not in first.printed()
    assert "static files:" not in first.printed()


@pytest.mark.main
def test_ctrl_c_stops_all_of_it_within_seconds(first: RunningSystem):
    everyone = first.everyone()
    began = time.monotonic()
    assert first.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 10 * slowness()
    assert not [pid for pid in everyone if get_stat(pid)]
    assert not first.everyone()
    assert first.printed().splitlines()[-1] == "stopped"
