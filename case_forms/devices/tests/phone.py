"""A phone that stores, as the server sees it: it seals as the pages do, and speaks over HTTP."""

import base64
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.devices.actions import grant_device, set_up_device
from case_forms.devices.models import Device
from tests.world.places import make_coordinator
from tests.world.scene import Scene
from vault.field_keys import load_field_keys, seal_to

API = "/api/field/v1/"


def encode(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@dataclass
class Phone:
    device: Device
    queue: str = field(repr=False)
    pack: str = field(repr=False)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    ahead: timedelta = timedelta(0)  # of its clock
    key: Any = None

    def __post_init__(self) -> None:
        self.key = self.key or load_field_keys()[0]

    @property
    def now(self) -> datetime:
        return timezone.now() + self.ahead

    def bearer(self, token: str = "") -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.queue}"}

    def post(self, path: str, body: dict[str, Any], token: str = "") -> Any:
        return self.client.post(API + path, body, content_type="application/json", headers=self.bearer(token))

    def contact(self, **more: Any) -> Any:
        said = {"device": str(self.device.pk), "app": "1", "drafts": 0, "queued": 0, "now": self.now.isoformat()}
        return self.post("device-contact", {**said, "locked": False, **more})

    # ---- forms

    def fill(self, scene: Scene, *, clock: bool = False, **answers: Any) -> dict[str, Any]:
        """What is inside: the scene's small identification as its page posts it."""
        given = scene.answers(**answers)
        return {
            "form": scene.form.form.key,
            "version": scene.form.number,
            "occurred_at": (self.now - timedelta(hours=2)).isoformat(),
            "occurred_by_clock": clock,
            "fields": [[name, str(value)] for name, value in given.items()],
            "confirmed": [],
            "finished_at": self.now.isoformat(),
            "pad": "x" * 100,
        }

    def seal(self, plain: dict[str, Any] | bytes, identity: str = "", **changed: Any) -> dict[str, Any]:
        """The body of POST sealed-submissions. `changed`: what the seal itself is made for instead."""
        identity = identity or str(uuid.uuid4())
        made_for = {"device": str(self.device.pk), "uuid": identity, "key": self.key.id} | changed
        info = "vatra sealed submission 1\n{device}\n{uuid}\n{key}".format(**made_for).encode()
        raw = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
        return {
            "uuid": identity,
            "device": str(self.device.pk),
            "key": self.key.id,
            "sealed": encode(seal_to(raw, key=self.key, info=info)),
            "made_at": self.now.isoformat(),
            "sent_at": self.now.isoformat(),
            "urgent": False,
        }

    def deliver(self, body: dict[str, Any]) -> Any:
        return self.post("sealed-submissions", body)

    # ---- files

    def seal_file(self, content: bytes, identity: str) -> bytes:
        info = f"vatra sealed file 1\n{self.device.pk}\n{identity}\n{self.key.id}".encode()
        return seal_to(content, key=self.key, info=info)

    def send_part(self, identity: str, part: bytes, *, offset: int, length: int) -> Any:
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(length), "X-Field-Key": self.key.id}
        return self.client.patch(
            f"{API}sealed-files/{identity}",
            part,
            content_type="application/octet-stream",
            headers=headers | self.bearer(),
        )

    def send_file(self, content: bytes, identity: str = "", size: int = 200_000) -> tuple[str, Any]:
        identity = identity or str(uuid.uuid4())
        sealed, answer = self.seal_file(content, identity), None
        for start in range(0, len(sealed), size):
            part = sealed[start : start + size]
            answer = self.send_part(identity, part, offset=start, length=len(sealed))
        return identity, answer

    def ask_file(self, identity: str) -> Any:
        return self.client.head(f"{API}sealed-files/{identity}", headers=self.bearer())

    # ---- drafts

    def rescue(self, drafts: dict[str, dict[str, Any]], slot: bytes | None = None) -> Any:
        secret = AESGCM.generate_key(256)
        info = f"vatra draft key 1\n{self.device.pk}\n{self.key.id}".encode()
        slot = slot if slot is not None else seal_to(secret, key=self.key, info=info)
        sealed = []
        for record, plain in drafts.items():
            iv = uuid.uuid4().bytes[:12]
            cipher = AESGCM(secret).encrypt(iv, json.dumps(plain).encode(), f"drafts\n{record}".encode())
            sealed.append({"id": record, "iv": encode(iv), "sealed": encode(cipher)})
        body = {"device": str(self.device.pk), "key": self.key.id, "slot": encode(slot), "drafts": sealed}
        return self.post("device-rescues", body)


def make_phone(scene: Scene, user: User | None = None, coordinator: User | None = None) -> Phone:
    """A worker's phone, granted by a coordinator of the region."""
    owner = user or scene.worker
    by = coordinator or make_coordinator(scene.place)
    grant_device(user=owner, region=scene.place.region, by=by)
    made = set_up_device(user=owner, name="Telefoni i provës", replace=True)
    return Phone(made.device, made.queue_token, made.pack_token)
