"""The runner of the legs: it is green only if every leg is, and shows whole what is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import legs, run
from .legs import Leg
from .run import Run

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (run, legs):
        monkeypatch.setattr(module, "OUTPUT", tmp_path / "output")


def leg(name: str, code: str) -> Leg:
    return Leg(name, (sys.executable, "-I", "-S", "-c", code))


def test_all_that_pass_are_green_and_only_their_last_lines_are_shown(capfd: pytest.CaptureFixture[str]) -> None:
    one, two = leg("one", "print('much'); print('12 passed')"), leg("two", "print('3 passed')")
    assert Run([[one, two]]).go() == 0
    shown = capfd.readouterr().out
    assert "one: passed" in shown
    assert "12 passed" in shown
    assert "much" not in shown
    assert shown.rstrip().splitlines()[-1].startswith("Together ")


def test_one_that_fails_is_shown_whole_and_does_not_keep_the_next_from_running(
    capfd: pytest.CaptureFixture[str],
) -> None:
    bad = leg("bad", "import sys; print('first line'); print('last line'); sys.exit(3)")
    assert Run([[bad, leg("next", "print('ran')")], [leg("beside", "")]]).go() == 1
    shown = capfd.readouterr().out
    assert "bad: FAILED with exit status 3" in shown
    assert "first line\nlast line" in shown
    assert "next: passed" in shown
    assert shown.rstrip().endswith("Failed: bad")


def test_the_timeline_says_when_each_ran_and_how_busy_the_processors_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PROCESSORS", 2)
    first, second = run.Ended(0, began=0.0, took=30.0, worked=30.0), run.Ended(0, began=30.0, took=30.0, worked=60.0)
    shown = list(run.draw_timeline({"second": second, "first": first}))
    assert [line.split("|")[0].strip() for line in shown[:2]] == ["first", "second"]
    assert [line.split("|")[1] for line in shown[:2]] == ["#" * 30 + " " * 30, " " * 30 + "#" * 30]
    assert shown[1].split("|")[2].split() == ["30", "to", "60", "s,", "60", "s", "of", "a", "processor"]
    assert shown[2] == "Together 60 s, 90 s of a processor: 75% of 2."


def test_a_leg_that_never_began_has_no_line_in_the_timeline() -> None:
    assert list(run.draw_timeline({})) == []


def of_pytest(name: str, folder: Path, code: str) -> Leg:
    """A leg of tests in this code, which can be told when to end."""
    (folder / f"test_{name}.py").write_text(code)
    plugins = ("-p", "tests.leg", "-p", "tests.rings.forking", "--forks", "1")
    command = (sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), *plugins)
    output = ("--failed-into", str(run.OUTPUT / f"{name}.failed"), "--at-least", "0")
    bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": ""}
    return Leg(name, (*command, *output, str(folder)), bare)


def fails_once(mark: Path) -> str:
    """The code of a test that passes at its second try."""
    return (
        "import pathlib\n"
        "def test_it():\n"
        f"    mark = pathlib.Path({str(mark)!r})\n"
        "    is_second = mark.exists()\n"
        "    mark.touch()\n"
        "    assert is_second\n"
    )


def test_what_failed_is_tried_once_more_by_itself_and_that_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    once = of_pytest("once", tmp_path, fails_once(tmp_path / "tried"))
    assert run.run_ring("short", [[[once]]], set()) == 0
    said = capfd.readouterr().out
    assert "Passed only at its second try: " in said
    assert "test_once.py::test_it" in said
    assert "assert is_second" in said
    assert "Ring short: 1 passed, 0 failed" in said
    (tmp_path / "test_once.py").unlink()
    assert run.run_ring("short", [[[of_pytest("always", tmp_path, "def test_it(): assert False")]]], set()) == 1
    said = capfd.readouterr().out
    assert "always: 1 failed twice" in said
    assert "Ring short: 0 passed, 1 failed" in said


def test_a_leg_that_lost_tests_gets_no_second_try(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    lost = of_pytest("lost", tmp_path, fails_once(tmp_path / "tried")).with_words("--at-least", "2")
    assert Run([[lost]]).go() == 1
    assert "only 1 tests ran" in capfd.readouterr().out


def test_when_the_time_is_over_no_leg_of_tests_begins_and_that_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    legs = [of_pytest("late", tmp_path, "def test_it(): assert False"), leg("whole", "print('1 passed')")]
    assert Run([legs], until=time.monotonic() - 1).go() == 0
    said = capfd.readouterr().out
    assert "late: left out, the time is over" in said
    assert "whole: passed" in said


def test_one_that_dies_is_no_success(capfd: pytest.CaptureFixture[str]) -> None:
    dying = leg("dying", "import os; os.kill(os.getpid(), 9)")
    assert Run([[dying]]).go() == 1
    assert "dying: killed by SIGKILL" in capfd.readouterr().out


def test_legs_of_two_lanes_run_at_the_same_time(tmp_path: Path) -> None:
    meet = (
        "import pathlib, sys, time\n"
        "mine, other = map(pathlib.Path, ({0!r}, {1!r}))\n"
        "mine.touch()\n"
        "while not other.exists(): time.sleep(0.01)\n"
    )
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert Run([[leg("a", meet.format(a, b))], [leg("b", meet.format(b, a))]]).go() == 0


def test_told_to_stop_it_ends_its_legs_and_is_no_success(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests import legs, run\n"
        f"run.OUTPUT = legs.OUTPUT = Path({str(tmp_path / 'output')!r})\n"
        "run.PATIENCE = 1.0\n"
        "import signal; signal.signal(signal.SIGTERM, run.interrupt)\n"
        "wait = 'import os, sys, time; open(sys.argv[1], \\'w\\').write(str(os.getpid())); time.sleep(600)'\n"
        f"slow = legs.Leg('slow', (sys.executable, '-c', wait, {str(mark)!r}))\n"
        "sys.exit(run.Run([[slow, legs.Leg('after', ('true',))]]).go())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    while not (mark.exists() and mark.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    shown, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "after: killed by SIGINT" in shown
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_only_legs_that_exist_can_be_asked_for() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.run", "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no such leg: nothing" in done.stderr


def test_what_measures_seconds_runs_by_itself_and_what_installs_only_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch) == [{"lint", "units", "browser", "chaos", "public", "servers"}, {"clock"}]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert {"bare-debian-sqlite", "first-certificate"} <= set().union(*run_main(monkeypatch, "--ring", "all"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "first-certificate" not in set().union(*run_main(monkeypatch, "--ring", "all"))


def test_legs_that_are_named_run_alone_and_a_turn_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, "units") == [{"units"}]
    assert run_main(monkeypatch, "--ring", "all", "public") == [{"public"}]
    assert run_main(monkeypatch, "--ring", "all", "processes") == [{"public", "chaos"}]


def test_after_a_stage_that_failed_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(run_main(monkeypatch, status=1)) == 1


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str, status: int = 0) -> list[set[str]]:
    """What ran, stage by stage, where each stage ends so."""
    stages: list[set[str]] = []

    def go(self: Run) -> int:
        stages.append({leg.name for lane in self.lanes for leg in lane})
        return status

    monkeypatch.setattr(Run, "go", go)
    monkeypatch.setattr(sys, "argv", ["run", *words])
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    assert run.main() == status
    return stages
