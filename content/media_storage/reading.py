"""A file of the bucket, streamed from where it is read first; who reads here and there is given a copy on the disk."""

import io
import tempfile
import time
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from urllib3.exceptions import HTTPError

from .errors import BucketAway
from .files import StoredFile

if TYPE_CHECKING:
    from .bucket import MediaBucket

BUFFER = 64 * 1024
IN_MEMORY = 1024 * 1024  # of a copy; what is longer goes on the disk, without a name
GRACE_SECONDS = 5.0
MIN_SPEED = 64 * 1024  # bytes a second, below which a bucket counts as away


class Stream:
    """The bytes from `first` to `last`. One that drips is given up: each read alone would never wait too long."""

    def __init__(self, bucket: "MediaBucket", stored: StoredFile, first: int, last: int) -> None:
        self.bucket, self.at, self.end = bucket, first, last + 1
        self.body: Any = bucket.get(stored.name, first, last, stored.tag)
        self.waited, self.came = 0.0, 0

    def read(self, size: int) -> bytes:
        """Return some of the next bytes, none at the end. Raises BucketAway."""
        wanted = min(size, self.end - self.at)
        if wanted <= 0:
            return b""
        began = time.monotonic()
        try:
            # Botocore's own `read` waits until all of it is there.
            data: bytes = self.body._raw_stream.read1(wanted)
        except (HTTPError, OSError, ValueError) as error:
            self.close()
            raise self.bucket.fail(error) from None
        self.waited, self.came = self.waited + time.monotonic() - began, self.came + len(data)
        self.at += len(data)
        if not data or self.waited > GRACE_SECONDS + self.came / MIN_SPEED:
            self.close()
            raise self.bucket.fail(TimeoutError() if data else EOFError())
        return data

    def close(self) -> None:
        self.body.close()


class Reader(io.RawIOBase):
    """Reads a stored file by position."""

    def __init__(self, bucket: "MediaBucket", stored: StoredFile) -> None:
        super().__init__()
        self.bucket, self.stored, self.at = bucket, stored, 0
        self.last = stored.size - 1
        self.stream: Stream | None = None
        self.copy: Any = None

    def expect(self, first: int, last: int) -> None:
        """Ask the bucket for these bytes alone, at once. Raises FileNotFoundError, BucketAway."""
        self.at, self.last = first, last
        if self.stream is None and first <= last:
            self.stream = Stream(self.bucket, self.stored, first, last)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.stored.size}[whence]
        self.at = max(0, start + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)

    def _read(self, size: int) -> bytes:
        if self.at >= self.stored.size:
            return b""
        if self.copy is None and self.stream is None:
            self.expect(self.at, self.stored.size - 1)
        if self.copy is None and self.stream is not None and self.stream.at == self.at and self.at <= self.last:
            return self.stream.read(size)
        if self.copy is None:
            self._make_copy()
        self.copy.seek(self.at)
        data: bytes = self.copy.read(size)
        return data

    def _make_copy(self) -> None:
        if self.stream is not None:
            self.stream.close()
        stream = Stream(self.bucket, self.stored, 0, self.stored.size - 1)
        copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with this file
        try:
            while data := stream.read(BUFFER):
                copy.write(data)
        except BucketAway:
            copy.close()
            raise
        finally:
            stream.close()
        self.copy = copy

    def close(self) -> None:
        for each in (self.stream, self.copy):
            if each is not None:
                each.close()
        self.stream = self.copy = None
        super().close()


class BucketFile(File):
    """What the storage opens: size and time are known, nothing of it is asked for before it is read."""

    def __init__(self, bucket: "MediaBucket", stored: StoredFile) -> None:
        self.bucket, self.stored = bucket, stored
        self.mode = "rb"
        self._open()

    def _open(self) -> None:
        self.reader = Reader(self.bucket, self.stored)
        super().__init__(io.BufferedReader(self.reader, BUFFER), self.stored.name)
        self.mode = "rb"

    @property
    def size(self) -> int:
        return self.stored.size

    def open(self, mode: str | None = None, *_args: Any, **_more: Any) -> "BucketFile":
        if self.closed:
            self.stored = self.bucket.look_up(self.stored.name)
            self._open()
        else:
            self.seek(0)
        return self

    def expect(self, first: int, last: int) -> None:
        """As `Reader.expect`."""
        self.reader.expect(first, last)
