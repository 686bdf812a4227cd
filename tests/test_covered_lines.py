"""Lines that several legs ran are put together, whether branches were noted beside them or not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from .covered_lines import put_together

ROOT = Path(__file__).resolve().parents[1]


def test_what_only_one_leg_ran_counts_and_branches_count_as_their_lines(tmp_path: Path) -> None:
    branches = CoverageData(str(tmp_path / "branches"))
    branches.add_arcs({"/a.py": [(-1, 1), (1, 3), (3, -1)], "/b.py": [(-1, 7), (7, -1)]})
    branches.write()
    lines = CoverageData(str(tmp_path / "lines"))
    lines.add_lines({"/a.py": [1, 2], "/c.py": []})
    lines.write()
    put_together([tmp_path / "branches", tmp_path / "lines"], tmp_path / "all")
    together = CoverageData(str(tmp_path / "all"))
    together.read()
    assert {name: sorted(together.lines(name) or []) for name in together.measured_files()} == {
        "/a.py": [1, 2, 3],
        "/b.py": [7],
        "/c.py": [],
    }


def test_a_leg_that_measured_nothing_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="absent: nothing was measured"):
        put_together([tmp_path / "absent"], tmp_path / "all")


def test_measured_as_a_thorough_run_does_the_report_names_what_no_leg_ran(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import sys\nif len(sys.argv) > 1:\n    print('more')\nelif sys.flags.quiet:\n    print('never')\n"
    )
    measure = (sys.executable, "-m", "coverage", "run", f"--rcfile={os.devnull}")
    subprocess.run([*measure, "--branch", f"--data-file={tmp_path / 'one'}", module], check=True, cwd=tmp_path)
    subprocess.run([*measure, f"--data-file={tmp_path / 'two'}", module, "more"], check=True, cwd=tmp_path)
    shown = subprocess.run(
        [sys.executable, "-m", "tests.covered_lines", tmp_path / "one", tmp_path / "two"],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    (named,) = [line for line in shown.splitlines() if "module.py" in line]
    assert named.split() == [str(module), "5", "1", "80%", "5"]
