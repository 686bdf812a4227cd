import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Servers, running_servers

from .parts import ROOT, Driver, Gateway, Kept, Nursery, Receiver, Sink, wait_until


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    server = Sink()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers | None]:
    """PostgreSQL and Redis that may be killed, where the run is one on servers; else None."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        yield None
        return
    with running_servers(keeps_commits=True) as own:
        yield own


@pytest.fixture(scope="session")
def environment(place: Path, sink: Sink, gateway: Gateway, servers: Servers | None) -> dict[str, str]:
    """On SQLite and its queue in a folder of its own, or on servers of its own."""
    (place / "gateways.json").write_text(json.dumps([gateway.description]))
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_"))},
        "DATA_DIR": str(place),
        **(servers.environment if servers else {"DATABASE_URL": f"sqlite:///{place / 'faults.sqlite3'}"}),
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "NOTIFICATION_GATEWAYS_FILE": str(place / "gateways.json"),
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session")
def driver(environment: dict[str, str]) -> Iterator[Driver]:
    process = Driver(environment)
    process.ask("prepare")
    yield process
    process.close()


@pytest.fixture(scope="session")
def nursery(environment: dict[str, str], place: Path) -> Iterator[Nursery]:
    process = Nursery(environment, place / "processes.log")
    yield process
    process.close()


@pytest.fixture
def keep(nursery: Nursery, driver: Driver, sink: Sink, tmp_path: Path):
    """keep(*words, **environment) starts a command and keeps it running; all of them are stopped after the test."""
    sink.accepted.clear()
    sink.mood, sink.turned_away = "", 0
    kept: list[Kept] = []

    def start(*words: str, **more: str) -> Kept:
        kept.append(Kept(nursery, *words, environment={"FAULT_MARKERS": str(tmp_path), **more}))
        return kept[-1]

    yield start
    for each in kept:
        each.stop()


@pytest.fixture
def parts(keep, driver: Driver):
    """parts(**environment) starts the sweeper and the urgent cluster, and returns (cluster, sweeper) once they work."""

    def start(**more: str) -> tuple[Kept, Kept]:
        before = driver.ask("canary_at")
        sweeper = keep("sweeper")
        cluster = keep("run_cluster", "urgent", **more)
        assert wait_until(lambda: driver.ask("canary_at") != before, seconds=40), "the cluster shows no life"
        return cluster, sweeper

    return start
