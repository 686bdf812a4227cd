"""One HTTP request with a deadline over the whole: connecting, sending, and every byte of the answer.

The timeouts of HTTP libraries hold for each single read: a server that sends one byte before each of them would hold a
worker for minutes. No redirect is followed, no proxy of the environment is used, certificates are verified, and no more
than MAX_BYTES of an answer are read.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpcore

from ..base import Unreached
from ..outgoing_http import get_ssl_context
from .json_reading import parse_json

MAX_BYTES = 64 * 1024
CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
OWN_HEADERS = (("Accept-Encoding", "identity"), ("User-Agent", "Vatra-Outreach"))


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` are by name in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @cached_property
    def body(self) -> Any:
        """The answer's JSON; None where it is none."""
        return parse_json(self.content)

    @property
    def wait(self) -> float | None:
        """The seconds after which it asks to be tried again (Retry-After as a number), at most an hour."""
        text = self.headers.get("retry-after", "").strip()
        return float(min(int(text), 3600)) if text.isascii() and text.isdigit() and len(text) < 9 else None


class _Deadline:
    """The moment at which the request at hand ends."""

    def __init__(self) -> None:
        self.at = 0.0

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise error("out of time")
        return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._backend, self._deadline = httpcore.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._backend.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class Client:
    """A connection to one server, kept for the requests of one batch. For one thread."""

    def __init__(self) -> None:
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=get_ssl_context(),
            max_connections=1,
            # Shorter than any server's own: none closes it while a request is on its way.
            keepalive_expiry=3.0,
            network_backend=_TimedBackend(self._deadline),
        )

    def request(self, method: str, url: str, headers: Mapping[str, str], content: bytes, *, seconds: float) -> Answer:
        """Send one request and read its answer within `seconds`. Raises Unreached."""
        self._deadline.at = time.monotonic() + min(seconds, TOTAL_SECONDS)
        timeouts = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        try:
            with self._pool.stream(
                method,
                url,
                headers=[*OWN_HEADERS, *headers.items()],
                content=content,
                extensions={"timeout": timeouts},
            ) as response:
                return Answer(response.status, _read_headers(response), _read_content(response))
        except httpcore.TimeoutException:
            code = "timeout"
        except httpcore.ConnectError as error:
            code = "tls" if isinstance(error.__context__, ssl.SSLError) else "connection_refused"
        except (httpcore.NetworkError, OSError):
            code = "disconnected"
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError):
            code = "not_http"
        self.close()
        # Without its cause: the other side's own text may quote a number.
        raise Unreached(code) from None

    def close(self) -> None:
        self._pool.close()


def _read_headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _read_content(response: httpcore.Response) -> bytes:
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > MAX_BYTES:
            raise Unreached("answer_too_long")
    return bytes(content)
