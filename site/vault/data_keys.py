"""One data key for each owner (a case): what belongs to it is sealed under its key, and forgetting destroys that.

The keys stand outside the database, one small file each in `VAULT_CASE_KEY_DIR`, sealed by the ring (docs/adr/0108): a
backup of the database holds none of them, so once the file is gone, no backup opens what was sealed under it. A row
(`DataKey`) says that there is a key, and when it was destroyed.

    create(owner)       a new key; again: nothing happens
    has_key(owner)      whether what belongs to this owner is sealed under a key of its own
    get_cipher(owner)   the cipher; raises KeyDestroyed, KeyMissing
    destroy(owner)      in the transaction that erases the content; the file goes when that is committed

Rooms register who their owners are, so that `vault_rotate` gives keys to those from before there were keys. The cipher
of a key is remembered in the process as long as its file is the same one; at most MAX_CACHED of them. That is more than
one page opens (`cases.registers.by_fact`): with fewer, a page that opens a thousand would find none of them again.
"""

import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .files import reach_the_disk
from .keyring import load_key_ring
from .seal import KeyDestroyed, KeyMissing, SealBroken, get_place, seal_with, split_token, unseal

KEY_BYTES = 32
GONE = ".gone"  # what stands in the place of a destroyed key
MAX_CACHED = 4_096  # under 2 KB each
PAGE = 500

_cached: "OrderedDict[UUID, tuple[tuple[int, int], AESGCM]]" = OrderedDict()
_lock = threading.Lock()
_suspended: ContextVar[bool] = ContextVar("data_keys_suspended", default=False)
_unowned: ContextVar[bool] = ContextVar("data_keys_unowned", default=False)
_owners: dict[str, Callable[[], Iterable[UUID]]] = {}


def register_owners(name: str, iter_owners: Callable[[], Iterable[UUID]]) -> None:
    """Register the ids of everything of a kind that has a key of its own; `vault_rotate` makes those that lack one."""
    _owners[name] = iter_owners


@contextmanager
def suspended() -> Iterator[None]:
    """Make no key within, as in a simulation, whose cases exist nowhere."""
    token = _suspended.set(True)
    try:
        yield
    finally:
        _suspended.reset(token)


def is_suspended() -> bool:
    """Whether a simulation runs here, whose rows exist nowhere."""
    return _suspended.get()


@contextmanager
def sealing_without_owner() -> Iterator[None]:
    """Seal within under the ring: for the empty values that take the place of what is forgotten."""
    token = _unowned.set(True)
    try:
        yield
    finally:
        _unowned.reset(token)


def create(owner: UUID) -> None:
    """Make a key for this owner, unless it has one. Raises KeyDestroyed, OSError."""
    if _suspended.get():
        return
    from .models import DataKey  # its fields import this module

    DataKey.objects.bulk_create([DataKey(owner=owner)], ignore_conflicts=True)
    if is_destroyed(owner):
        raise KeyDestroyed
    _write(_path(owner), _wrap(owner, AESGCM.generate_key(bit_length=KEY_BYTES * 8)), replace=False)


def has_key(owner: UUID | None) -> bool:
    """Tell whether this owner's values are sealed under a key of its own. Raises KeyDestroyed: it had one."""
    if owner is None or _unowned.get():
        return False
    path = _path(owner)
    if path.exists():
        return True
    if path.with_suffix(GONE).exists():
        raise KeyDestroyed
    return False


def is_destroyed(owner: UUID) -> bool:
    return _path(owner).with_suffix(GONE).exists()


def is_gone(owner: UUID) -> bool:
    """Tell whether nothing can be opened with this owner's key: it was destroyed and its file isn't there."""
    return is_destroyed(owner) and not _path(owner).exists()


