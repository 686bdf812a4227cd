"""The real parts around a fault: a mail server with moods, the application, and what a supervisor keeps running."""

import asyncio
import base64
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import http_ece
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook, WebhookVerificationError

from tests.supervisor.running_system import slowness

ROOT = Path(__file__).resolve().parents[2]
RESTART_PAUSE = 0.1


def wait_until(true: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Whether this has become true within so many seconds, on a busy machine within more."""
    began = time.monotonic()
    while time.monotonic() < began + seconds * slowness():
        if true():
            return True
        time.sleep(pause)
    return true()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """Accepts mail, or is in a mood: "refuse" answers 451 to each recipient, "hang" never answers a text."""

    def __init__(self) -> None:
        self.mood = ""
        self.accepted: list[tuple[str, str]] = []  # (Message-ID, recipient)
        self.turned_away = 0
        self.port = free_port()
        self.start_again()

    def stop(self) -> None:
        self.controller.stop()

    def start_again(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mood == "refuse":
            self.turned_away += 1
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.mood == "hang":
            self.turned_away += 1
            await asyncio.sleep(30)
        mail = message_from_bytes(envelope.content)
        name, address = mail["Message-ID"], envelope.rcpt_tos[0]
        domain = name.rpartition("@")[2]
        # What waited through an outage is listed in one mail: its header names the others (`outbox.gathering`).
        also = [f"<{UUID(key)}@{domain}" for key in (mail["Notice-Also"] or "").split()]
        self.accepted += [(each, address) for each in (name, *also)]
        return "250 OK"

    def notices(self) -> set[str]:
        """The ids of the notices whose mail was accepted."""
        return {message_id.strip("<>").split("@")[0] for message_id, _address in list(self.accepted)}


class Gateway:
    """Takes SMS over HTTP, or is in a mood: "refuse" answers 503, "hang" answers only when nobody waits any more."""

    def __init__(self) -> None:
        self.mood = ""
        self.accepted: list[tuple[str, str, str]] = []  # (reference, number, text)
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if gateway.mood == "hang":
                    time.sleep(10)
                if gateway.mood:
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                gateway.accepted.append((body["reference"], body["to"], body["text"]))
                answer = json.dumps({"id": f"sms-{len(gateway.accepted)}"}).encode()
                self.send_response(202)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with suppress(BrokenPipeError):  # whoever asked was killed meanwhile
                    self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def description(self) -> dict[str, Any]:
        """What the settings hold of it (docs/gateways.md)."""
        return {
            "by": "http",
            "name": "chaos",
            "kind": "sms",
            "url": f"http://127.0.0.1:{self.server.server_port}/messages",
            "body": {"content": {"to": "{number}", "text": "{text}", "reference": "{reference}"}},
            "success": [{"status": [202]}],
            "id": {"path": "id"},
        }

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Receiver:
    """Institutions' systems and a push service over HTTP, or in a mood as the gateway.

    What isn't signed with the institution's key, or isn't encrypted to the phone's, counts as `forged`.
    """

    def __init__(self) -> None:
        self.mood = ""
        self.webhooks: list[tuple[str, str]] = []  # (webhook-id, path)
        self.pushes: list[tuple[str, str]] = []  # (topic, path)
        self.forged = 0
        self.webhook_key = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        self._private_key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.mood == "hang":
                    time.sleep(10)
                if receiver.mood:
                    self._answer(503)
                else:
                    receiver.take(self.path, dict(self.headers.items()), content)
                    self._answer(201)

            def _answer(self, status: int) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked was killed meanwhile
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path: str, headers: dict[str, str], content: bytes) -> None:
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            if path.startswith("/hook/"):
                Webhook(self.webhook_key).verify(content, lower)
                self.webhooks.append((lower["webhook-id"], path))
                return
            shown = json.loads(
                http_ece.decrypt(content, private_key=self._private_key, auth_secret=self._auth, version="aes128gcm")
            )
            if shown["tag"] != lower["topic"] or not lower["authorization"].startswith("vapid t="):
                raise ValueError
            self.pushes.append((lower["topic"], path))
        except (WebhookVerificationError, http_ece.ECEException, ValueError, KeyError):
            self.forged += 1

    @property
    def addresses(self) -> dict[str, Any]:
        """What the directory holds of a contact's webhook and phone; `{n}` is the contact's number."""
        url = f"http://127.0.0.1:{self.server.server_port}"
        point = self._private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        subscription = {"p256dh": _write_base64url(point), "auth": _write_base64url(self._auth)}
        return {
            "webhook": f"{url}/hook/{{n}}",
            "key": self.webhook_key,
            "push": {"endpoint": f"{url}/push/{{n}}", **subscription},
        }

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _write_base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Driver:
    """The application, in a process of its own, asked over a pipe."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.driver"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, deed: str, **words: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": deed, "with": words}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the driver died at {deed}"
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


class Nursery:
    """Starts commands by forking a process that has Django loaded (`nursery.py`), and knows when they end."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.exit_codes: dict[int, int] = {}
        self._started: queue.Queue[int] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            words = json.loads(line)
            if "started" in words:
                self._started.put(words["started"])
            else:
                self.exit_codes[words["ended"]] = words["code"]

    def start(self, words: tuple[str, ...], environment: dict[str, str]) -> int:
        assert self.process.stdin is not None
        order = {"words": words, "environment": environment, "log": str(self.log)}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return self._started.get(timeout=60)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


class Kept:
    """A `manage.py` command that is started again whenever it ends, as the supervisor does."""

    def __init__(self, nursery: Nursery, *words: str, environment: dict[str, str]) -> None:
        self.nursery, self.words, self.environment = nursery, words, environment
        self.exit_codes: list[int] = []  # of those that ended by themselves
        self.stopping = False
        self.pid = nursery.start(words, environment)
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    @property
    def has_ended(self) -> bool:
        return self.pid in self.nursery.exit_codes

    def _keep(self) -> None:
        while not self.stopping:
            if self.has_ended:
                self.exit_codes.append(self.nursery.exit_codes[self.pid])
                self.pid = self.nursery.start(self.words, self.environment)
            time.sleep(RESTART_PAUSE)

    def kill_group(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)

    def stop(self, seconds: float = 20) -> int | None:
        """Ends it in order; returns its exit code, None when it had to be killed."""
        self.stopping = True
        self.thread.join()
        if not self.has_ended:
            os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: self.has_ended, seconds=seconds)
        if group(self.pid):
            self.kill_group()
            return None
        return self.nursery.exit_codes[self.pid]


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    return sorted(_parents(leader))


def workers(leader: int) -> list[int]:
    """The workers that a cluster's main process has forked."""
    return sorted(pid for pid, parent in _parents(leader).items() if parent == leader)


def _parents(leader: int) -> dict[int, int]:
    """{pid: parent} of the group's living processes."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, parent, group_id = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(group_id) == leader and state != "Z":
            found[int(entry.name)] = int(parent)
    return found
