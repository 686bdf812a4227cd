"""Put a moment into an empty place: the base, then each change after it, each read and compared as an archive is.

What comes out is what a backup of that moment would hold; the same checks and the same settling follow.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from .. import restoring
from ..archive import Damaged, Manifest, read
from ..database import CannotCopy, restore_postgresql
from ..restoring import CannotRestore, Place, open_archive, refuse_unless_empty
from ..streams import CHUNK, Identity, NotOpened
from . import FOLDER, names, pages, recovery, wal
from .names import NoWay, Piece
from .stored_log import StoredLog
from .writing import BASE, CHANGE

# Of PostgreSQL's log more is taken than leads to the moment: it ends there by itself, at the last commit before.
BEYOND = timedelta(minutes=2)


@dataclass
class _Read:
    """What the manifests said, the moment of the base, and the log of PostgreSQL."""

    based_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    point: str = ""
    members: dict[str, list[Any]] = field(default_factory=dict)
    is_signed: bool = True
    log: StoredLog | None = None


def find_folder(path: Path) -> Path:
    """Return where pieces lie: this folder, or the one in it. Raises CannotRestore."""
    for folder in (path / FOLDER, path):
        if folder.is_dir() and names.list_pieces(each.name for each in folder.iterdir()):
            return folder
    raise CannotRestore(f"{path}: there is nothing here that leads to a moment (point-….tar.age). Nothing was changed.")


def unpack(
    folder: Path, at: datetime, identities: Sequence[Identity], into: Path, *, database: dict[str, Any] | None = None
) -> Manifest:
    """Write into the empty folder `into` what there was at this moment. `database`: as in `restoring.unpack`.

    Raises CannotRestore.
    """
    refuse_unless_empty(into)
    place = Place(into)
    work = into / "point-in-time"
    try:
        work.mkdir(mode=0o700)
        found = _unpack(folder, at, identities, place, work)
        manifest = Manifest(
            "backup",
            found.point,
            facts={"vendor": found.facts["vendor"], "head": found.facts.get("head", ""), "counts": {}},
            members=found.members,
            is_signed=found.is_signed,
        )
        if found.facts["vendor"] == "postgresql":
            if database is None:
                raise CannotRestore(
                    "It is from PostgreSQL: name an empty database with --database. Nothing was changed."
                )
            dump = work / "recovered.dump"
            manifest.made_at = recovery.recover(work, found.facts, found.log, found.based_at, at, dump) or found.point
            restore_postgresql(dump, database)
        else:
            _check_pages(place, found.facts)
        shutil.rmtree(work)
        place.finish()
    except (Damaged, NotOpened, pages.Unreadable, NoWay, ValueError) as error:
        place.remove()
        raise CannotRestore(f"That moment can't be restored: {error}. Nothing was changed.") from None
    except (CannotCopy, CannotRestore) as error:
        place.remove()
        raise CannotRestore(str(error)) from None
    except OSError as error:
        place.remove()
        raise CannotRestore(f"{into}: {error.strerror or error}. Nothing was changed.") from None
    except BaseException:
        place.remove()
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def _unpack(folder: Path, at: datetime, identities: Sequence[Identity], place: Place, work: Path) -> _Read:
    there = names.list_pieces(path.name for path in folder.iterdir())
    chosen = names.choose(there, at)
    found = _Read(chosen[0].point)
    for piece in chosen:
        _read_piece(folder, piece, identities, place, work, found)
    if found.facts["vendor"] == "postgresql":
        # Files that came later stay: a row at the moment itself may name them. None is removed for what came later.
        more = names.choose(there, at, beyond=BEYOND)
        for piece in more:
            if piece.point > at:
                _read_piece(folder, piece, identities, place, work, found, is_later=True)
    return found


def _read_piece(
    folder: Path, piece: Piece, identities: Sequence[Identity], place: Place, work: Path, found: _Read, *,
    is_later: bool = False,
) -> None:  # fmt: skip
    def receive(name: str, file: BinaryIO) -> None:
        if name == pages.MEMBER:
            pages.apply(file, place.unfinished)
        elif name == wal.BASE_MEMBER:
            with (work / wal.BASE_MEMBER).open("wb") as out:
                shutil.copyfileobj(file, out, CHUNK)
        elif name == wal.MEMBER:
            if found.log is None:
                (work / "wal").mkdir(mode=0o700)
                found.log = StoredLog(work / "wal", int(found.facts["segment"]))
            found.log.put(file)
        else:
            place.forget(name)
            place.receive(name, file)
            found.members[name] = []

    with open_archive(folder / piece.name) as file:
        manifest = read(file, identities, receive)
    _refuse_other(piece, manifest)
    found.is_signed = found.is_signed and manifest.is_signed
    if is_later:
        return
    found.facts |= {key: value for key, value in manifest.facts.items() if key not in ("gone", "base", "number")}
    found.point = manifest.made_at
    for name in manifest.facts["gone"]:
        place.forget(name)
        found.members.pop(name, None)


def _refuse_other(piece: Piece, manifest: Manifest) -> None:
    """Refuse a file that was given another one's name."""
    kind = CHANGE if piece.number else BASE
    own = (manifest.kind, manifest.facts.get("base"), manifest.facts.get("number"))
    if own != (kind, piece.base.strftime(names.STAMP), piece.number):
        raise Damaged(f"{piece.name} isn't what its name says")
    restoring.refuse_strange_release(manifest)


def _check_pages(place: Place, facts: dict[str, Any]) -> None:
    state = pages.compute_state(place.unfinished, int(facts["page_size"]))
    if state != facts["state"]:
        raise pages.Unreadable("what was put together isn't what was read")
    pages.check_integrity(place.unfinished)


def read_moment(text: str, zone: Any) -> datetime:
    """Read `2026-11-29 04:00[:00]`, in the service's own zone unless it names one. Raises CannotRestore."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotRestore(f'--at takes a day and a time, as in --at "2026-11-29 04:00"; not {text[:40]!r}.') from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if aware > datetime.now(UTC) + timedelta(minutes=1):
        raise CannotRestore(f"{aware.isoformat()} hasn't come yet. Nothing was changed.")
    return aware
