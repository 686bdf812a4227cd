"""The folder of SMS and calls that the sandbox's gateway took: one file each, named by its time. Imports no Django."""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

KEPT = 1000
KEY_LENGTH = len("00000000000000000000-01234567")


@dataclass(frozen=True)
class PhoneMessage:
    """An SMS or a call. `events`: what has happened to it, "delivered" and "answered:<what was written>"."""

    key: str
    kind: str
    number: str
    text: str
    reference: str
    events: tuple[str, ...] = ()

    @property
    def received(self) -> datetime:
        return datetime.fromtimestamp(int(self.key[:20]) / 1e9, tz=UTC)

    @property
    def is_call(self) -> bool:
        return self.kind == "voice"

    @property
    def is_delivered(self) -> bool:
        return "delivered" in self.events

    @property
    def answers(self) -> list[str]:
        return [event.partition(":")[2] for event in self.events if event.startswith("answered:")]


def store_message(folder: Path, *, kind: str, number: str, text: str, reference: str) -> PhoneMessage:
    """Store a message, or return the newest with this reference: a doubled attempt is one message."""
    if reference:
        for known in get_newest_messages(folder):
            if known.reference == reference and known.kind == kind:
                return known
    message = PhoneMessage(f"{time.time_ns():020d}-{secrets.token_hex(4)}", kind, number, text, reference)
    _write(folder, message)
    return message


def add_event(folder: Path, key: str, event: str) -> None:
    message = read_message(folder, key)
    if message is not None:
        _write(folder, PhoneMessage(**{**asdict(message), "events": (*message.events, event)}))


def read_message(folder: Path, key: str) -> PhoneMessage | None:
    """Return the message of this key; None where there is none, or it can't be read."""
    # The key comes from a form: nothing that could lead out of the folder passes.
    if len(key) != KEY_LENGTH or not key.replace("-", "").isalnum():
        return None
    try:
        found = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        return PhoneMessage(**{**found, "events": tuple(found["events"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def get_newest_messages(folder: Path, *, limit: int = 100) -> list[PhoneMessage]:
    """Return the newest messages, newest first."""
    paths = sorted(folder.glob("*.json"), reverse=True)[:limit]
    return [message for path in paths if (message := read_message(folder, path.stem)) is not None]


def delete_old_messages(folder: Path) -> None:
    for path in sorted(folder.glob("*.json"))[:-KEPT]:
        path.unlink(missing_ok=True)


def _write(folder: Path, message: PhoneMessage) -> None:
    # Under another name first: the page reads *.json while messages arrive.
    fresh = folder / f"{message.key}.{secrets.token_hex(4)}.new"
    fresh.write_text(json.dumps(asdict(message)), encoding="utf-8")
    fresh.replace(folder / f"{message.key}.json")
