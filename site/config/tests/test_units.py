"""systemd's units, as far as files and systemd-analyze can say it. `make systemd` boots them (tests/install)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SERVICES = [path for path in UNITS if path.suffix == ".service"]
INSTALLER = (DEPLOY / "install.sh").read_text(encoding="utf-8")
MOST_EXPOSED = 20  # tenths, of systemd-analyze's ten
needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't here")


def read(path: Path) -> dict[str, list[str]]:
    """The settings of a unit: each name with its values, in their order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


SERVICE = read(DEPLOY / "vatra.service")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_is_laid_down_by_the_installer(path: Path) -> None:
    assert f"$APP/deploy/{path.name}" in INSTALLER


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_each_service_has_the_same_walls(path: Path) -> None:
    """A backup reads all that the service reads, so it is shut in as well."""
    walls = [name for name in SERVICE if re.match(r"Protect|Private|Restrict|System|Lock|NoNew|Memory|Cap|UMask", name)]
    assert len(walls) > 20
    assert {name: read(path).get(name) for name in walls} == {name: SERVICE[name] for name in walls}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_what_a_process_held_is_never_dumped_to_a_file(path: Path) -> None:
    assert read(path)["LimitCORE"] == ["0"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_none_starts_on_an_empty_folder_while_the_disk_of_the_data_is_away(path: Path) -> None:
    written = {each.lstrip("-") for each in read(path)["ReadWritePaths"][0].split()} - {"/srv/vatra/app/locale"}
    assert written == set(read(path)["RequiresMountsFor"][0].split())


def test_the_service_is_started_again_however_often_it_falls() -> None:
    assert SERVICE["Restart"] == ["always"]
    assert SERVICE["StartLimitIntervalSec"] == ["0"]
    assert SERVICE["OOMPolicy"] == ["continue"]  # its supervisor starts the part again that lacked memory


@pytest.mark.parametrize(
    "path", [each for each in SERVICES if each.name != "vatra.service"], ids=lambda path: path.name
)
def test_what_else_reads_the_database_waits_until_a_release_has_migrated(path: Path) -> None:
    assert "vatra.service" in read(path)["After"][0].split()


def test_nginx_and_our_own_postgresql_are_started_again_where_they_fall() -> None:
    assert read(DEPLOY / "restart.conf") == {"Restart": ["on-failure"], "RestartSec": ["2"]}
    for unit in ("nginx.service.d", "postgresql@.service.d"):
        assert f"$APP/deploy/restart.conf /etc/systemd/system/{unit}/vatra.conf" in INSTALLER


@needs_analyze
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for path in UNITS:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "vatra" in line]
    assert not said


@needs_analyze
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_little_is_exposed(path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
