"""Which Python `make run` and `make test` take, out of those that a machine has (deploy/venv.sh)."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "deploy" / "venv.sh"
# Says what was asked of it. As a Python, it knows its version and whether a venv can be made with it.
PYTHON = """#!/bin/sh
case "$2" in
  *version_info\\[:2\\]*) test {minor} -ge 11 -a {minor} -le 13 ;;
  *ensurepip*) {ensurepip} ;;
  *version_info*) echo python3.{minor}-venv ;;
  venv)
    mkdir -p .venv/bin
    echo "3.{minor}" > .venv/made
    printf '#!/bin/sh\\n' > .venv/bin/python
    chmod +x .venv/bin/python
    ;;
  *) echo "Python 3.{minor}.1" ;;
esac
"""
APT = """#!/bin/sh
echo "$@" >> apt
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    write(programs / "apt-get", APT)
    return tmp_path


def put(machine: Path, name: str, minor: int, *, makes_venvs: bool = True) -> None:
    write(machine / "bin" / name, PYTHON.format(minor=minor, ensurepip="true" if makes_venvs else "false"))


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def make(machine: Path, user: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    write(machine / "bin" / "id", f"#!/bin/sh\necho {user}\n")
    for name in ("bash", "sh", "mkdir", "chmod"):
        (machine / "bin" / name).symlink_to(Path("/bin") / name)
    return subprocess.run(
        ["/bin/bash", SCRIPT],
        cwd=machine,
        env={"PATH": str(machine / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def made_with(machine: Path) -> str:
    return (machine / ".venv" / "made").read_text().strip()


def test_the_newest_that_the_service_runs_on_is_taken(machine: Path) -> None:
    put(machine, "python3", 11)
    put(machine, "python3.11", 11)
    put(machine, "python3.12", 12)
    put(machine, "python3.14", 14)
    assert make(machine).returncode == 0
    assert made_with(machine) == "3.12"


def test_what_is_only_called_python3_is_taken_where_it_is_the_only_one(machine: Path) -> None:
    put(machine, "python3", 12)
    assert make(machine).returncode == 0
    assert made_with(machine) == "3.12"


def test_an_older_one_that_makes_a_venv_goes_before_a_newer_one_that_can_not(machine: Path) -> None:
    put(machine, "python3.13", 13, makes_venvs=False)
    put(machine, "python3.11", 11)
    assert make(machine).returncode == 0
    assert made_with(machine) == "3.11"
    assert not (machine / "apt").exists()


def test_where_none_makes_a_venv_root_is_given_the_newest_ones_package(machine: Path) -> None:
    put(machine, "python3.13", 13, makes_venvs=False)
    put(machine, "python3.11", 11, makes_venvs=False)
    assert make(machine).returncode == 0
    assert made_with(machine) == "3.13"
    assert "python3.13-venv" in (machine / "apt").read_text()


def test_where_none_makes_a_venv_anybody_else_is_told_the_line(machine: Path) -> None:
    put(machine, "python3.13", 13, makes_venvs=False)
    done = make(machine, user=1000)
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends -y python3.13-venv" in done.stderr
    assert not (machine / ".venv").exists()
    assert not (machine / "apt").exists()


def test_the_one_that_is_named_is_taken(machine: Path) -> None:
    put(machine, "python3.13", 13)
    put(machine, "python3.11", 11)
    assert make(machine, PYTHON="python3.11").returncode == 0
    assert made_with(machine) == "3.11"


def test_one_that_is_too_old_or_too_new_is_refused_by_name(machine: Path) -> None:
    put(machine, "python3", 10)
    put(machine, "python3.13", 14)
    done = make(machine)
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr


def test_an_environment_that_is_there_is_kept(machine: Path) -> None:
    put(machine, "python3.11", 11)
    assert make(machine).returncode == 0
    put(machine, "python3.13", 13)
    for name in ("bash", "sh", "mkdir", "chmod"):
        (machine / "bin" / name).unlink()
    assert make(machine).returncode == 0
    assert made_with(machine) == "3.11"
