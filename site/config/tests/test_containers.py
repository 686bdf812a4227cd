"""compose.yaml and its images, as far as files can say it: nobody is root, nothing is writable, nothing is missing."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAGES = dict(
    re.findall(
        r"^FROM (?:\S+) AS (\w+)\n(.*?)(?=^FROM|\Z)",
        (ROOT / "deploy/containers/Containerfile").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
SCRIPTS = sorted((ROOT / "deploy" / "containers").glob("*.sh"))


def test_it_has_all_parts() -> None:
    assert {"service", "backup", "point-in-time", "restore", "database", "queue", "proxy"} == set(SERVICES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_has_no_capability_and_a_file_system_that_is_only_read(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert "user" not in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_its_image_is_a_stage_that_ends_as_somebody_else_than_root(name: str) -> None:
    users = re.findall(r"^USER (\S+)", STAGES[SERVICES[name]["build"]["target"]], re.MULTILINE)
    assert users
    assert users[-1].partition(":")[0] not in {"root", "0"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_its_volumes_networks_and_secrets_are_declared(name: str) -> None:
    service = SERVICES[name]
    assert {each.partition(":")[0] for each in service.get("volumes", [])} <= set(COMPOSE["volumes"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", [])) <= set(SERVICES)


def test_database_and_queue_are_reached_by_nobody_outside() -> None:
    assert COMPOSE["networks"]["inside"]["internal"]
    for name in ("database", "queue"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_a_script_can_be_read_and_is_started_by_something(script: Path) -> None:
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    started = (ROOT / "compose.yaml").read_text() + (ROOT / "deploy/containers/Containerfile").read_text()
    assert f"deploy/containers/{script.name}" in started


def test_where_nothing_is_set_the_container_of_moments_says_so_and_ends_when_it_is_told() -> None:
    process = subprocess.Popen(
        ["bash", str(ROOT / "deploy/containers/point_in_time.sh")],
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    assert b"nothing is stored" in process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 0


@pytest.mark.parametrize("script", ["deploy/install.sh", "deploy/containers/proxy.sh"])
def test_where_media_lie_in_a_bucket_or_another_container_nginx_asks_the_service_for_pictures(script: str) -> None:
    (expression,) = re.findall(r"'(/location .*?media.*?/d)'", (ROOT / script).read_text(encoding="utf-8"))
    whole = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    left = subprocess.run(["sed", "-E", expression], input=whole, capture_output=True, text=True, check=True).stdout
    assert "media/images" in whole
    assert "media/images" not in left
    assert left.count("{") == left.count("}")
    assert whole.count("location ") == left.count("location ") + 1
