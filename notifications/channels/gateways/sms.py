"""SMS and calls through the gateways of the settings, in their order; one that fails is passed over at once.

A gateway that didn't answer may have taken the message all the same: then it arrives twice, which is better than never.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from django.conf import settings

from ..base import Message, PayloadError, RecipientRefused, Taken, Unreached
from .description import HttpGateway
from .http import HttpTransport, NotThisOne, Resting, TryNext
from .loading import GatewayInvalid, Loaded, get_gateways
from .spool import SpoolTransport

DOWN_SECONDS = 30.0
MIN_SECONDS = 0.5  # with less left the next gateway isn't asked any more
ATTEMPT_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Transport(Protocol):
    """One gateway, in one thread."""

    name: str

    def send(self, message: Message, *, seconds: float) -> Taken:
        """Hand it over within `seconds`. Raises RecipientRefused, TryNext, Resting, Unreached, PayloadError."""

    def close(self) -> None:
        """Close what is open. Never raises."""


class Downs:
    """Which gateways failed lately, and which asked for a rest: known to the whole process, for every batch."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._down: dict[str, float] = {}
        self._resting: dict[str, float] = {}

    def note_failure(self, name: str) -> None:
        with self._lock:
            self._down[name] = self._now() + DOWN_SECONDS

    def note_rest(self, name: str, seconds: float) -> None:
        with self._lock:
            self._resting[name] = self._now() + seconds

    def note_success(self, name: str) -> None:
        with self._lock:
            self._down.pop(name, None)

    def is_down(self, name: str) -> bool:
        return self._down.get(name, 0.0) > self._now()

    def get_rest(self, name: str) -> float:
        """Return the seconds that it still rests, 0 for none."""
        return max(self._resting.get(name, 0.0) - self._now(), 0.0)

    def clear(self) -> None:
        with self._lock:
            self._down.clear()
            self._resting.clear()


downs = Downs()


class GatewayChannel:
    """A channel over every gateway of one kind."""

    kind = ""

    def __init__(self) -> None:
        self._transports: list[Transport] | None = None

    def open(self) -> None:
        """Connect to nothing: each gateway is connected to when it is asked."""

    def send(self, message: Message) -> Taken:
        """Hand it to the first gateway that takes it, within settings.EMAIL_TIMEOUT seconds.

        Those that failed lately come last, those that rest aren't asked. Raises PayloadError without any gateway,
        RecipientRefused, Unreached.
        """
        until = time.monotonic() + settings.EMAIL_TIMEOUT
        failure: TryNext | Unreached | None = None
        for transport in self._get_order():
            left = until - time.monotonic()
            if left < MIN_SECONDS:
                break
            try:
                taken = transport.send(message, seconds=min(left, ATTEMPT_SECONDS))
            except (TryNext, Unreached) as error:
                self._note(transport.name, error)
                failure = _choose(failure, error)
            else:
                downs.note_success(transport.name)
                return taken
        raise failure or self._build_rest()

    def close(self) -> None:
        for transport in self._transports or ():
            transport.close()

    def _get_order(self) -> list[Transport]:
        """Return the gateways to ask: those that are well, in the order of the file, then those that failed lately."""
        if self._transports is None:
            try:
                self._transports = [_build(loaded) for loaded in get_gateways(self.kind)]
            except GatewayInvalid:
                raise PayloadError("gateway_invalid") from None
        if not self._transports:
            raise PayloadError("no_gateway")
        awake = [transport for transport in self._transports if not downs.get_rest(transport.name)]
        return sorted(awake, key=lambda transport: downs.is_down(transport.name))

    def _build_rest(self) -> Unreached:
        rests = [downs.get_rest(transport.name) for transport in self._transports or ()]
        return Unreached("resting", connection_lost=False, wait=min(rests, default=0.0) or None)

    @staticmethod
    def _note(name: str, error: RecipientRefused | Unreached) -> None:
        log.warning("gateway_failed", gateway=name, code=error.code)
        if isinstance(error, Resting):
            downs.note_rest(name, error.wait or DOWN_SECONDS)
        elif isinstance(error, Unreached) and not isinstance(error, NotThisOne):
            downs.note_failure(name)


def _choose(before: TryNext | Unreached | None, now: TryNext | Unreached) -> TryNext | Unreached:
    """Return which of two failures says what became of the message: one that is tried again before a refusal.

    Where one of the gateways is up, the rest of the batch is worth trying.
    """
    if not isinstance(before, Unreached):
        return now if isinstance(now, Unreached) or before is None else before
    return now if before.connection_lost and isinstance(now, Unreached) and not now.connection_lost else before


def _build(loaded: Loaded) -> Transport:
    if isinstance(loaded.description, HttpGateway):
        return HttpTransport(loaded, loaded.description)
    return SpoolTransport(loaded.description)


class SmsChannel(GatewayChannel):
    """SMS through every gateway of kind `sms`."""

    kind = "sms"


class VoiceChannel(GatewayChannel):
    """Calls through every gateway of kind `voice`: they speak the message's text, or play its recording."""

    kind = "voice"
