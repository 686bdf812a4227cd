"""Attached files, voice messages and public files that are new, changed or gone since the last time.

They are looked for after the database was read: a file is written before its row, so each row has its file. One that is
missing counts as gone only when it was missing the last time, too: its row may have been read before it was deleted.
"""

from content.media_storage.errors import BucketAway

from ..contents import MEDIA, Mark, Source, iter_files


class Files:
    """Remembers which files have been stored."""

    def __init__(self) -> None:
        self.known: dict[str, Mark] = {}
        self.next: dict[str, Mark] = {}
        self.missing: set[str] = set()
        self.next_missing: set[str] = set()

    def find(self) -> tuple[list[Source], list[str]]:
        """Return those that are new or changed, and the names of those that are gone.

        While the media's bucket is away they count as unchanged.
        """
        self.next = {}
        changed: list[Source] = []
        try:
            for source in iter_files():
                try:
                    mark = source.read_mark()
                except FileNotFoundError:
                    continue
                self.next[source.name] = mark
                if self.known.get(source.name) != mark:
                    changed.append(source)
        except BucketAway:
            known = {name: mark for name, mark in self.known.items() if name.startswith(f"{MEDIA}/")}
            self.next = known | self.next
        missing = self.known.keys() - self.next.keys()
        gone = missing & self.missing
        self.next_missing = missing - gone
        self.next |= {name: self.known[name] for name in self.next_missing}
        return changed, sorted(gone)

    def put_off(self, name: str) -> None:
        """Leave one of those that `find` returned for the next time."""
        self.next.pop(name)
        if name in self.known:
            self.next[name] = self.known[name]

    def confirm(self) -> None:
        """What was found last is stored."""
        self.known, self.missing = self.next, self.next_missing
