"""Encrypt with age (https://age-encryption.org/v1) while something is written, decrypt while it is read.

Nothing is held whole in memory: age runs in a thread and meets us in a pipe. An age file that was cut off or changed
doesn't decrypt.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import pyrage
from pyrage.x25519 import Identity, Recipient

CHUNK = 1024 * 1024


class BadKey(ValueError):
    """A recipient or an identity that can't be read. The text holds no secret."""


class NotOpened(Exception):
    """Raised when an age file doesn't decrypt: another identity, or it was changed or cut off."""


def parse_recipients(texts: Sequence[str]) -> list[Recipient]:
    """Parse public keys (`age1…`). Raises BadKey."""
    found = []
    for text in texts:
        try:
            found.append(Recipient.from_str(text.strip()))
        except (pyrage.RecipientError, ValueError):
            raise BadKey(f"{text[:12]!r}… is no public key of age (age1…)") from None
    return found


def parse_identities(text: str) -> list[Identity]:
    """Parse the lines of an identity file, as `age-keygen` writes it. Raises BadKey."""
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#"):
            try:
                found.append(Identity.from_str(line))
            except (pyrage.IdentityError, ValueError):
                raise BadKey(f"line {number} is no identity of age (AGE-SECRET-KEY-1…)") from None
    if not found:
        raise BadKey("there is no identity of age in it (AGE-SECRET-KEY-1…)")
    return found


@contextmanager
def encrypting(file: BinaryIO, recipients: Sequence[Recipient]) -> Iterator[BinaryIO]:
    """Encrypt to these recipients into `file` what is written within. Raises OSError, also of the file's disk."""
    reading, writing = os.pipe()
    source, sink = _Source(os.fdopen(reading, "rb", buffering=CHUNK)), os.fdopen(writing, "wb", buffering=CHUNK)
    # When age fails, the pipe is closed on its side: the writer gets an error instead of waiting for ever.
    thread = _Thread(lambda: pyrage.encrypt_io(source, file, list(recipients)), source.pipe)
    thread.start()
    try:
        yield sink
        sink.close()
    except BaseException as error:
        # What is half written must not get the mark of a file's end.
        source.is_abandoned = True
        with suppress(OSError):
            sink.close()
        thread.join()
        if isinstance(error, BrokenPipeError):
            thread.finish()
        raise
    thread.finish()


@contextmanager
def decrypting(file: BinaryIO, identities: Sequence[Identity]) -> Iterator[BinaryIO]:
    """Decrypt `file` while the yielded file is read. Raises NotOpened, OSError."""
    reading, writing = os.pipe()
    source, sink = os.fdopen(reading, "rb", buffering=CHUNK), os.fdopen(writing, "wb", buffering=CHUNK)
    thread = _Thread(lambda: pyrage.decrypt_io(file, sink, list(identities)), sink)
    thread.start()
    try:
        yield source
        # To its very end: the last piece says whether the file is whole.
        while source.read(CHUNK):
            pass
    except Exception:
        source.close()
        thread.join()
        # A tar that ends too early is the consequence; what age says is the cause.
        _raise_if_not_opened(thread.error)
        raise
    finally:
        source.close()
        thread.join()
    _raise_if_not_opened(thread.error)
    thread.finish()


def _raise_if_not_opened(error: BaseException | None) -> None:
    # Of a piece in the middle age says it by an OSError of its own, which carries no number of the system's.
    if isinstance(error, pyrage.DecryptError) or (isinstance(error, OSError) and error.errno is None):
        raise NotOpened(str(error)) from None


class _Source:
    """The reading end of a pipe. What was abandoned has no end: age must not write its mark of one."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe
        self.is_abandoned = False

    def read(self, size: int = -1) -> bytes:
        data = self.pipe.read(size)
        if not data and self.is_abandoned:
            raise OSError("abandoned")
        return data


class _Thread(threading.Thread):
    """Runs one job of age and closes its end of the pipe, whatever happens."""

    def __init__(self, job: Callable[[], Any], end: BinaryIO) -> None:
        super().__init__(daemon=True)
        self.job, self.end = job, end
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.job()
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            self.error = error
        finally:
            with suppress(OSError):
                self.end.close()

    def finish(self) -> None:
        self.join()
        if isinstance(self.error, pyrage.EncryptError):
            raise OSError(str(self.error)) from None  # the disk's: a recipient was parsed before
        if self.error is not None:
            raise self.error
