"""Write a base and the changes after it into BACKUP_DIR/point-in-time, each an archive like a backup's.

The order is that of a backup: the database, then files, then the cases' keys, then the archive gets its name once it
was read back. So whoever finds an archive finds each file that its rows name, and each key of its cases.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from config.health import get_last_migrations
from content.media_storage.errors import BucketAway
from vault.files import reach_the_disk

from ..archive import Manifest, writing
from ..contents import SETTINGS, Source, count_bytes, write_settings
from ..database import estimate_size
from ..making import (
    MIB,
    SPARE,
    becoming,
    get_unfinished,
    read_back,
    refuse_if_less,
    removed_on_failure,
    write_case_keys,
)
from ..streams import Identity, Recipient
from . import FOLDER, names
from .files import Files
from .names import Piece
from .sources import Found, make_work_folder
from .sources import Source as Database

BASE, CHANGE = "point_base", "point_change"


class Journal:
    """One base after another, each with its changes. `piece`: the last one; `point`: up to when all is stored."""

    def __init__(self, folder: Path, recipients: list[Recipient], source: Database, work: Path) -> None:
        self.keys_folder, self.folder = folder, folder / FOLDER
        self.identity = Identity.generate()
        self.recipients = [*recipients, self.identity.to_public()]
        self.source, self.work, self.files = source, work, Files()
        self.piece: Piece | None = None
        self.point: datetime | None = None
        self.keys_mark: list[tuple[str, int]] = []
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self.folder.glob("point-*.unfinished"):
            left.unlink(missing_ok=True)

    def begin(self) -> Piece:
        """Write a base. Raises NoBackup, CannotCopy, Unreadable, Damaged, OSError; the one before then goes on."""
        self._look_for_room()
        began = timezone.now()
        with make_work_folder(self.work) as work:
            found = self.source.take_base(Path(work))
            before, self.files.known = self.files.known, {}
            try:
                piece = Piece(names.round_up(began), 0, names.round_up(found.point))
                self._store(piece, found, BASE, *self.files.find())
            except BaseException:
                self.files.known = before
                raise
        self.piece, self.point = piece, found.point
        return piece

    def go_on(self) -> Piece | None:
        """Write what has changed, or nothing when nothing has. Raises as `begin`."""
        assert self.piece is not None
        asked = timezone.now()
        with make_work_folder(self.work) as work:
            found = self.source.take_changes(Path(work))
            changed, gone = self.files.find()
            if found is None and not changed and not gone:
                self.files.confirm()
                self._store_keys(asked)
                self.point = asked
                return None
            if found is None:
                empty = Path(work) / "none"
                empty.touch()
                found = Found("none", empty, asked)
            piece = Piece(self.piece.base, self.piece.number + 1, names.round_up(found.point))
            self._store(piece, found, CHANGE, changed, gone)
        self.piece, self.point = piece, found.point
        return piece

    def remove_old(self, days: int) -> list[Piece]:
        """Remove what leads to no moment of the last days. Raises OSError."""
        pieces = names.list_pieces(path.name for path in self.folder.iterdir())
        old = names.choose_old(pieces, timezone.now() - timedelta(days=days))
        for piece in old:
            (self.folder / piece.name).unlink(missing_ok=True)
        return old

    def _store(self, piece: Piece, found: Found, kind: str, changed: list[Source], gone: list[str]) -> None:
        facts = {**found.facts, "base": piece.base.strftime(names.STAMP), "number": piece.number, "gone": gone}
        if kind == BASE:
            facts["migrations"] = sorted(f"{app}.{name}" for app, name in get_last_migrations())
        manifest = Manifest(kind, found.point.isoformat(), facts=facts)
        path = self.folder / piece.name
        with becoming(path) as file, writing(file, self.recipients, manifest) as archive:
            archive.add_file(found.member, found.path)
            if kind == BASE:
                archive.add_bytes(SETTINGS, write_settings())
            for source in changed:
                try:
                    source.add_to(archive)
                except FileNotFoundError:
                    self.files.next.pop(source.name, None)  # deleted meanwhile, with its row
                except BucketAway:
                    self.files.put_off(source.name)
        with removed_on_failure(get_unfinished(path)) as unfinished:
            read_back(unfinished, self.identity)
            self._store_keys(found.point)
            unfinished.replace(path)
            reach_the_disk(self.folder)
        self.source.confirm()
        self.files.confirm()

    def _store_keys(self, at: datetime) -> None:
        """Replace the file of the cases' keys when one was made or destroyed. Raises OSError, Damaged, NotOpened."""
        mark = _mark_keys()
        if mark != self.keys_mark:
            write_case_keys(self.keys_folder, self.recipients, self.identity, at)
            self.keys_mark = mark

    def _look_for_room(self) -> None:
        copy, files = estimate_size(), count_bytes()
        refuse_if_less(Path(settings.DATA_DIR), copy + settings.DISK_MIN_MB * MIB)
        refuse_if_less(self.folder, int((copy + files) * SPARE))


def _mark_keys() -> list[tuple[str, int]]:
    """Return when each folder of keys was last changed: one is made, replaced and destroyed by its name."""
    root = Path(settings.VAULT_CASE_KEY_DIR)
    if not root.is_dir():
        return []
    with os.scandir(root) as entries:
        return sorted((each.name, each.stat().st_mtime_ns) for each in entries if each.is_dir())
