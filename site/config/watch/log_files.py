"""Log files under DATA_DIR/log, where the parts write their log to files: none grows for ever.

Under systemd the journal holds the log, and its own limits apply.
"""

import os
from datetime import datetime
from pathlib import Path

from django.conf import settings

from audit.put_aside import for_each_row
from audit.removals import note_removed

MEGABYTE = 2**20
OLD = ".log.1"  # as the supervisor names it, which does this at a start


def tidy(argument: str = "", *, now: datetime | None = None) -> int:
    """Shorten each file over LOG_FILE_MAX_MB (0: none). Return how many were.

    Its newer half goes to a file beside it, in place of the one before, and the file begins anew: the part that writes
    it appends, and goes on. Lines of that moment may be lost.
    """
    most = settings.LOG_FILE_MAX_MB * MEGABYTE
    files = sorted(get_folder().glob("*.log")) if most else []
    too_long = {path.name: path for path in files if path.is_file() and path.stat().st_size > most}
    return note_removed(
        "logs", for_each_row("log.file", too_long, lambda name: _shorten(too_long[name], most // 2), at=now)
    )


def get_folder() -> Path:
    return Path(settings.DATA_DIR) / "log"


def _shorten(path: Path, left: int) -> bool:
    beside, unfinished = path.with_suffix(OLD), path.with_suffix(".unfinished")
    with path.open("rb") as whole, unfinished.open("wb") as newer:
        whole.seek(-left, os.SEEK_END)
        newer.write(whole.read(left))
    unfinished.replace(beside)
    os.truncate(path, 0)
    return True
