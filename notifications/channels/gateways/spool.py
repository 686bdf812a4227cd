"""Gammu SMSD's spool of files: a modem or a telephone with a SIM card, driven by a daemon beside this service.

An SMS is a file in the outbox, whose name says to whom it goes (gammu-smsd-files(7)):

    OUT<priority><date>_<time>_<serial>_<number>_<note>.txt

The daemon moves it to the folder of sent ones or of errors, and writes what comes in as

    IN<date>_<time>_<serial>_<sender>_<part>.txt

one file for each part. The note is the sending's reference. "Sent" says that the network took it, not that it arrived.
Only files are touched here: nothing of Gammu is needed.
"""

import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from ..base import Message, RecipientRefused, Taken, Unreached
from .description import SpoolGateway

STUCK_SECONDS = 120.0  # a file that lies in the outbox for longer: the daemon, its modem or its network is down
SETTLED_SECONDS = 2.0  # a file that was written to since then may not be whole yet
MAX_FILES = 200  # read at a time
MAX_BYTES = 4096

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_REFERENCE = re.compile(r"[0-9a-f]{32}")
_OUT = re.compile(r"OUT[A-Z][0-9]{8}_[0-9]{6}_[0-9]+_\+?[0-9]{3,15}_([0-9a-f]{32})\.txt[a-z]*")
_IN = re.compile(r"(IN[0-9]{8}_[0-9]{6}_[0-9]+_(\+?[0-9A-Za-z]{1,20}))_([0-9]{1,3})\.txt")


@dataclass(frozen=True)
class SpooledReply:
    """An SMS that came in. `id` names it once and for all; `files` are its parts, to be removed when it is done."""

    id: str
    sender: str
    text: str = field(repr=False)
    files: tuple[Path, ...] = ()


class SpoolTransport:
    """The outbox of one daemon."""

    def __init__(self, gateway: SpoolGateway) -> None:
        self.name = gateway.name
        self._gateway = gateway

    def send(self, message: Message, *, seconds: float) -> Taken:
        """Write the file, unless it is there already. Raises RecipientRefused, Unreached."""
        if not _NUMBER.fullmatch(message.address):
            raise RecipientRefused("not_a_number")
        reference = message.reference if _REFERENCE.fullmatch(message.reference) else secrets.token_hex(16)
        try:
            waiting = list(_find_waiting(self._gateway.outbox))
            if any(path.name.partition(".")[0].endswith(f"_{reference}") for path, _age in waiting):
                return Taken(self.name, reference)
            _ensure_moving(waiting)
            self._write(message, reference)
        except OSError as error:
            # Without its cause, whose text holds the file's name and so the number.
            raise Unreached(f"spool_{type(error).__name__}", connection_lost=False) from None
        return Taken(self.name, reference)

    def check(self) -> None:
        """Raise Unreached where the folder can't be written to, or nothing in it goes out."""
        try:
            _ensure_moving(list(_find_waiting(self._gateway.outbox)))
        except OSError as error:
            raise Unreached(f"spool_{type(error).__name__}") from None
        if not os.access(self._gateway.outbox, os.W_OK | os.X_OK):
            raise Unreached("spool_PermissionError")

    def close(self) -> None:
        """Nothing is open."""

    def _write(self, message: Message, reference: str) -> None:
        """Write under a hidden name, which the daemon passes over, and then give the file its own."""
        stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
        name = f"OUTA{stamp}_00_{message.address}_{reference}.txt"
        fresh = self._gateway.outbox / f".{reference}.{secrets.token_hex(4)}"
        # UTF-16 with a byte order mark: what the daemon reads the same whatever the locale it runs under.
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
            file.write(b"\xfe\xff" + message.text.encode("utf-16-be"))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._gateway.outbox / name)


def _ensure_moving(waiting: Collection[tuple[Path, float]]) -> None:
    """Raise Unreached when the oldest file that waits has waited for too long."""
    if waiting and max(age for _path, age in waiting) > STUCK_SECONDS:
        raise Unreached("spool_stuck", connection_lost=False)


def _find_waiting(outbox: Path) -> Iterator[tuple[Path, float]]:
    """Yield (file, age in seconds) of what the daemon hasn't sent yet."""
    now = time.time()
    for entry in os.scandir(outbox):
        if entry.name.startswith("OUT"):
            try:
                yield Path(entry.path), now - entry.stat().st_mtime
            except FileNotFoundError:
                continue  # the daemon has just moved it


def iter_failed(gateway: SpoolGateway) -> Iterator[tuple[str, Path]]:
    """Yield (reference, file) of what the network didn't take. Raises OSError."""
    yield from _iter_ours(gateway.error)


def iter_sent(gateway: SpoolGateway) -> Iterator[tuple[str, Path]]:
    """Yield (reference, file) of what the network took. Raises OSError."""
    yield from _iter_ours(gateway.sent)


def _iter_ours(folder: Path) -> Iterator[tuple[str, Path]]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False))
    found = ((_OUT.fullmatch(name), name) for name in names)
    yield from [(match[1], folder / name) for match, name in found if match][:MAX_FILES]


def iter_replies(gateway: SpoolGateway) -> Iterator[SpooledReply]:
    """Yield what came in, oldest first, the parts of each put together. Raises OSError."""
    now = time.time()
    parts = []
    for entry in os.scandir(gateway.inbox):
        match = _IN.fullmatch(entry.name)
        if match and entry.is_file(follow_symlinks=False):
            parts.append((match[1], int(match[3]), match[2], Path(entry.path), entry.stat().st_mtime))
    parts.sort()
    for number, (message, group) in enumerate(groupby(parts, key=lambda part: part[0])):
        if number == MAX_FILES:
            return
        files = list(group)
        if all(now - written > SETTLED_SECONDS for *_rest, written in files):
            paths = tuple(path for _message, _part, _sender, path, _written in files)
            yield SpooledReply(message, files[0][2], "".join(_read(path) for path in paths), paths)


def _read(path: Path) -> str:
    """Read one part: UTF-16 with its mark (InboxFormat = unicode), else the bytes that are ASCII."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES)
    if content[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return content.decode("utf-16", errors="replace")
    return content.decode("ascii", errors="replace")
