"""Files of the library wherever they lie, the folder MEDIA_ROOT or the bucket. Names are paths below either."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from .location import has_bucket

if TYPE_CHECKING:
    from .bucket import MediaBucket


@dataclass(frozen=True)
class StoredFile:
    """What is known of a file without reading it. `tag`: the bucket's mark of this version."""

    name: str
    size: int
    modified: datetime
    tag: str = ""


def get_bucket() -> "MediaBucket":
    """Return the storage that lies over the bucket. Only where there is one (`has_bucket`)."""
    return cast("MediaBucket", default_storage)


def list_files(folder: str = "") -> Iterator[StoredFile]:
    """List the files below a folder, those of folders in it too. Raises OSError."""
    return get_bucket().list_files(folder) if has_bucket() else walk(Path(settings.MEDIA_ROOT), folder)


def walk(root: Path, folder: str = "") -> Iterator[StoredFile]:
    """List the files below a folder of `root`, those of folders in it too. One that goes meanwhile is passed by."""
    for path in (root / folder).rglob("*"):
        if not path.is_file():
            continue
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        yield StoredFile(path.relative_to(root).as_posix(), status.st_size, modified)


def exists(name: str) -> bool:
    """Whether there is such a file now. Raises BucketAway."""
    return get_bucket().exists(name) if has_bucket() else (Path(settings.MEDIA_ROOT) / name).exists()


def replace(name: str, content: bytes) -> None:
    """Put other content under the name of a stored file. Readers meanwhile get one or the other. Raises OSError."""
    if has_bucket():
        get_bucket().put(name, ContentFile(content), replaces=True)
        return
    path = Path(settings.MEDIA_ROOT) / name
    handle, unfinished = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), path.stat().st_mode)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def remove(name: str) -> None:
    """Delete a file, also one that isn't there. Raises OSError."""
    if has_bucket():
        get_bucket().remove(name)
    else:
        (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)
