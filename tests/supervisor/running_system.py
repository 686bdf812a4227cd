"""Starting the system as `make run` does, and looking at what runs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.supervisor.orphans import MARK
from tests.template_database import fill_postgres, template_file

ROOT = Path(__file__).resolve().parents[2]
OWN = ("DATABASE_URL", "EMAIL_URL", "PUBLIC_URL", "BROKER_URL", "DEBUG", "LOG_TO", "HOST", MARK)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """What `condition` returns once it is true. Fails with `what` when it never is, on a busy machine after longer."""
    began = time.monotonic()
    while time.monotonic() < began + seconds * slowness():
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:g} s")


def slowness() -> float:
    """How many times longer a deed may take here than on a machine with nothing else to do: others may be at work."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class RunningSystem:
    data_dir: Path
    static_dir: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None
    mark: str = ""
    more: dict[str, str] = field(default_factory=dict)  # its environment besides: another database

    @property
    def console(self) -> Path:
        return self.data_dir.with_suffix(".console")

    def build_environment(self) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if key not in OWN} | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATA_DIR": str(self.data_dir),
            "STATIC_ROOT": str(self.static_dir),
            "PORT": str(self.port),
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
            "URGENT_WORKERS": "1",
            **self.more,
        }

    def start(self, **changes: str) -> "RunningSystem":
        environment = self.build_environment()
        with self.console.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=ROOT,
                env=environment | changes,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def begin_migrated(self) -> "RunningSystem":
        """Begin with a copy of the migrated database, where there is one: the start then only seeds."""
        if "DATABASE_URL" in self.more:
            fill_postgres(self.more["DATABASE_URL"])
        elif template_file().exists():
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(template_file(), self.data_dir / "vatra.sqlite3")
        return self

    def printed(self) -> str:
        return self.console.read_text()

    def wait_ready(self, *, seconds: float = 120) -> "RunningSystem":
        wait_until(lambda: self._is_ready_or_dead(), seconds=seconds, what="ready")
        self.mark = next(
            entry.removeprefix(f"{MARK}=") for entry in get_environment(self.pid) if entry.startswith(f"{MARK}=")
        )
        return self

    def _is_ready_or_dead(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended before it was ready:\n{self.printed()}"
        return "ready" in self.printed().splitlines()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def parts(self) -> dict[str, Any]:
        return json.loads(self.get("/readyz")[1])["parts"]

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> str:
        """Runs a program of ours as a person in another terminal would; returns what it printed."""
        environment = {key: value for key, value in os.environ.items() if key not in OWN}
        environment |= {
            "DATA_DIR": str(self.data_dir),
            "STATIC_ROOT": str(self.static_dir),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "PYTHONPATH": f"{ROOT / 'site'}{os.pathsep}{ROOT}",
            **self.more,
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90 * slowness(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def everyone(self) -> set[int]:
        """Every living process that was started by this supervisor, itself included."""
        return marked(self.mark)

    def leader(self, name: str) -> int:
        """The pid of a part's first process: a child of the supervisor that leads its session and logs to its file."""
        log = self.data_dir / "log" / f"{name}.log"
        for pid in self.everyone():
            fields = get_stat(pid)
            if fields and int(fields[1]) == self.pid and int(fields[3]) == pid and logs_to(pid) == str(log):
                return pid
        raise AssertionError(f"{name} isn't running")

    def group(self, leader: int) -> set[int]:
        return {pid for pid in self.everyone() if (fields := get_stat(pid)) and int(fields[2]) == leader}

    def pss_megabytes(self) -> float:
        """What all of it takes of this machine: memory that processes share counts once."""
        return sum(pss_kilobytes(pid) for pid in self.everyone()) / 1024

    def stop(self, number: int = signal.SIGINT, *, seconds: float = 20) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


def get_environment(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
    except OSError:
        return []


def marked(mark: str) -> set[int]:
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid for pid in pids if f"{MARK}={mark}" in get_environment(pid)}


def pss_kilobytes(pid: int) -> int:
    """0 for one that is gone."""
    try:
        return _kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss")
    except OSError:
        return 0


def resident_megabytes(pid: int) -> float:
    return _kilobytes(Path(f"/proc/{pid}/status").read_text(), "VmRSS") / 1024


def _kilobytes(text: str, name: str) -> int:
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def get_stat(pid: int) -> list[str]:
    """[state, parent, group, session, ...] or nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_over(pid: int) -> bool:
    """Whether it is gone, or only waits to be reaped. A killed one loses its environment first, its sockets last."""
    return get_stat(pid)[:1] in ([], ["Z"], ["X"])


def logs_to(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/2")
    except OSError:
        return ""
