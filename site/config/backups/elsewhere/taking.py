"""Take one archive and the cases' keys to BACKUP_TO, compare what arrived, and remove what no longer stays there.

Nothing is removed before the new archive has been read back, and that one is never removed. Getting one back compares
it with the sum that was stored beside it.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from .. import rotation
from ..making import CASE_KEYS, MIB, claim_case_keys
from .opening import open_store
from .store import UNFINISHED, NotTaken, Store

SUM = ".sha256"
SPARE = 100 * MIB


@dataclass(frozen=True)
class Taken:
    """What is there now: how many archives, and how many older ones were removed."""

    archives: int
    removed: int


def take(url: str, archive: Path) -> Taken:
    """Take this archive, its sum and the cases' keys beside it there. Raises NotTaken, OSError."""
    with open_store(url) as store:
        # Only ours: another program may keep things of its own there.
        for name in store.list():
            if name.startswith("vatra-") and name.endswith(UNFINISHED):
                store.remove(name)
        beside, case_keys = archive.with_name(f"{archive.name}{SUM}"), archive.with_name(CASE_KEYS)
        store.put(archive, archive.name, digest_file(archive))
        store.put(beside, beside.name, digest_file(beside))
        with claim_case_keys():
            store.put_and_destroy(case_keys, CASE_KEYS, digest_file(case_keys))
        removed = _remove_old(store, archive.name)
        return Taken(len(_list_archives(store.list())), removed)


def _remove_old(store: Store, newest: str) -> int:
    there = store.list()
    archives = _list_archives(there)
    if newest not in archives:
        raise NotTaken("not_there", f"{newest} was put there, and isn't in the list. Nothing was removed.")
    stay = rotation.choose_stay(archives.values())
    removed = [name for name, at in archives.items() if at not in stay and name != newest]
    for name in removed:
        store.remove(name)
        if f"{name}{SUM}" in there:
            store.remove(f"{name}{SUM}")
    return len(removed)


def _list_archives(names: dict[str, int]) -> dict[str, rotation.datetime]:
    return {name: at for name in names if (at := rotation.read_time(name)) is not None}


def bring(url: str, folder: Path) -> Path:
    """Bring an archive here, with the cases' keys where they are there. Returns its path.

    A URL that ends with / means the newest. Raises NotTaken, OSError.
    """
    place, _slash, name = url.rpartition("/")
    with open_store(place) as store:
        there = store.list()
        archives = _list_archives(there)
        if not name:
            if not archives:
                raise NotTaken("not_there", "There is no archive there.")
            name = max(archives, key=lambda each: archives[each])
        if name not in archives:
            raise NotTaken("not_there", f"There is no archive {name!r} there.")
        if shutil.disk_usage(folder).free < there[name] + SPARE:
            raise NotTaken("disk_full", f"{folder} has no room for {there[name] // MIB} MB. Make room.")
        digest = store.get(name, folder / name)
        if f"{name}{SUM}" in there:
            store.get(f"{name}{SUM}", folder / f"{name}{SUM}")
            if (folder / f"{name}{SUM}").read_text().split()[:1] != [digest]:
                raise NotTaken("changed", f"{name} isn't what its sum says: take another archive.")
        if CASE_KEYS in there:
            store.get(CASE_KEYS, folder / CASE_KEYS)
    return folder / name


def digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
