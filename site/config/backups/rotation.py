"""Which archives stay: the newest of each of the last 7 days, 4 weeks and 12 months that have one, and all of one day.

All of one day, because one that is made by hand before an upgrade must not cost that of the night before.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS, WEEKS, MONTHS = 7, 4, 12
NAME = re.compile(r"vatra-(\d{8}T\d{6}Z)\.tar\.age")
STAMP = "%Y%m%dT%H%M%SZ"


def name_archive(at: datetime) -> str:
    return f"vatra-{at.astimezone(UTC).strftime(STAMP)}.tar.age"


def read_time(name: str) -> datetime | None:
    """Return when the archive of this name was made; None for any other file."""
    match = NAME.fullmatch(name)
    try:
        return datetime.strptime(match[1], STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def list_archives(folder: Path) -> list[tuple[datetime, Path]]:
    """Return (time, path) of each archive in the folder, the newest first; anything else in it is left alone."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if (at := read_time(path.name)) and path.is_file():
            found.append((at, path))
    return sorted(found, reverse=True)


def choose_stay(times: Iterable[datetime]) -> set[datetime]:
    """Choose the times of archives that stay. One that counts for a day may count for its week and month, too."""
    newest_first = sorted(times, reverse=True)
    rules: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (DAYS, lambda at: at.date()),
        (WEEKS, lambda at: at.isocalendar()[:2]),
        (MONTHS, lambda at: (at.year, at.month)),
    )
    stay = {at for at in newest_first if newest_first[0] - at < timedelta(days=1)}
    for amount, period in rules:
        met: dict[object, datetime] = {}
        for at in newest_first:
            met.setdefault(period(at), at)
        stay |= set(list(met.values())[:amount])
    return stay


def remove_old(folder: Path) -> list[Path]:
    """Remove the archives that no longer stay. Returns them. Raises OSError."""
    found = list_archives(folder)
    stay = choose_stay(at for at, _path in found)
    removed = [path for at, path in found if at not in stay]
    for path in removed:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
    return removed
