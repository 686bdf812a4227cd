"""The sides of `alternatives`: each with its processes, its producer, and how its workers are found to be killed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from .processes import Kept, Process, find_tree
from .service import ROOT, Sink

# Celery and procrastinate, which are no part of the service (requirements-bench.txt).
PACKAGES = Path(os.environ.get("BENCH_PACKAGES") or ROOT / ".venv" / "bench")
WORKERS = 2


@dataclass
class Side:
    """One way to get mails out: `commands` run its processes, `producer` says who asks (`beside.producer`).

    `servers` are the processes of the database and broker that work for it, whose CPU time counts too.
    """

    name: str
    producer: str
    commands: Sequence[Sequence[str]]
    environment: dict[str, str]
    pick_workers: Callable[[list[Process]], list[Process]]
    servers: Sequence[int] = ()
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="vatra-bench-")))
    kept: list[Kept] = field(default_factory=list)
    asking: subprocess.Popen[str] | None = None

    def start(self) -> None:
        for command in self.commands:
            self.kept.append(self._keep(command))
        with self.log.open("ab") as errors:
            self.asking = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.beside.producer", self.producer],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._read()

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    def _keep(self, command: Sequence[str]) -> Kept:
        return Kept([sys.executable, *command], cwd=ROOT, environment=self.environment, log=self.log)

    def ask(self, *, count: int, per_second: float = 0.0) -> None:
        """Have mails asked for; `wait` for the answer."""
        assert self.asking is not None
        assert self.asking.stdin is not None
        self.asking.stdin.write(json.dumps({"count": count, "per_second": per_second}) + "\n")
        self.asking.stdin.flush()

    def queue_bulk(self, count: int) -> None:
        """Start the bulk cluster and give it so many PDFs to render; it goes on until the side is stopped."""
        self.kept.append(self._keep(["manage.py", "run_cluster", "bulk"]))
        assert self.asking is not None
        assert self.asking.stdin is not None
        self.asking.stdin.write(json.dumps({"bulk": count}) + "\n")
        self.asking.stdin.flush()
        self._read()

    def wait(self) -> dict[str, Any]:
        """Return the producer's answer: when each mail was asked for, and how long asking took."""
        answer: dict[str, Any] = self._read()
        return answer

    def _read(self) -> Any:
        assert self.asking is not None
        assert self.asking.stdout is not None
        line = self.asking.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: the producer died; see {self.log}")
        return json.loads(line)

    def roots(self) -> list[int]:
        assert self.asking is not None
        return [self.asking.pid, *(each.pid for each in self.kept)]

    def workers(self) -> list[int]:
        """Return the processes that send, in the first of the commands or in all of them."""
        return [each.pid for each in self.pick_workers(find_tree(each.pid for each in self.kept))]

    def stop(self) -> None:
        if self.asking is not None and self.asking.stdin is not None:
            self.asking.stdin.close()
            self.asking.wait(20)
        for each in self.kept:
            each.stop()
        self.kept.clear()


def make_environment(sink: Sink, folder: Path, **more: str) -> dict[str, str]:
    """Build the environment of a project that only sends mails (beside/settings.py)."""
    return {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL", "DATA_DIR")},
        "DJANGO_SETTINGS_MODULE": "tests.bench.beside.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site"), str(PACKAGES)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATA_DIR": str(folder),
        **more,
    }


def make_outbox(sink: Sink, *, servers: Sequence[int] = (), **urls: str) -> Side:
    """The outbox on what `urls` name (DATABASE_URL, BROKER_URL), else on SQLite and its queue; migrated and seeded."""
    folder = Path(tempfile.mkdtemp(prefix="vatra-bench-"))
    environment = make_environment(
        sink, folder, DJANGO_SETTINGS_MODULE="config.settings.local", LOG_LEVEL="WARNING", **urls
    )
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "site")])
    _seed(environment)
    commands = [["manage.py", "run_cluster", "urgent"], ["manage.py", "sweeper"]]
    name = "outbox, PostgreSQL + Redis" if urls else "outbox, SQLite"
    return Side(name, "outbox", commands, environment, _find_our_workers, servers, folder)


