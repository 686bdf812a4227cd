"""The service's working parts as real processes, and an SMTP server that notes when it accepted each mail."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Mail:
    message_id: str
    subject: str
    accepted_at: float  # time.time() when the server said 250


class Sink:
    """Accepts every mail at once and keeps its Message-ID and time."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self._lock = threading.Lock()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> "Sink":
        self._controller.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content)
        with self._lock:
            self.mails.append(Mail(mail["Message-ID"] or "", mail["Subject"] or "", time.time()))
        return "250 OK"

    def count(self) -> int:
        return len(self.mails)

    def wait_for(self, count: int, *, seconds: float) -> bool:
        """True when `count` mails have come within `seconds`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.count() >= count:
                return True
            time.sleep(0.01)
        return self.count() >= count

    def first_accepted(self) -> dict[str, float]:
        """{Message-ID: when it was first accepted}."""
        times: dict[str, float] = {}
        for mail in list(self.mails):
            times.setdefault(mail.message_id, mail.accepted_at)
        return times


@dataclass
class Service:
    """Seeds a database of its own and runs both clusters and the sweeper until closed."""

    sink: Sink
    data_dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="vatra-bench-")))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
            "LOG_LEVEL": "WARNING",
        }

    def prepare(self) -> None:
        """Migrates and seeds, then opens Django in this process on the same database."""
        os.environ.update(self.environment())
        sys.path[:0] = [str(ROOT), str(ROOT / "site")]
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for words in (["migrate", "-v0"], ["seed_reference", "-v0"], ["seed_demo", "-v0"]):
            subprocess.run(
                [sys.executable, "manage.py", *words],
                cwd=ROOT,
                env=self.environment(),
                check=True,
                stdout=subprocess.DEVNULL,
            )
        import django

        django.setup()

    def start(self) -> None:
        log = (self.data_dir / "processes.log").open("ab")
        for words in (["run_cluster", "urgent"], ["run_cluster", "bulk"], ["sweeper"]):
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "manage.py", *words],
                    cwd=ROOT,
                    env=self.environment(),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def wait_until_working(self, *, seconds: float = 40) -> None:
        """Waits for a canary of the urgent cluster that is newer than this call. Raises RuntimeError."""
        from django.utils import timezone

        from notifications.outbox.models import Heartbeat

        since, until = timezone.now(), time.monotonic() + seconds
        while time.monotonic() < until:
            if Heartbeat.objects.filter(part="canary.urgent", at__gt=since).exists():
                return
            time.sleep(0.2)
        raise RuntimeError(f"the urgent cluster showed no canary; see {self.data_dir / 'processes.log'}")

    def close(self) -> None:
        import signal

        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10
        for process in self.processes:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
