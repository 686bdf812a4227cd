"""Find living processes that no longer work: the clusters and the sweeper by /readyz, `web` never.

A check that shares threads, queries or locks with the work mistakes a busy web server for a dead one, and killing it
makes that worse. Its processes report by themselves that they live (`pulses`); a slow or missing answer means nothing.
Only a port that *refuses* for long has nobody behind it (docs/adr/0040).
"""

import json
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from .instance import Instance
from .parts import Child

TIMEOUT_SECONDS = 2.0
# A stale sign must have been seen for this long before a part is killed: a machine that slept wakes with old signs.
PATIENCE_SECONDS = 8.0


@dataclass(frozen=True)
class Sign:
    """The sign that a part works: an entry of /readyz with an `age_s`, and how old it may get.

    A bulk task may take five minutes and others wait behind it, so silence there means little until much later.
    """

    entry: str
    stale_after: float


SIGNS = {"urgent": Sign("worker", 30.0), "sweeper": Sign("sweeper", 30.0), "bulk": Sign("bulk_worker", 900.0)}
WEB_STARTS_WITHIN = 120.0  # seconds until the first sign of life, and until the port takes connections
WEB_REFUSES_FOR = 30.0


@dataclass
class Answer:
    """The answer of /readyz. `parts` is None when nothing came back, empty when it wasn't in the form of /readyz."""

    ready: bool
    parts: dict[str, Any] | None
    missing: list[str] = field(default_factory=list)
    refused: bool = False  # nobody listens on the port


def ask(place: Instance) -> Answer:
    """Send one GET /readyz. Never raises."""
    connection = HTTPConnection(place.probe_host, place.port, timeout=TIMEOUT_SECONDS)
    try:
        # By the public URL's host: ALLOWED_HOSTS may not list this machine's own address.
        connection.request("GET", "/readyz", headers={"Host": place.host_header, "X-Forwarded-Proto": "https"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException) as error:
        return Answer(False, None, refused=isinstance(error, ConnectionRefusedError))
    finally:
        connection.close()
    try:
        parts = json.loads(body)["parts"]
    except (ValueError, KeyError, TypeError):
        return Answer(False, {}, [f"/readyz answers {response.status}"])
    return Answer(response.status == 200, parts, [name for name, part in parts.items() if not part.get("ok")])


class Watch:
    """The memory of since when each part has shown no sign of working."""

    def __init__(self) -> None:
        self._stale_since: dict[str, float] = {}

    def stuck(self, children: list[Child], answer: Answer) -> list[tuple[Child, str]]:
        """Return the children to kill and restart, each with the reason in words."""
        found = []
        for child in children:
            reason = self._reason(child, answer)
            if reason is None:
                self._stale_since.pop(child.name, None)
                continue
            since = self._stale_since.setdefault(child.name, time.monotonic())
            if time.monotonic() - since >= (WEB_REFUSES_FOR if child.name == "web" else PATIENCE_SECONDS):
                del self._stale_since[child.name]
                found.append((child, reason))
        return found

    @staticmethod
    def _reason(child: Child, answer: Answer) -> str | None:
        """Return why a part seems not to work, or None."""
        if child.pid is None:
            return None
        if child.name == "web":
            nobody = answer.refused and child.uptime > WEB_STARTS_WITHIN
            return "nobody listens on its port" if nobody else None
        sign = SIGNS.get(child.name)
        # A part that has just started shows the old sign of the one before.
        if sign is None or answer.parts is None or child.uptime < sign.stale_after:
            return None
        part = answer.parts.get(sign.entry)
        if part is None or "age_s" not in part:
            return None  # the database could not be asked: that says nothing about the part
        age = part["age_s"]
        if age is None or age > sign.stale_after:
            return "it lives but does no work" if age is None else f"it has done no work for {age:.0f} s"
        return None