def make_identifying(outbox: Side) -> Side:
    """The outbox, asked by identifications as the forms send them, on a copy of its database as it is now."""
    folder = Path(tempfile.mkdtemp(prefix="vatra-bench-"))
    shutil.copytree(outbox.folder, folder, dirs_exist_ok=True)
    environment = {**outbox.environment, "DATA_DIR": str(folder)}
    if url := outbox.environment.get("DATABASE_URL"):
        environment["DATABASE_URL"] = _copy_database(url, "identifying")
    commands = [*outbox.commands, ["manage.py", "run_cluster", "bulk"]]
    return replace(
        outbox,
        producer="submission",
        commands=commands,
        environment=environment,
        folder=folder,
        kept=[],
        asking=None,
    )


def _copy_database(url: str, name: str) -> str:
    """Copy a PostgreSQL database to which nobody is connected; return the copy's URL."""
    parts = urlsplit(url)
    with psycopg.connect(parts._replace(scheme="postgresql", path="/template1").geturl(), autocommit=True) as server:
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(words.format(sql.Identifier(name), sql.Identifier(parts.path.strip("/"))))
    return parts._replace(path=f"/{name}").geturl()


def _seed(environment: dict[str, str]) -> None:
    for words in (["migrate", "-v0"], ["seed_reference", "-v0"], ["seed_demo", "-v0"]):
        subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
        )


def make_django_q2(sink: Sink, *, redis_url: str = "", servers: Sequence[int] = ()) -> Side:
    folder = Path(tempfile.mkdtemp(prefix="vatra-bench-"))
    environment = make_environment(
        sink, folder, BENCH_DATABASE_URL=f"sqlite:///{folder / 'tasks.sqlite3'}", BENCH_REDIS_URL=redis_url
    )
    manage = ["-m", "django"]
    subprocess.run([sys.executable, *manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    name = "django-q2, Redis" if redis_url else "django-q2, SQLite"
    return Side(name, "django-q2", [[*manage, "qcluster"]], environment, _find_grandchildren, servers, folder)


def make_celery(sink: Sink, *, redis_url: str, servers: Sequence[int] = ()) -> Side:
    folder = Path(tempfile.mkdtemp(prefix="vatra-bench-"))
    environment = make_environment(
        sink, folder, BENCH_DATABASE_URL=f"sqlite:///{folder / 'x'}", BENCH_REDIS_URL=redis_url
    )
    command = ["-m", "celery", "-A", "tests.bench.beside.celery_app", "worker", "-l", "warning", "-c", str(WORKERS)]
    return Side("Celery, Redis", "celery", [command], environment, _find_children, servers, folder)


def make_procrastinate(sink: Sink, *, database_url: str, servers: Sequence[int] = ()) -> Side:
    """Two processes, because its tasks run in the process of the worker itself."""
    folder = Path(tempfile.mkdtemp(prefix="vatra-bench-"))
    environment = make_environment(sink, folder, BENCH_DATABASE_URL=database_url)
    app = "tests.bench.beside.procrastinate_app"
    subprocess.run(
        [sys.executable, "-m", "procrastinate", "-a", f"{app}.app", "schema", "--apply"],
        cwd=ROOT,
        env={**environment, "BENCH_ROLE": "worker"},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    side = Side("procrastinate, PostgreSQL", "procrastinate", [], environment, lambda tree: tree, servers, folder)
    # In a module that isn't the app itself, or its tasks would be known under another name.
    side.commands = [["-c", f"from {app} import work; work()"]] * WORKERS
    side.environment = {**environment, "BENCH_ROLE": "worker"}
    return side


def _find_our_workers(tree: list[Process]) -> list[Process]:
    """The children of the urgent cluster's main process: the oldest root of the tree."""
    return [each for each in tree if each.parent == tree[0].pid][:WORKERS]


def _find_children(tree: list[Process]) -> list[Process]:
    return [each for each in tree if each.parent == tree[0].pid]


def _find_grandchildren(tree: list[Process]) -> list[Process]:
    """A django-q2 cluster's sentinel forks its workers first, then the monitor and the pusher."""
    sentinels = {each.pid for each in tree if each.parent == tree[0].pid}
    return [each for each in tree if each.parent in sentinels][:WORKERS]
