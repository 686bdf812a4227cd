"""Copy all files of the library from the folder into the bucket, or back.

What has arrived is read back and compared by its SHA-256. Nothing is replaced and nothing is deleted, on either side:
run again it copies what is missing, and compares the rest.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .bucket import MediaBucket, NameTaken
from .names import is_plain
from .reading import BUFFER

UNFINISHED = ".unfinished"


@dataclass
class Moved:
    """What became of it: files copied, files that were there already, and the names of those that couldn't be."""

    copied: int = 0
    there: int = 0
    bytes: int = 0
    differs: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not (self.differs or self.failed)


class Side(Protocol):
    """Where files lie. `open` raises FileNotFoundError; each method OSError."""

    def list(self) -> Iterator[str]: ...

    def open(self, name: str) -> Any: ...

    def write(self, name: str, source: Any) -> None:
        """Store what `source` holds under a name that is free. Raises NameTaken."""
        ...


class Folder:
    """Files below a folder; links are passed by."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.root):
            folders.sort()
            for name in sorted(files):
                path = Path(folder) / name
                if not path.is_symlink() and path.suffix != UNFINISHED:
                    yield path.relative_to(self.root).as_posix()

    def open(self, name: str) -> Any:
        return (self.root / name).open("rb")

    def write(self, name: str, source: Any) -> None:
        path = self.root / name
        if path.exists() or path.is_symlink():
            raise NameTaken(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = path.with_name(f"{path.name}{UNFINISHED}")
        try:
            with unfinished.open("wb") as out:
                while data := source.read(BUFFER):
                    out.write(data)
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(unfinished, path)  # unlike a rename it replaces nothing
            except FileExistsError:
                raise NameTaken(name) from None
            except OSError:  # a file system that knows no links
                unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)  # the other name of what is there now


class Bucket:
    """The objects of the bucket."""

    def __init__(self, bucket: MediaBucket) -> None:
        self.bucket = bucket

    def list(self) -> Iterator[str]:
        return (each.name for each in self.bucket.list_files())

    def open(self, name: str) -> Any:
        return self.bucket.open(name, "rb")

    def write(self, name: str, source: Any) -> None:
        if self.bucket.exists(name):
            raise NameTaken(name)
        self.bucket.put(name, source)


def copy_all(source: Side, target: Side, say: Callable[[int], None] = lambda _count: None) -> Moved:
    """Copy each file. One that can't be is named, and the others go on. Raises OSError where nothing can be listed."""
    moved = Moved()
    for count, name in enumerate(source.list(), start=1):
        try:
            _copy(name, source, target, moved)
        except FileNotFoundError:
            continue  # deleted meanwhile, with its row
        except (OSError, ValueError):
            moved.failed.append(name)
        say(count)
    return moved


def _copy(name: str, source: Side, target: Side, moved: Moved) -> None:
    if not is_plain(name):
        moved.failed.append(name)
        return
    is_new = True
    try:
        with source.open(name) as file:
            target.write(name, file)
    except NameTaken:
        is_new = False
    digest, size = _digest(source, name)
    if _digest(target, name)[0] != digest:
        moved.differs.append(name)
    elif is_new:
        moved.copied += 1
        moved.bytes += size
    else:
        moved.there += 1


def _digest(side: Side, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with side.open(name) as file:
        while data := file.read(BUFFER):
            digest.update(data)
            size += len(data)
    return digest.hexdigest(), size
