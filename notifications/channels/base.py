"""The interface of every channel, its failures, and the registry from which channels are opened.

A failure is one of two kinds: a payload error is ours, the notice can't be composed; an endpoint error is theirs. Both
carry a machine code of at most 40 characters and never the other side's own text, which may quote an address.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from audit import clock

MAX_LOSSES = 2  # connections lost one after another, with nothing sent between: the server is down


@dataclass(frozen=True)
class Message:
    """A notice rendered for a channel. It holds a link and a code, nothing about the case."""

    id: str  # stable over every attempt, so that a doubled sending is seen as one: <notice id@domain>
    address: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way to reach a recipient. One instance serves one batch, in one thread."""

    def open(self) -> None:
        """Connect, unless connected. Raises Unreached, within settings.EMAIL_TIMEOUT seconds."""

    def send(self, message: Message) -> None:
        """Hand one message over; return when the other side has taken it, within settings.EMAIL_TIMEOUT seconds.

        Raises PayloadError (ours), RecipientRefused or Unreached (theirs).
        """

    def close(self) -> None:
        """Close the connection. Never raises."""


class ChannelError(Exception):
    """A failure with a `code`: what happened, in a word for logs, attempt rows and operators."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:40]


class PayloadError(ChannelError):
    """Ours: this notice can't be made into something to send. Logged as an error, because only we can fix it."""


class EndpointError(ChannelError):
    """Theirs: the other side refused, or wasn't reached."""


class RecipientRefused(EndpointError):
    """The server answered, for good: not this recipient, or not this text (SMTP 5xx)."""


class Unreached(EndpointError):
    """No final answer: a timeout, a lost connection, or "try again later" (SMTP 4xx).

    `connection_lost`: the connection can't be used for a further notice; open it again first.
    """

    def __init__(self, code: str, *, connection_lost: bool = True) -> None:
        super().__init__(code)
        self.connection_lost = connection_lost


class ReachesSomebody(Exception):
    """A simulation asked for a real channel, which is a fault of ours; it gets none."""


def get_channel(name: str) -> Channel:
    """Return a new, unopened instance of this channel (settings.NOTIFICATION_CHANNELS: {name: dotted path}).

    Raises PayloadError when the settings don't name it.
    """
    if clock.is_imagined():
        raise ReachesSomebody(name)
    path = settings.NOTIFICATION_CHANNELS.get(name)
    if path is None:
        raise PayloadError("unknown_channel")
    channel: Channel = import_string(path)()
    return channel


class ChannelPool:
    """The open channels of one run. A channel is down when it doesn't open, or when it is lost again and again."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self._channels: dict[str, Channel] = {}
        self._losses: Counter[str] = Counter()

    def get(self, name: str) -> Channel:
        """Return an open channel. Raises PayloadError for an unknown name, Unreached when it doesn't open."""
        if name not in self._channels:
            self._channels[name] = get_channel(name)
        try:
            self._channels[name].open()
        except Unreached:
            self.down.add(name)
            raise
        return self._channels[name]

    def record_success(self, name: str) -> None:
        self._losses[name] = 0

    def record_loss(self, name: str) -> None:
        self._losses[name] += 1
        if self._losses[name] >= MAX_LOSSES:
            self.down.add(name)
        self._channels[name].close()

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
