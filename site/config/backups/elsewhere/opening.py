"""Connecting to the place that a URL names."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from .store import Store, split


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """Connect to what `sftp://user@host/path` or `s3://bucket/prefix` names. Raises NotTaken."""
    parts = split(url)
    if parts.scheme == "sftp":
        from .sftp import connect  # each only where it is used: their libraries take memory

        with connect(
            parts.hostname or "", parts.port or 22, unquote(parts.username or ""), unquote(parts.path)
        ) as there:
            yield there
    else:
        from .s3 import Bucket  # as above

        yield Bucket(parts.netloc, unquote(parts.path).strip("/"))
