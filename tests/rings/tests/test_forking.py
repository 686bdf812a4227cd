"""Tests in forks: each runs once, whatever dies, fails or takes too long, and what a fork has is its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(folder: Path, *words: str, with_django: bool = False, **files: str) -> tuple[int, str]:
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    configuration = str(ROOT / "pyproject.toml") if with_django else os.devnull
    command = ("-m", "pytest", "-c", configuration, "--rootdir", str(folder), "-p", "no:cacheprovider")
    plugins = (*(("-p", "no:xdist") if with_django else ()), "-p", "tests.leg", "-p", "tests.rings.forking", "-q")
    bare = {} if with_django else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "DJANGO_SETTINGS_MODULE": ""}
    ended = subprocess.run(
        [sys.executable, *command, *plugins, *words, str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}", "DATA_DIR": "", **bare},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ended.returncode, ended.stdout


THIRTY = """
import os, pathlib, pytest
@pytest.mark.parametrize("n", range(30))
def test_it(n, tmp_path):
    with open({path!r}, "a") as ran:
        ran.write(f"{{os.getpid()}} {{n}}\\n")
"""


def test_each_runs_once_and_one_that_dies_fails_alone(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    status, said = run(
        tmp_path,
        *("--forks", "2"),
        a=THIRTY.format(path=str(ran)),
        b="import os\ndef test_dies(): os._exit(3)\ndef test_after(): pass\n",
        c="def test_fails():\n    print('a word')\n    assert 1 == 2, 'here'\n",
        d="import pytest\n@pytest.fixture\ndef broken(): raise OSError('no')\ndef test_broken(broken): pass\n",
    )
    assert status == 1
    assert "2 failed, 31 passed, 1 error" in said
    assert "test_b.py::test_dies died" in said
    assert "a word" in said
    lines = [line.split() for line in ran.read_text().splitlines()]
    assert sorted(int(number) for _pid, number in lines) == list(range(30))


def test_what_fails_to_be_collected_fails_the_run(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--forks", "2", a="def test_it(): pass\n", b="import nothing_of_this_name\n")
    assert status != 0
    assert "nothing_of_this_name" in said


def test_when_the_time_is_over_no_test_begins_and_what_was_left_out_is_said(tmp_path: Path) -> None:
    slow = "import time, pytest\n@pytest.mark.parametrize('n', range(400))\ndef test_it(n): time.sleep(0.1)\n"
    status, said = run(tmp_path, "--forks", "2", "--end-after", "1", "--at-least", "400", a=slow)
    assert status == 0
    passed = int(said.rpartition(" passed")[0].rpartition("\n")[2].split()[-1])
    assert 0 < passed < 300
    assert f"The time was over: {400 - passed} tests were left out." in said
    assert f"{400 - passed:5} test_a.py" in said


def test_with_a_limit_of_time_what_is_cheap_runs_first(tmp_path: Path) -> None:
    slow = "import time, pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_it(n): time.sleep(0.1)\n"
    _status, said = run(tmp_path, "--forks", "2", "--end-after", "1", a=slow, b=slow, c="def test_it(): assert False\n")
    assert "test_c.py::test_it" in said
    assert "The time was over" in said


def test_after_enough_failures_the_rest_is_left(tmp_path: Path) -> None:
    bad = "import pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_it(n): assert n < 0\n"
    status, said = run(tmp_path, "--forks", "2", "--maxfail=3", a=bad, b=bad, c=bad, d=bad)
    assert status != 0
    assert re.search(r"stopping after \d+ failures", said)
    failed = int(said.rpartition(" failed")[0].rpartition("\n")[2].split()[-1])
    assert 3 <= failed < 50


def test_each_fork_has_a_folder_of_data_of_its_own(tmp_path: Path) -> None:
    settings = (
        "import os, time\nfrom pathlib import Path\nfrom django.conf import settings\n"
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(2))\n"
        "def test_it(n):\n"
        "    worker = os.environ['PYTEST_XDIST_WORKER']\n"
        "    assert Path(settings.DATA_DIR).name == worker\n"
        "    assert os.environ['DATA_DIR'] == str(settings.DATA_DIR)\n"
        "    for each in (settings.MEDIA_ROOT, settings.ATTACHMENT_DIR, settings.VAULT_CASE_KEY_DIR):\n"
        "        assert Path(settings.DATA_DIR) in Path(each).parents\n"
        f"    Path({str(tmp_path)!r}, worker).touch()\n"
        f"    until, both = time.monotonic() + 60, [Path({str(tmp_path)!r}, each) for each in ('gw0', 'gw1')]\n"
        "    while not all(path.exists() for path in both) and time.monotonic() < until: time.sleep(0.01)\n"
        "    assert all(path.exists() for path in both)\n"
    )
    status, said = run(tmp_path, "--forks", "2", with_django=True, a=settings, b=settings)
    assert (status, "4 passed" in said) == (0, True), said


@pytest.mark.parametrize("forks", ["1", "2"])
def test_what_a_file_makes_for_its_tests_is_made_once_and_cleared_away_at_its_end(tmp_path: Path, forks: str) -> None:
    made = tmp_path / "made"
    scene = (
        "import pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def scene():\n"
        f"    open({str(made)!r}, 'a').write('made\\n')\n"
        "    yield\n"
        f"    open({str(made)!r}, 'a').write('gone\\n')\n"
        "def test_one(scene): pass\n"
        "def test_two(scene): pass\n"
    )
    status, _said = run(tmp_path, "--forks", forks, a=scene, b=scene)
    assert status == 0
    assert sorted(made.read_text().split()) == ["gone", "gone", "made", "made"]
