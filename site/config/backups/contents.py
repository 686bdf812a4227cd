"""What an archive holds beside the database, and what never: no key, no password, no token.

Files are taken from named folders only, and settings by name: what a later release adds is left out until it is named.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from django.conf import settings

from content.media_storage.errors import BucketAway
from content.media_storage.files import StoredFile, get_bucket
from content.media_storage.location import has_bucket

from .archive import Writer

if TYPE_CHECKING:
    from content.media_storage.bucket import MediaBucket

ATTACHMENTS, VOICES, MEDIA, SETTINGS = "attachments", "voices", "media", "settings.json"
SEALED_FOLDERS = (ATTACHMENTS, VOICES)
UNFINISHED = ".unfinished"
# Variables whose values are no secret. DATABASE_URL, EMAIL_URL, BROKER_URL and CACHE_URL carry passwords.
PLAIN_SETTINGS = (
    *("DJANGO_SETTINGS_MODULE", "PUBLIC_URL", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN"),
    *("NEUTRAL_SENDER_NAME", "NEUTRAL_SENDER_EMAIL", "NEUTRAL_SENDER_PHONE", "NEUTRAL_SENDER_ROLES"),
    *("ORGANISATION_NAME", "ORGANISATION_ADDRESS", "ORGANISATION_EMAIL", "PRESS_EMAIL", "PRIVACY_EMAIL"),
    *("SECURITY_CONTACTS", "SECURITY_TXT_EXPIRES", "CENTRE_UNIT", "TRUSTED_PROXIES", "HOST", "PORT"),
    *("WEB_THREADS", "WEB_WORKERS", "URGENT_WORKERS", "BULK_WORKERS", "VAPID_SUBJECT", "EMAIL_BOUNCE_ADDRESS"),
    *("PUBLIC_API_ORIGINS", "FIELD_API_ORIGINS", "NOTIFICATION_GATEWAYS_FILE", "PUBLISH_WEBHOOKS_FILE"),
    *("BACKUP_DIR", "BACKUP_RECIPIENTS", "BACKUP_MAX_HOURS", "DATA_DIR", "STATIC_ROOT", "DISK_MIN_MB"),
    *("POINT_IN_TIME_SECONDS", "POINT_IN_TIME_DAYS", "POINT_IN_TIME_MAX_SECONDS"),
    *("IDLE_MINUTES", "INVITATION_HOURS", "FACTOR_RESET_HOURS", "ROLE_REQUEST_HOURS", "DRAFT_DAYS", "EXIT_URL"),
    *("PHONE_RECORD_DAYS", "MEDIA_BUCKET_URL", "MEDIA_S3_ENDPOINT", "MEDIA_S3_REGION"),
)


Mark = tuple[int, int]  # size, time of the last change in nanoseconds
CHUNK = 256 * 1024
IN_MEMORY = 1024 * 1024


class Source(Protocol):
    """A file that goes into an archive under `name`."""

    @property
    def name(self) -> str: ...

    def read_mark(self) -> Mark:
        """Raises FileNotFoundError."""
        ...

    def add_to(self, archive: Writer) -> None:
        """Raises FileNotFoundError when it is gone, BucketAway, OSError."""
        ...


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine's disk, or on one that machines share."""

    name: str
    path: Path

    def read_mark(self) -> Mark:
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns

    def add_to(self, archive: Writer) -> None:
        archive.add_file(self.name, self.path)


@dataclass(frozen=True)
class BucketObject:
    """A file of the media bucket, as it was listed."""

    name: str
    stored: StoredFile
    bucket: "MediaBucket"

    def read_mark(self) -> Mark:
        return self.stored.size, int(self.stored.modified.timestamp() * 10**9)

    def add_to(self, archive: Writer) -> None:
        """Add it once all of it is here: an archive into which half a file went would be lost."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(settings.DATA_DIR)) as whole:
            with self.bucket.open(self.stored.name, "rb") as file:
                while data := file.read(CHUNK):
                    whole.write(data)
            archive.add_open(self.name, cast(BinaryIO, whole))


def iter_files() -> Iterator[Source]:
    """Iterate over sealed files and public files, these last. What is half written stays out. Raises BucketAway."""
    folders = [(ATTACHMENTS, settings.ATTACHMENT_DIR), (VOICES, settings.VOICE_DIR)]
    if not has_bucket():
        folders.append((MEDIA, settings.MEDIA_ROOT))
    for name, folder in folders:
        root = Path(folder)
        for path in _walk(root):
            if path.suffix != UNFINISHED:
                yield LocalFile(f"{name}/{path.relative_to(root).as_posix()}", path)
    if has_bucket():
        bucket = get_bucket()
        yield from (BucketObject(f"{MEDIA}/{each.name}", each, bucket) for each in bucket.list_files())


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders.sort()
        yield from (path for path in (Path(folder) / name for name in sorted(files)) if not path.is_symlink())


def count_bytes() -> int:
    """Count what an archive takes; without the media where their bucket is away."""
    total, files = 0, iter_files()
    while True:
        try:
            total += next(files).read_mark()[0] + 1024
        except FileNotFoundError:
            continue
        except (StopIteration, BucketAway):
            return total


def write_settings() -> bytes:
    """Return the plain settings of the environment, as JSON."""
    return json.dumps({name: os.environ[name] for name in PLAIN_SETTINGS if name in os.environ}, indent=1).encode()
