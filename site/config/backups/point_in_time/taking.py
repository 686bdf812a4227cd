"""Take what was written to BACKUP_TO, in its order, beside the loop that writes: a slow line holds no change up, but
while the file of the cases' keys is on its way, of which there is one turn at a time.

Of each file the store reads back what arrived. Before a piece the cases' keys go, if they have changed: whoever finds
the piece there can read its cases.
"""

import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from ..elsewhere.opening import open_store
from ..elsewhere.store import NotTaken, Store
from ..elsewhere.taking import digest_file
from ..making import CASE_KEYS, claim_case_keys
from . import names
from .names import Piece

RETRY_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Taker(threading.Thread):
    """`point`: up to when all is elsewhere, None before the first base is; `error`: a code, "" while it goes well."""

    def __init__(self, url: str, folder: Path, keys_folder: Path, *, days: int) -> None:
        super().__init__(daemon=True, name="point-in-time-taker")
        self.url, self.folder, self.keys_folder, self.days = url, folder, keys_folder, days
        self.point: datetime | None = None
        self.error = ""
        self._waiting: deque[tuple[Piece | None, datetime]] = deque()
        self._wake = threading.Condition()
        self._is_over = False
        self._keys = ""

    def add(self, piece: Piece | None, point: datetime) -> None:
        """Have a piece taken; None: nothing was to be written up to this point."""
        with self._wake:
            if piece is not None and piece.number == 0:
                # What the base before still lacks there isn't sent after: this one holds it all.
                self._waiting.clear()
            self._waiting.append((piece, point))
            self._wake.notify()

    def stop(self) -> None:
        with self._wake:
            self._is_over = True
            self._wake.notify()

    def run(self) -> None:
        while not self._is_over:
            try:
                with open_store(self.url) as store:
                    self._serve(store)
            except (NotTaken, OSError) as error:
                code = getattr(error, "code", type(error).__name__)
                if self.error != code:
                    log.error("point_in_time_not_taken", code=code)
                self.error = code
                with self._wake:
                    self._wake.wait_for(lambda: self._is_over, timeout=RETRY_SECONDS)

    def _serve(self, store: Store) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._is_over or self._waiting)
                if not self._waiting:
                    return
                piece, point = self._waiting[0]
            self._take(store, piece)
            self.point, self.error = point, ""
            with self._wake:
                if self._waiting and self._waiting[0] == (piece, point):
                    self._waiting.popleft()

    def _take(self, store: Store, piece: Piece | None) -> None:
        keys = self.keys_folder / CASE_KEYS
        with claim_case_keys():
            digest = digest_file(keys) if keys.exists() else ""
            if digest != self._keys:
                store.put_and_destroy(keys, CASE_KEYS, digest)
                self._keys = digest
        path = self.folder / piece.name if piece is not None else None
        if piece is None or path is None or not path.exists():
            return
        store.put(path, piece.name, digest_file(path))
        if piece.number == 0:
            before = datetime.now(UTC) - timedelta(days=self.days)
            for old in names.choose_old(names.list_pieces(store.list()), before):
                store.remove(old.name)


def bring(url: str, folder: Path, at: datetime, *, beyond: timedelta) -> Path:
    """Bring what leads to this moment, and the cases' keys. Returns the folder. Raises NotTaken, NoWay, OSError."""
    with open_store(url.rstrip("/")) as store:
        there = store.list()
        for piece in names.choose(names.list_pieces(there), at, beyond=beyond):
            store.get(piece.name, folder / piece.name)
        if CASE_KEYS in there:
            store.get(CASE_KEYS, folder / CASE_KEYS)
    return folder