def get_cipher(owner: UUID) -> AESGCM:
    """Return the cipher of this owner's key. Raises KeyDestroyed, KeyMissing, SealBroken, KeyRingError."""
    try:
        # By its name: a page opens a thousand of these, and building a Path takes longer than asking for it.
        found = os.stat(_name(owner))
    except FileNotFoundError:
        _forget_cached(owner)
        raise (KeyDestroyed if is_destroyed(owner) else KeyMissing) from None
    which = (found.st_ino, found.st_mtime_ns)
    with _lock:
        known = _cached.get(owner)
        if known is not None and known[0] == which:
            _cached.move_to_end(owner)
            return known[1]
    cipher = AESGCM(_unwrap(owner, _path(owner).read_text()))
    with _lock:
        _cached[owner] = (which, cipher)
        while len(_cached) > MAX_CACHED:
            _cached.popitem(last=False)
    return cipher


def destroy(owner: UUID) -> None:
    """Destroy this owner's key when the caller's transaction is committed. Nothing sealed under it ever opens again."""
    from .models import DataKey  # its fields import this module

    now = timezone.now()
    _row, is_new = DataKey.objects.get_or_create(owner=owner, defaults={"destroyed_at": now})
    if not is_new:
        DataKey.objects.filter(owner=owner, destroyed_at__isnull=True).update(destroyed_at=now)
    transaction.on_commit(partial(_destroy_file, owner))


def finish_destroying() -> int:
    """Remove the files of keys that are destroyed by their row: the process may have ended in between."""
    from .models import DataKey  # its fields import this module

    destroyed = DataKey.objects.filter(destroyed_at__isnull=False).values_list("owner", flat=True)
    left = [owner for owner in destroyed.iterator() if _path(owner).exists() or not is_destroyed(owner)]
    for owner in left:
        _destroy_file(owner)
    return len(left)


def _destroy_file(owner: UUID) -> None:
    _destroy_at(_path(owner))
    _forget_cached(owner)


