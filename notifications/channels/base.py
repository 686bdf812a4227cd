"""The interface of every channel, its failures, and the registry from which channels are opened.

A failure is one of two kinds: a payload error is ours, the notice can't be composed; an endpoint error is theirs. Both
carry a machine code of at most 40 characters and never the other side's own text, which may quote an address.
"""

import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string

from audit import clock

MAX_LOSSES = 2  # connections lost one after another, with nothing sent between: the server is down


@dataclass(frozen=True)
class Message:
    """A notice rendered for a channel. It holds a link and a code, nothing about the case.

    `id` and `reference` are the same at every attempt, so that a doubled sending is seen as one. `reference` is what a
    provider is given to name this sending by in a receipt or a reply: 32 letters and digits that can't be guessed; ""
    where nothing comes back. `secret` is what a channel needs beside the address (keys of a push subscription, the
    secrets of a webhook) and no log or traceback may spell out. `return_path`: where other mail servers report that an
    e-mail can't be delivered; "": to the sender. `encrypt_to`: the public key of an e-mail's recipient, to which all of
    it but the envelope is encrypted; "": it goes out readable. `texts`: the numbers of the stored texts that it was
    worded with; "" where that is what is shipped. `is_drill`: it is no true notice, as the test of an address isn't one
    either; `rehearses`: it says that it is a drill. `sender`: the header From of an
    e-mail; "": DEFAULT_FROM_EMAIL.
    """

    id: str
    address: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    link: str = ""
    language: str = ""
    reference: str = ""
    is_drill: bool = False
    rehearses: bool = False
    sent_at: datetime | None = None
    answer_by: datetime | None = None
    return_path: str = ""
    encrypt_to: str = field(default="", repr=False)
    secret: Mapping[str, Any] = field(default_factory=dict, repr=False)
    texts: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Taken:
    """That the other side took a message: by which provider, and under which id, where it names one."""

    provider: str = ""
    provider_id: str = ""


class Channel(Protocol):
    """A way to reach a recipient. One instance serves one batch, in one thread."""

    def open(self) -> None:
        """Connect, unless connected. Raises Unreached, within settings.EMAIL_TIMEOUT seconds."""

    def send(self, message: Message) -> Taken | None:
        """Hand one message over; return when the other side has taken it, within settings.EMAIL_TIMEOUT seconds.

        Raises PayloadError (ours), RecipientRefused, RecipientGone or Unreached (theirs).
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


class KeyUnusable(PayloadError):
    """Ours: it can't be encrypted to this key. Nothing was sent; without the key it can be."""


class EndpointError(ChannelError):
    """Theirs: the other side refused, or wasn't reached."""


class RecipientRefused(EndpointError):
    """The server answered, for good: not this recipient, or not this text (SMTP 5xx)."""


class RecipientGone(RecipientRefused):
    """This address is no more: nothing further may be sent there (HTTP 410, an ended push subscription)."""


class Unreached(EndpointError):
    """No final answer: a timeout, a lost connection, or "try again later" (SMTP 4xx).

    `connection_lost`: the connection can't be used for a further notice; open it again first. `wait`: after how many
    seconds the other side asks to be tried again, where it says so (Retry-After).
    """

    def __init__(self, code: str, *, connection_lost: bool = True, wait: float | None = None) -> None:
        super().__init__(code)
        self.connection_lost = connection_lost
        self.wait = wait


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


@runtime_checkable
class Keepable(Protocol):
    """A channel whose connection may serve the next run too: opening one costs as much as sending."""

    def is_alive(self) -> bool:
        """Ask the other side whether the connection can be used still. Never raises; soon."""


KEPT_SECONDS = 10.0  # less than servers wait for the next mail
_kept: dict[str, tuple[float, Channel]] = {}  # of this process: until when, and the channel


def close_kept(*, all_of_them: bool = False) -> None:
    """Close the connections that no run has taken up for a while."""
    now = time.monotonic()
    for name, (until, channel) in list(_kept.items()):
        if all_of_them or until <= now:
            del _kept[name]
            channel.close()


# A connection belongs to the process that opened it.
os.register_at_fork(after_in_child=_kept.clear)


class ChannelPool:
    """The open channels of one run. A channel is down when it doesn't open, or when it is lost again and again.

    `keeps`: connections are left open for the next run of this process, and taken over from the one before.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.down: set[str] = set()
        self._keeps = keeps
        self._channels: dict[str, Channel] = {}
        self._losses: Counter[str] = Counter()

    def get(self, name: str) -> Channel:
        """Return an open channel. Raises PayloadError for an unknown name, Unreached when it doesn't open."""
        if name not in self._channels:
            self._channels[name] = self._take_up(name) or get_channel(name)
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
        for name, channel in self._channels.items():
            if self._keeps and isinstance(channel, Keepable) and name not in self.down:
                _kept[name] = (time.monotonic() + KEPT_SECONDS, channel)
            else:
                channel.close()

    def _take_up(self, name: str) -> Channel | None:
        """Return the channel of the run before, where its connection still works."""
        until, channel = _kept.pop(name, (0.0, None)) if self._keeps and not clock.is_imagined() else (0.0, None)
        if channel is None:
            return None
        assert isinstance(channel, Keepable)
        if until > time.monotonic() and channel.is_alive():
            return channel
        channel.close()
        return None
