"""How many random examples a run tries, and that it says where the time was over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .legs import build_turns

ROOT = Path(__file__).resolve().parents[1]
NAMES_TEN = """
from pathlib import Path
from hypothesis import given, settings, strategies as st

@given(st.integers())
@settings(max_examples=10, database=None)
def test_many(number):
    with Path("tried").open("a") as tried:
        tried.write("x")

def test_one():
    pass
"""


def try_it(folder: Path, **environment: str) -> tuple[int, str]:
    (folder / "test_at_random.py").write_text(NAMES_TEN)
    command = ("-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "tests.leg")
    ended = subprocess.run(
        [sys.executable, *command, "-p", "tests.examples", "--at-least", "2", str(folder)],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("EXAMPLES_")},
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return len((folder / "tried").read_text()), ended.stdout


@pytest.mark.parametrize(("factor", "tried"), [("1", 10), ("3", 30), ("0.6", 6), ("0.01", 5)])
def test_a_test_tries_so_many_times_what_it_names_but_a_handful_at_least(
    tmp_path: Path, factor: str, tried: int
) -> None:
    count, said = try_it(tmp_path, EXAMPLES_FACTOR=factor)
    assert count == tried
    assert "as many random examples" not in said


def test_when_the_time_for_more_is_over_a_test_tries_what_it_names_and_the_run_says_how_many_did(
    tmp_path: Path,
) -> None:
    count, said = try_it(tmp_path, EXAMPLES_FACTOR="3", EXAMPLES_MINUTES="0")
    assert count == 10
    assert "After 0 minutes: 1 tests tried as many random examples as they name, not 3 times as many." in said


def test_fewer_examples_than_named_are_tried_however_long_it_takes(tmp_path: Path) -> None:
    count, said = try_it(tmp_path, EXAMPLES_FACTOR="0.6", EXAMPLES_MINUTES="0")
    assert count == 6
    assert "as many random examples" not in said


def test_the_examples_of_a_release_have_a_bound() -> None:
    bounds = {leg.name: leg.environment for turn in build_turns() for leg in turn.legs}
    assert float(bounds["examples"]["EXAMPLES_FACTOR"]) > 1
    assert 0 < float(bounds["examples"]["EXAMPLES_MINUTES"]) < 45
