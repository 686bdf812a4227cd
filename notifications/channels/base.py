"""The interface of every channel: something that opens, sends messages one by one, and closes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Letter:
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

    def send(self, letter: Letter) -> None:
        """Hand one message over; return when the other side has taken it, within settings.EMAIL_TIMEOUT seconds.

        Raises PayloadError (ours), RecipientRefused or Unreached (theirs).
        """

    def close(self) -> None:
        """Close the connection. Never raises."""
