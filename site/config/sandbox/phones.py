"""A gateway for SMS and calls on the loopback interface: it shows what it takes, and rings and texts nobody.

It speaks the protocol of a real one. The service posts to /sms and /calls with a bearer token; some moments later the
gateway reports, signed, that the phone has it; whoever looks at /sandbox/phones/ writes back from there, and that goes
in by the service's own hook. It runs in the process of the mail sink (`sink`), and imports no Django.
"""

import hmac
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .phone_store import PhoneMessage, add_event, delete_old_messages, read_message, store_message

MAX_BYTES = 64 * 1024
DELIVERY_SECONDS = 1.0
HOOK_SECONDS = 10.0
TAKES = {"/sms": "sms", "/calls": "voice"}
GATEWAYS = {"sms": "sandbox-sms", "voice": "sandbox-calls"}
KEY_VARIABLE = "GATEWAY_SANDBOX_KEY"


def describe_gateways(url: str) -> list[dict[str, Any]]:
    """Return this gateway's description, as a file of NOTIFICATION_GATEWAYS_FILE has it. `url`: where it listens."""
    shared: dict[str, Any] = {
        "by": "http",
        "headers": {"Authorization": {"env": KEY_VARIABLE, "before": "Bearer "}},
        "idempotency_header": "Idempotency-Key",
        "success": [{"status": [202]}],
        "id": {"path": "id"},
        "incoming": {
            "by": "signature",
            "header": "X-Signature",
            "secrets_env": [KEY_VARIABLE],
            "over": "time.body",
            "time_header": "X-Time",
        },
        "receipts": {"id": "id", "reference": "reference", "status": "status", "delivered": ["delivered"]},
    }
    body = {"to": "{number}", "text": "{text}", "reference": "{reference}", "language": "{language}"}
    return [
        {
            **shared,
            "name": GATEWAYS["sms"],
            "kind": "sms",
            "url": f"{url}/sms",
            "body": {"content": body},
            "replies": {"id": "id", "sender": "from", "text": "text"},
        },
        {
            **shared,
            "name": GATEWAYS["voice"],
            "kind": "voice",
            "url": f"{url}/calls",
            "body": {"content": {**body, "callback": "{callback}"}},
            "keys": {"id": "id", "key": "digits"},
        },
    ]


class Phones:
    """The gateway's state: the folder of what it took, its secret, and where it reports."""

    def __init__(self, folder: Path, secret: str, public_url: str) -> None:
        self.folder, self.secret, self.hooks = folder, secret, f"{public_url.rstrip('/')}/hooks/gateway"
        self._lock = threading.Lock()

    def take(self, kind: str, said: dict[str, Any]) -> PhoneMessage:
        """Keep a message. The same reference again is the same message."""
        with self._lock:
            message = store_message(
                self.folder,
                kind=kind,
                number=str(said.get("to", ""))[:40],
                text=str(said.get("text", ""))[:2000],
                reference=str(said.get("reference", ""))[:64],
            )
        timer = threading.Timer(DELIVERY_SECONDS, self._deliver, [message])
        timer.daemon = True
        timer.start()
        return message

    def answer(self, key: str, text: str) -> int:
        """Report what somebody wrote or pressed on this phone. Return the hook's status; 0 where it isn't reached."""
        message = read_message(self.folder, key)
        if message is None:
            return 404
        if message.kind == "voice":
            status = self._report("voice", "key", {"id": message.key, "digits": text})
        else:
            status = self._report("sms", "reply", {"id": f"{time.time_ns()}", "from": message.number, "text": text})
        with self._lock:
            add_event(self.folder, key, f"answered:{text[:160]}")
        return status

    def _deliver(self, message: PhoneMessage) -> None:
        """Report that the phone has it, again and again for a while: the service may be just starting."""
        said = {"id": message.key, "reference": message.reference, "status": "delivered"}
        for pause in (1.0, 3.0, 10.0, 30.0, 0.0):
            if self._report(message.kind, "receipt", said) == 200:
                with self._lock:
                    add_event(self.folder, message.key, "delivered")
                return
            time.sleep(pause)

    def _report(self, kind: str, what: str, said: dict[str, Any]) -> int:
        body, moment = json.dumps(said).encode(), str(int(time.time()))
        signature = hmac.new(self.secret.encode(), moment.encode() + b"." + body, sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Time": moment, "X-Signature": signature}
        request = urllib.request.Request(f"{self.hooks}/{GATEWAYS[kind]}/{what}/", body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=HOOK_SECONDS) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def is_allowed(self, header: str) -> bool:
        return hmac.compare_digest(header.encode(), f"Bearer {self.secret}".encode())


class PhoneServer(ThreadingHTTPServer):
    """The gateway's HTTP server on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, phones: Phones) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.phones = listener, phones


class Handler(BaseHTTPRequestHandler):
    server: PhoneServer
    protocol_version = "HTTP/1.1"
    timeout = 10.0

    def do_POST(self) -> None:
        said = self._read()
        if said is None or not self.server.phones.is_allowed(self.headers.get("Authorization", "")):
            self._say(401, {"error": "not allowed"})
        elif self.path in TAKES:
            self._say(202, {"id": self.server.phones.take(TAKES[self.path], said).key})
        elif self.path == "/answer":
            status = self.server.phones.answer(str(said.get("key", "")), str(said.get("text", ""))[:1000])
            self._say(200, {"status": status})
        else:
            self._say(404, {"error": "not here"})

    def _read(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BYTES:
            return None
        try:
            found = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def start_phones(folder: Path) -> PhoneServer | None:
    """Start the gateway in threads of this process, on the socket that the supervisor left; None without one."""
    number, secret = os.environ.get("PHONES_SOCKET", ""), os.environ.get(KEY_VARIABLE, "")
    if not number or not secret:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    delete_old_messages(folder)
    listener = socket.socket(fileno=int(number))
    server = PhoneServer(listener, Phones(folder, secret, os.environ.get("PUBLIC_URL", "")))
    threading.Thread(target=server.serve_forever, name="phones", daemon=True).start()
    return server
