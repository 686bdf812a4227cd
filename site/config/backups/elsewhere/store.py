"""What a place for backups must be able to do, and how its URL is taken apart."""

from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

UNFINISHED = ".unfinished"


class NotTaken(Exception):
    """Raised when a backup didn't get there or back. `code` for logs and alarms; the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Store(Protocol):
    """A folder of files elsewhere. Each method raises NotTaken."""

    def list(self) -> dict[str, int]:
        """Return the size in bytes of each file by its name."""
        ...

    def put(self, path: Path, name: str, digest: str) -> None:
        """Store a file under this name only once what arrived has this SHA-256; an earlier one is replaced."""
        ...

    def put_and_destroy(self, path: Path, name: str, digest: str) -> None:
        """As `put`; of the earlier file nothing stays, as far as the place lets us see to it."""
        ...

    def get(self, name: str, path: Path) -> str:
        """Write a file to a new path, and return its SHA-256."""
        ...

    def remove(self, name: str) -> None: ...


def split(url: str) -> SplitResult:
    """Take a URL apart. Raises NotTaken, whose text holds no password."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname and parts.port != 0)
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in ("sftp", "s3") or parts.query or parts.fragment:
        raise NotTaken("bad_url", "It takes sftp://user@host/path or s3://bucket/prefix (BACKUP_TO).")
    if parts.password is not None:
        raise NotTaken(
            "bad_url", "No password in that URL (BACKUP_TO): over SFTP a key signs in (BACKUP_SFTP_KEY_FILE)."
        )
    if parts.scheme == "sftp" and (not parts.username or not parts.path.strip("/")):
        raise NotTaken("bad_url", "sftp://user@host/path names a user and a folder that is there (BACKUP_TO).")
    if parts.scheme == "s3" and (parts.username or parts.port):
        raise NotTaken("bad_url", "s3://bucket/prefix names no server: that is BACKUP_S3_ENDPOINT.")
    return parts
