"""What this process holds and has handed over, in a file that outlives it (docs/adr/0154).

A batch's results are written in one transaction at its end, because each transaction waits for the disk and for the
audit chain. Between a server's answer and that transaction only this file knows that a mail has gone out. So a line is
added before a batch is claimed, and one for each message as soon as it was accepted, before the next is sent. Whoever
takes the place of a dead process reads them (`recovery`): what was accepted is recorded and not sent again, and the
leases of the rest end at once.

The file is written without waiting for the disk: it survives the process, not the machine. It holds ids, numbers and
times only. A journal that can't be written holds up no sending; then the leases alone count.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

NOTICE, DISPATCH = "notice", "dispatch"
SUFFIX = ".journal"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Accepted:
    """That a server took this message. `provider` and `provider_id`: as `channels.base.Taken` has them.

    `texts`, `mail_key`: how it was worded and encrypted, as the attempt has them.
    """

    at: datetime
    provider: str = ""
    provider_id: str = ""
    texts: str = ""
    mail_key: str = ""


@dataclass
class Entries:
    """What a journal says, by (id, token) of notices or dispatches."""

    claimed: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: {NOTICE: set(), DISPATCH: set()})
    accepted: dict[str, dict[tuple[str, int], Accepted]] = field(default_factory=lambda: {NOTICE: {}, DISPATCH: {}})


class Journal:
    """The file of one process; locked as long as that lives."""

    def __init__(self) -> None:
        folder = get_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        made = self._path.with_suffix(".new")
        self._file = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        made.rename(self._path)  # nobody meets it unlocked
        self.is_empty = True

    def write(self, *words: Any) -> None:
        os.write(self._file, json.dumps(words).encode() + b"\n")
        self.is_empty = False

    def read(self) -> Entries:
        return _parse(os.pread(self._file, os.fstat(self._file).st_size, 0))

    def clear(self) -> None:
        os.ftruncate(self._file, 0)
        self.is_empty = True

    def close(self) -> None:
        """Close it, and remove it where it says nothing that somebody must still read."""
        if self.is_empty:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


_current: Journal | None = None


def note_claims(kind: str, rows: Iterable[tuple[Any, int]]) -> None:
    """Note, before the claim is committed, that this process is about to hold these (id, token)."""
    _write("claimed", kind, [(_spell(key), token) for key, token in rows])


def note_accepted(kind: str, key: Any, token: int, accepted: Accepted) -> None:
    """Note that a server took this message, before the next one is sent."""
    at = accepted.at.isoformat()
    more = (accepted.texts, accepted.mail_key)
    _write("accepted", kind, _spell(key), token, at, accepted.provider, accepted.provider_id, *more)


def clear() -> None:
    """Forget all of it: it is in the database."""
    if _current is not None and not _current.is_empty:
        with _tolerated():
            _current.clear()


def close() -> None:
    """Close this process's journal, at its orderly end."""
    global _current
    if _current is not None:
        with _tolerated():
            _current.close()
        _current = None


def read_own() -> Entries | None:
    """Return what this process has noted and not cleared: its last batch couldn't be recorded. Else None."""
    return None if _current is None or _current.is_empty else _current.read()


def iter_of_the_dead() -> Iterator[Entries]:
    """Yield what each process that has died noted; the file is removed after the caller has dealt with it."""
    for path in sorted(get_folder().glob(f"*{SUFFIX}")):
        with suppress(OSError):
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                if _is_left(path, file):
                    yield _parse(os.pread(file, os.fstat(file).st_size, 0))
                    path.unlink(missing_ok=True)
            finally:
                os.close(file)


def get_folder() -> Path:
    return Path(settings.DATA_DIR) / "run" / "journal"


def _is_left(path: Path, file: int) -> bool:
    """Tell whether its process is dead and nobody else has dealt with it; then it is locked for the caller."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Whoever waited for nothing may have opened a file that another one has removed meanwhile.
    return path.exists() and path.stat().st_ino == os.fstat(file).st_ino


def _parse(text: bytes) -> Entries:
    found = Entries()
    for line in text.splitlines():
        try:
            what, kind, *rest = json.loads(line)
            if what == "claimed":
                found.claimed[kind] |= {(str(key), int(token)) for key, token in rest[0]}
            else:
                key, token, at, *of_message = rest
                found.accepted[kind][str(key), int(token)] = Accepted(datetime.fromisoformat(at), *of_message)
        except (ValueError, TypeError, KeyError):
            continue  # the line at which the process died
    return found


def _write(*words: Any) -> None:
    global _current
    with _tolerated():
        if _current is None:
            _current = Journal()
        _current.write(*words)


class _tolerated:  # read as a verb, as contextlib's own
    """A journal that can't be used is logged, and sending goes on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> bool:
        if kind is None or not issubclass(kind, OSError):
            return False
        log.error("journal_unusable", code=kind.__name__)
        return True


def _spell(key: Any) -> str:
    return key.hex if isinstance(key, UUID) else str(key)


def _begin_anew() -> None:
    """Leave the parent's journal to the parent."""
    global _current
    if _current is not None:
        # flock belongs to the open file, which a fork shares: closing this copy leaves the parent's lock.
        with suppress(OSError):
            os.close(_current._file)
    _current = None


os.register_at_fork(after_in_child=_begin_anew)
