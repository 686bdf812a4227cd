"""What a leg promises beside passing, tried in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .leg import AT_MOST_AGAIN

ROOT = Path(__file__).resolve().parents[1]
ONE_THAT_PASSES = "def test_it():\n    pass\n"
ONE_THAT_FAILS = "def test_it():\n    assert False\n"
ONE_FOR_THE_SECOND_TRY = """
def {name}(tries=[]):
    tries.append(1)
    assert len(tries) == 2
"""
ONE_THAT_IS_SKIPPED = "import pytest\n\ndef test_it():\n    pytest.skip('no')\n"


def run(folder: Path, tests: str, at_least: int = 1) -> tuple[int, str]:
    (folder / "test_in_a_leg.py").write_text(tests)
    command = (sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider")
    ended = subprocess.run(
        [
            *command,
            "-p",
            "pytest_rerunfailures",
            "-p",
            "tests.leg",
            "--reruns",
            "1",
            "--at-least",
            str(at_least),
            str(folder),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ended.returncode, ended.stdout


@pytest.mark.parametrize(
    ("tests", "at_least", "says"),
    [
        pytest.param(ONE_THAT_FAILS, 1, "1 failed", id="a test fails twice"),
        pytest.param(ONE_THAT_IS_SKIPPED, 0, "1 tests were skipped", id="a test is skipped"),
        pytest.param(ONE_THAT_PASSES, 2, "only 1 tests ran", id="tests were lost"),
        pytest.param(
            "".join(ONE_FOR_THE_SECOND_TRY.format(name=f"test_{each}") for each in range(AT_MOST_AGAIN + 1)),
            1,
            f"{AT_MOST_AGAIN + 1} tests needed a second try",
            id="too many need a second try",
        ),
    ],
)
def test_a_leg_fails_when(tmp_path: Path, tests: str, at_least: int, says: str) -> None:
    status, said = run(tmp_path, tests, at_least)
    assert status == 1
    assert says in said


def test_a_leg_passes_with_a_second_try_and_says_which_test_needed_it(tmp_path: Path) -> None:
    status, said = run(tmp_path, ONE_FOR_THE_SECOND_TRY.format(name="test_of_the_browser"))
    assert status == 0
    assert "A second try was needed: test_in_a_leg.py::test_of_the_browser" in said
