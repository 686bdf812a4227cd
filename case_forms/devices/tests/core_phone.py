"""The phone's own modules in Node, whose requests are answered by these routes (tests/js/device/real.mjs)."""

import base64
import json
import subprocess
from typing import Any

from django.conf import settings
from django.test import Client

from tests.node import find_node

SCRIPT = settings.ROOT / "tests" / "js" / "device" / "real.mjs"


class CorePhone:
    """`act` names one of the script's acts, and returns what it gave."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.requests: list[tuple[str, str, int]] = []
        self.process = subprocess.Popen(
            [find_node(), str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def act(self, name: str, **given: Any) -> Any:
        self._write({"do": name, **given})
        while True:
            said = self._read()
            if "ask" not in said:
                assert "failed" not in said, said["failed"]
                return said["done"]
            self._write(self._answer(**said["ask"]))

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def _answer(self, path: str, method: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        kind = headers.pop("Content-Type", "application/json")
        answer = self.client.generic(method, path, base64.b64decode(body), content_type=kind, headers=headers)
        self.requests.append((method, path, answer.status_code))
        return {
            "status": answer.status_code,
            "headers": {name: value for name, value in answer.items() if name.lower() != "content-length"},
            "body": base64.b64encode(answer.content).decode(),
        }

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said
