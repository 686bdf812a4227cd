"""A bare page with the phone's core, and as much of the service as it asks for, for a browser."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT = Path(__file__).resolve().parents[2]
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ARGON2 = ROOT / "node_modules" / "hash-wasm" / "dist" / "argon2.umd.min.js"
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'"
PAGE = b'<!doctype html><html lang="en"><title>core</title><script type="module" src="/boot.js"></script>'
BOOT = b"""
import * as core from "/static/js/device/core/index.js";
const argon2 = await core.loadArgon2("/argon2.js");
window.hasArgon2 = argon2 !== undefined;
window.start = async () => {
  const outside = { indexedDB, crypto, fetch: (...given) => fetch(...given), now: () => Date.now(), app: "rig" };
  const { locks } = navigator;
  window.device = await core.openDevice({ ...outside, argon2, locks, channel: new BroadcastChannel("vatra-device") });
  return window.device.state;
};
document.documentElement.dataset.ready = "";
"""


def to_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def from_text(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Service:
    """What the phones' routes are for this rig. `received`: {UUID: what was in the envelope}."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    device: str = field(default_factory=lambda: str(uuid4()))
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    address: str = ""

    def register(self) -> dict[str, Any]:
        """The answer of `POST devices`."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "device": self.device,
            "queue_token": "queue-token",
            "read_token": "read-token",
            "share": to_text(b"s" * 32),
            "now": datetime.now(UTC).isoformat(),
            "keys": [{"id": "k1", "public": to_text(point)}],
            "person": {"name": "A"},
            "units": [],
        }

    def open(self, sealed: bytes, purpose: str, uuid: str) -> bytes:
        return SUITE.decrypt(sealed, self.key, info=f"vatra sealed {purpose} 1\n{self.device}\n{uuid}\nk1".encode())

    def receive(self, body: dict[str, Any]) -> dict[str, Any]:
        uuid = str(UUID(body["uuid"]))
        self.received[uuid] = json.loads(self.open(from_text(body["sealed"]), "submission", uuid))
        return {"submission": uuid, "case": None, "notices": []}

    def add_part(self, uuid: str, part: bytes, length: int) -> bool:
        self.parts[uuid] = self.parts.get(uuid, b"") + part
        if len(self.parts[uuid]) == length:
            self.files[uuid] = self.open(self.parts[uuid], "file", uuid)
        return uuid in self.files


@contextmanager
def serve() -> Iterator[Service]:
    """A service on a port of its own, at `address`."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path == "/":
                self.answer(200, PAGE, "text/html", Content_Security_Policy=POLICY)
            elif path == "/boot.js":
                self.answer(200, BOOT, "text/javascript")
            elif path == "/argon2.js":
                self.answer(200, ARGON2.read_bytes(), "text/javascript")
            elif path.startswith("/static/js/") and ".." not in path:
                self.answer(200, (ROOT / path[1:]).read_bytes(), "text/javascript")
            else:
                self.answer(404, b"{}")

        def do_HEAD(self) -> None:
            self.answer(204, Upload_Offset=str(len(service.parts.get(self.path.split("/")[-1], b""))))

        def do_PATCH(self) -> None:
            uuid, part = self.path.split("/")[-1], self.rfile.read(int(self.headers["Content-Length"]))
            is_whole = service.add_part(uuid, part, int(self.headers["Upload-Length"]))
            self.answer(
                201 if is_whole else 204, b"{}" if is_whole else b"", Upload_Offset=str(len(service.parts[uuid]))
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("sealed-submissions"):
                self.answer(201, json.dumps(service.receive(body)).encode())
            else:
                self.answer(200, json.dumps(service.register() | {"contact_hours": 72}).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