def _destroy_at(path: Path) -> None:
    """Mark the key as gone, overwrite it and remove it. In this order: a process that dies in between loses no mark."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.with_suffix(GONE).touch(mode=0o600)
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(os.urandom(max(path.stat().st_size, KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    reach_the_disk(path.parent)


def _forget_cached(owner: UUID) -> None:
    with _lock:
        _cached.pop(owner, None)


# ---- rotation ----


def iter_missing() -> Iterator[UUID]:
    """Iterate over the owners that have no key yet."""
    from .models import DataKey  # its fields import this module

    for iter_owners in _owners.values():
        page: list[UUID] = []
        for owner in iter_owners():
            page.append(owner)
            if len(page) == PAGE:
                yield from _without_row(DataKey, page)
                page = []
        yield from _without_row(DataKey, page)


def _without_row(model: Any, owners: list[UUID]) -> list[UUID]:
    there = set(model.objects.filter(owner__in=owners).values_list("owner", flat=True))
    return [owner for owner in owners if owner not in there]


def rewrap_all(*, until: Callable[[], bool] = lambda: False) -> int:
    """Seal every data key anew that stands under an older key of the ring. Return how many.

    Nothing that was sealed under a data key is touched. `until`: says when to stop. Raises SealBroken, KeyRingError.
    """
    primary, count = load_key_ring().primary.id, 0
    for path in _iter_files():
        if until():
            break
        with suppress(FileNotFoundError):  # destroyed meanwhile
            wrapped = path.read_text()
            if split_token(wrapped).key_id != primary:
                owner = UUID(path.name)
                _write(path, _wrap(owner, _unwrap(owner, wrapped)), replace=True)
                count += 1
    return count


def count_by_wrapping_key() -> dict[str, int]:
    """Count the data keys by the key of the ring that seals them. Reads all of them."""
    found: dict[str, int] = {}
    for path in _iter_files():
        with suppress(FileNotFoundError, SealBroken):
            key_id = split_token(path.read_text()).key_id
            found[key_id] = found.get(key_id, 0) + 1
    return found


def count_lost(newest: int) -> tuple[int, int]:
    """Return (of so many of the newest owners with a key, how many have no file; how many were looked at)."""
    from .models import DataKey  # its fields import this module

    rows = DataKey.objects.filter(destroyed_at__isnull=True).order_by("-created_at")
    owners = list(rows.values_list("owner", flat=True)[:newest])
    return sum(not _path(owner).exists() and not is_destroyed(owner) for owner in owners), len(owners)


def iter_destroyed_elsewhere() -> Iterator[UUID]:
    """Iterate over owners whose key is destroyed though no row says so: the database is an older copy.

    By the marks that are left, because the copy may be from before the owner had a key.
    """
    from .models import DataKey  # its fields import this module

    for mark in Path(settings.VAULT_CASE_KEY_DIR).glob(f"*/*{GONE}"):
        owner = UUID(mark.stem)
        if not DataKey.objects.filter(owner=owner, destroyed_at__isnull=False).exists():
            yield owner


def _iter_files() -> Iterator[Path]:
    root = Path(settings.VAULT_CASE_KEY_DIR)
    for folder in sorted(root.iterdir()) if root.exists() else ():
        yield from (path for path in sorted(folder.iterdir()) if not path.suffix)


# ---- files ----


def _path(owner: UUID) -> Path:
    return Path(_name(owner))


def _name(owner: UUID) -> str:
    name = owner.hex
    return f"{settings.VAULT_CASE_KEY_DIR}/{name[:2]}/{name}"


def _place(owner: UUID) -> bytes:
    return get_place("vault_datakey", "key", owner)


def _wrap(owner: UUID, key: bytes) -> str:
    return seal_with(load_key_ring().primary, key, _place(owner))


def _unwrap(owner: UUID, wrapped: str) -> bytes:
    return unseal(wrapped, _place(owner))


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write the file whole or not at all. With `replace` False, one that is there already stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{uuid.uuid4().hex}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            unfinished.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    reach_the_disk(path.parent)


def mirror(folder: Path) -> tuple[int, int]:
    """Copy every key to `folder` where it is missing or sealed otherwise; destroy there what is destroyed here.

    It is a mirror and no archive: an older copy of it, kept elsewhere, would keep what is forgotten. Returns how many
    were copied and how many destroyed. Raises OSError.
    """
    copied = removed = 0
    for path in _iter_files():
        with suppress(FileNotFoundError):  # destroyed meanwhile
            wrapped, there = path.read_text(), folder / path.parent.name / path.name
            if not there.exists() or there.read_text() != wrapped:
                _write(there, wrapped, replace=True)
                copied += 1
    for mark in Path(settings.VAULT_CASE_KEY_DIR).glob(f"*/*{GONE}"):
        there = folder / mark.parent.name / mark.stem
        if there.exists() or not there.with_suffix(GONE).exists():
            _destroy_at(there)
            removed += 1
    return copied, removed


def iter_lines() -> Iterator[str]:
    """Iterate over every key, sealed by the ring, as `<owner> <sealed key>`, and then over the destroyed, as `<owner>`.

    For a copy of which only the newest is stored: an older one would keep what is forgotten.
    """
    for path in _iter_files():
        with suppress(FileNotFoundError):  # destroyed meanwhile
            yield f"{path.name} {path.read_text()}"
    for mark in sorted(Path(settings.VAULT_CASE_KEY_DIR).glob(f"*/*{GONE}")):
        yield mark.stem


def put_back(lines: Iterable[str]) -> tuple[int, int]:
    """Write what `iter_lines` gave where it is missing. Returns how many keys and how many marks of destroyed ones.

    A key that is marked as destroyed, here or later among the lines, doesn't come back. Raises ValueError, OSError.
    """
    keys = marks = 0
    for line in lines:
        name, _space, wrapped = line.strip().partition(" ")
        owner = UUID(name)
        if not wrapped:
            _destroy_at(_path(owner))
            marks += 1
        elif not is_destroyed(owner):
            _write(_path(owner), wrapped, replace=False)
            keys += 1
    return keys, marks
