"""What every channel is: something that opens, sends letters one by one, and closes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """One notice made ready for a channel. It holds a link and a code, nothing about the case."""

    id: str  # stable over every attempt, so that a doubled sending is seen as one: <notice id@domain>
    address: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way to reach a recipient. One instance serves one batch, in one thread."""

    def open(self) -> None:
        """Connects, if it isn't connected. Raises Unreached, within settings.EMAIL_TIMEOUT seconds."""

    def send(self, letter: Letter) -> None:
        """Hands one letter over; returns when the other side has taken it, within settings.EMAIL_TIMEOUT seconds.

        Raises PayloadError (ours), Refused or Unreached (theirs).
        """

    def close(self) -> None:
        """Lets the connection go. Never raises."""
