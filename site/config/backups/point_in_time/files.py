"""Attached files, voice messages and public files that are new, changed or gone since the last time.

They are looked for after the database was read: a file is written before its row, so each row has its file.
"""

from pathlib import Path

from ..contents import iter_files

Mark = tuple[int, int]  # size, time of the last change in nanoseconds


class Files:
    """Remembers which files have been stored."""

    def __init__(self) -> None:
        self.known: dict[str, Mark] = {}
        self.next: dict[str, Mark] = {}

    def forget(self) -> None:
        self.known = {}

    def find(self) -> tuple[list[tuple[str, Path]], list[str]]:
        """Return (name, path) of those that are new or changed, and the names of those that are gone."""
        self.next = {}
        changed = []
        for name, path in iter_files():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            self.next[name] = mark = (found.st_size, found.st_mtime_ns)
            if self.known.get(name) != mark:
                changed.append((name, path))
        return changed, sorted(self.known.keys() - self.next.keys())

    def confirm(self) -> None:
        """What was found last is stored."""
        self.known = self.next
