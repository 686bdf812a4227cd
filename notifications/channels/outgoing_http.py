"""One HTTP request to a machine of somebody else, at an address that they gave us: a webhook, a push service.

Whoever gives such an address could let this machine ask its own neighbours (server-side request forgery). So: https
only; every address that the name resolves to must be a public one; the connection goes to the very address that was
looked at, so that a name that resolves differently a moment later (DNS rebinding) changes nothing; no redirect is
followed; no proxy of the environment is used; nothing of the answer is read but its status and `Retry-After`; all of
it ends within `seconds`, whatever the other side does with single bytes. The certificate is checked for the name.

On one machine (`settings.LOOPBACK_ENDPOINTS`, the local and the test profile) loopback addresses are let through, over
plain HTTP as well.
"""

import ipaddress
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

from .base import ChannelError, EndpointError, RecipientGone, RecipientRefused, Unreached

MAX_SECONDS = 5.0
MAX_WAIT = 3600.0  # what is asked for in Retry-After counts up to an hour
MAX_URL = 2000
MAX_ADDRESSES = 4  # tried one after another, of those that a name has

LATER = frozenset({408, 425, 429})  # beside 5xx: the other side asks for another try
GONE = frozenset({410})

# Not for everybody, and yet `is_global` of this Python lets them through: protocol assignments (192.0.0.192 is a
# cloud's metadata), and ranges that carry an IPv4 address inside, which a gateway would unpack.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadEndpoint(ChannelError):
    """This can't be an address of a receiver; `code` says why."""


@dataclass(frozen=True)
class Endpoint:
    """An address in its parts. `origin` is its scheme, host and port, as a signed token names it."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")


@dataclass(frozen=True)
class Answer:
    """What the other side said: its status, and after how many seconds it asks to be tried again."""

    status: int
    wait: float | None = None


def parse_endpoint(url: str) -> Endpoint:
    """Take an address apart, without asking any server. Raises BadEndpoint.

    A literal address that isn't public is refused here already; a name when it is resolved.
    """
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadEndpoint("endpoint_unreadable")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadEndpoint("endpoint_unreadable") from None
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise BadEndpoint("endpoint_unreadable")
    if parts.username is not None or parts.password is not None or "#" in url or "\\" in url:
        raise BadEndpoint("endpoint_unreadable")
    literal = _read_literal(host)
    if literal is not None and not may_be_asked(literal):
        raise BadEndpoint("endpoint_not_public")
    if parts.scheme == "http" and not (settings.LOOPBACK_ENDPOINTS and _is_this_machine(host, literal)):
        raise BadEndpoint("endpoint_not_https")
    return Endpoint(url, parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _read_literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_this_machine(host: str, literal: Address | None) -> bool:
    return literal.is_loopback if literal is not None else host == "localhost"


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to everybody's internet."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if any(address.version == each.version and address in each for each in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def may_be_asked(address: Address) -> bool:
    """Tell whether a request may go to this address: a public one, or this machine where the settings let it."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return is_public(address) or (settings.LOOPBACK_ENDPOINTS and address.is_loopback)


def post(endpoint: Endpoint, *, content: bytes, headers: Mapping[str, str], seconds: float = MAX_SECONDS) -> Answer:
    """Send one POST and return what was answered. Raises Unreached, and RecipientRefused for a forbidden address."""
    return _ask("POST", endpoint, content=content, headers=headers, seconds=seconds)


def get(endpoint: Endpoint, *, seconds: float = MAX_SECONDS) -> Answer:
    """Send one bare GET, without any data, and return what was answered. Raises as `post` does."""
    return _ask("GET", endpoint, content=None, headers={}, seconds=seconds)


def _ask(
    method: str, endpoint: Endpoint, *, content: bytes | None, headers: Mapping[str, str], seconds: float
) -> Answer:
    deadline = time.monotonic() + seconds
    sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    # One connection for one request: receivers differ from message to message, and none may hold up another.
    with httpcore.ConnectionPool(ssl_context=get_ssl_context(), network_backend=_CheckedBackend(deadline)) as pool:
        try:
            with pool.stream(method, endpoint.url, headers=sent, content=content) as response:
                return Answer(response.status, _read_wait(response.headers))
        except EndpointError:
            raise
        except httpcore.TimeoutException:
            raise Unreached("timeout", connection_lost=False) from None
        except httpcore.ConnectError as error:
            raise Unreached(_name_failure(error), connection_lost=False) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            code = "not_http" if isinstance(error, httpcore.ProtocolError) else "disconnected"
            raise Unreached(code, connection_lost=False) from None


def raise_for(answer: Answer, *, gone: Iterable[int] = GONE) -> None:
    """Raise what a status says about the receiver; nothing for 2xx. A redirect is a refusal: none is followed."""
    code = f"http_{answer.status}"
    if 200 <= answer.status <= 299:
        return
    if answer.status in gone:
        raise RecipientGone(code)
    if answer.status in LATER or answer.status >= 500:
        # Another receiver is another machine: the batch goes on.
        raise Unreached(code, connection_lost=False, wait=answer.wait)
    raise RecipientRefused(code)


def _name_failure(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError):
        return "tls"
    return "connection_refused" if isinstance(cause, ConnectionRefusedError) else "disconnected"


def _read_wait(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    found = next((value for name, value in headers if name.lower() == b"retry-after"), None)
    return read_retry_after(found.decode("latin-1")) if found is not None else None


def read_retry_after(text: str) -> float | None:
    """Read Retry-After, seconds or a date; at least 1, at most MAX_WAIT seconds. None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(max(int(text[:9]), 1), MAX_WAIT))
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds, 1.0), MAX_WAIT) if math.isfinite(seconds) else None


@lru_cache(maxsize=1)
def get_ssl_context() -> ssl.SSLContext:
    """The certificates that this system trusts, and those of settings.OUTGOING_CA_FILE: a state's own authority."""
    context = ssl.create_default_context()
    if settings.OUTGOING_CA_FILE:
        context.load_verify_locations(cafile=settings.OUTGOING_CA_FILE)
    return context


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to a name's addresses after looking at them, and lets nothing outlast the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = _resolve(host.strip("[]"), port, _left(self._deadline))
        # All of them: a name with one private address beside public ones isn't tried until it answers as wished.
        if not all(may_be_asked(each) for each in found):
            raise RecipientRefused("endpoint_not_public")
        error: Exception = httpcore.ConnectError()
        for each in found[:MAX_ADDRESSES]:
            try:
                stream = self._backend.connect_tcp(
                    str(each), port, timeout=_left(self._deadline), socket_options=socket_options
                )
            except httpcore.ConnectError as failed:
                error = failed
            else:
                return _TimedStream(stream, self._deadline)
        raise error

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, _left(self._deadline)))


class _TimedStream(httpcore.NetworkStream):
    """A connection that ends at the deadline. httpcore's own limits hold for each read and write by itself."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=_left(self._deadline))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout()
    return left


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Return the addresses of a name, each once. Raises Unreached where it has none, or nobody says in time."""
    found: list[Any] = []

    def ask() -> None:
        # The system's resolver has no deadline of its own that a caller can set; it ends by itself after a while.
        with suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    asking = threading.Thread(target=ask, daemon=True, name="resolve")
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise httpcore.ConnectTimeout()
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses:
        raise Unreached("name_unknown", connection_lost=False)
    return list(dict.fromkeys(addresses))
