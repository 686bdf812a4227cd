"""Errors for a receiver of the Sentry protocol (`SENTRY_DSN`): what the log says of them, and nothing else.

The log's own processors have removed what an error quotes before an event comes here (`config.logs`), so what leaves is
the class of the error, where it happened, and the code under which it was logged. No text of an exception, no variable,
no request, no breadcrumb, no name of this machine.

A receiver that is away or full is passed by: what it doesn't take is in the log all the same.
"""

import atexit
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.types import Event

FRAME = re.compile(r"^(?P<file>.*):(?P<line>\d+) (?P<function>.*)$")
CODE = re.compile(r"[a-z][a-z0-9_]{0,79}")
SAME_SECONDS = 300.0  # in which a process sends one error of a kind once
MOST_KINDS = 500
LAST_SECONDS = 2.0  # for what a process sends when it ends
# Of a whole event. All else that the library adds stays here.
SENT = frozenset({"event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "release", "sdk"})
LOUD = ("error", "critical")
# Their own complaints about a receiver that is away would come back here.
OWN_LOGGERS = ("sentry_sdk", "urllib3")


class Sink:
    """Sends errors from this process. The library's thread sends; nothing waits for it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._client: Client | None = None
        self._sent_at: dict[tuple[str, ...], float] = {}

    def take(self, line: Mapping[str, Any]) -> None:
        """Send a line of the log if it is an error that wasn't sent lately. Never raises."""
        try:
            if self._is_wanted(line):
                self._get_client().capture_event(build_event(line))
        except Exception:  # noqa: BLE001 - whatever the library does, the line must reach the log
            return

    def flush(self, seconds: float) -> None:
        """Wait until what was taken has left."""
        if self._client is not None:
            self._client.flush(timeout=seconds)

    def _is_wanted(self, line: Mapping[str, Any]) -> bool:
        if line.get("level") not in LOUD or str(line.get("logger", "")).startswith(OWN_LOGGERS):
            return False
        kind = tuple(str(part) for part in (line.get("event"), line.get("error"), *line.get("frames", [])[-1:]))
        now = time.monotonic()
        if now - self._sent_at.get(kind, -SAME_SECONDS) < SAME_SECONDS:
            return False
        if len(self._sent_at) >= MOST_KINDS:
            self._sent_at.clear()
        self._sent_at[kind] = now
        return True

    def _get_client(self) -> "Client":
        if self._client is None:
            # Here, since most processes never have an error to send.
            from sentry_sdk import Client
            from sentry_sdk.consts import CompressionAlgo

            # The library's thread ends with the process; this waits for it.
            atexit.register(self.flush, LAST_SECONDS)
            self._client = Client(
                self.dsn,
                default_integrations=False,
                auto_enabling_integrations=False,
                auto_session_tracking=False,
                send_client_reports=False,
                enable_backpressure_handling=False,
                include_local_variables=False,
                include_source_context=False,
                max_request_body_size="never",
                max_breadcrumbs=0,
                server_name="",
                spotlight=False,
                shutdown_timeout=1,
                ca_certs=settings.OUTGOING_CA_FILE or None,
                before_send=keep_only_what_the_log_says,
                _experiments={"transport_compression_algo": CompressionAlgo.GZIP},  # what every receiver reads
            )
        return self._client


def build_event(line: Mapping[str, Any]) -> "Event":
    """Return a line of the log (after its processors) as an event of the protocol."""
    event: Event = {
        "level": "fatal" if line["level"] == "critical" else "error",
        "logger": str(line.get("logger", "")),
        "logentry": {"formatted": read_code(str(line.get("event", "")))},
    }
    if "error" in line:
        frames = [FRAME.match(each) for each in line.get("frames", [])]
        event["exception"] = {
            "values": [
                {
                    "type": str(line["error"]).partition(":")[0],
                    "stacktrace": {
                        "frames": [
                            {"filename": found["file"], "lineno": int(found["line"]), "function": found["function"]}
                            for found in frames
                            if found
                        ]
                    },
                }
            ]
        }
    return event


def read_code(event: str) -> str:
    """Return the code of a line. What a library says in a sentence may name an address of a case, and stays here."""
    return event if CODE.fullmatch(event) else "(a sentence)"


def keep_only_what_the_log_says(event: Any, _hint: Any) -> Any:
    return {key: value for key, value in event.items() if key in SENT}


def is_usable(dsn: str) -> bool:
    """Whether it looks like an address of such a receiver: `https://KEY@host/NUMBER`."""
    parts = urlsplit(dsn)
    return parts.scheme in ("http", "https") and bool(parts.hostname and parts.username and parts.path.strip("/"))
