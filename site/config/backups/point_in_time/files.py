"""Attached files, voice messages and public files that are new, changed or gone since the last time.

They are looked for after the database was read: a file is written before its row, so each row has its file. One that is
missing counts as gone only when it was missing the last time, too: its row may have been read before it was deleted.
"""

from pathlib import Path

from ..contents import iter_files

Mark = tuple[int, int]  # size, time of the last change in nanoseconds


class Files:
    """Remembers which files have been stored."""

    def __init__(self) -> None:
        self.known: dict[str, Mark] = {}
        self.next: dict[str, Mark] = {}
        self.missing: set[str] = set()
        self.next_missing: set[str] = set()

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
        missing = self.known.keys() - self.next.keys()
        gone = missing & self.missing
        self.next_missing = missing - gone
        self.next |= {name: self.known[name] for name in self.next_missing}
        return changed, sorted(gone)

    def confirm(self) -> None:
        """What was found last is stored."""
        self.known, self.missing = self.next, self.next_missing
