"""Put an archive into an empty place, and run the checks there in a process of their own.

The database gets its name last, once every member has been compared with the list at the archive's end. Whatever goes
wrong before that removes what was written.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from django.conf import settings

from config.health import get_known_migrations
from vault import data_keys

from . import contents
from .archive import Damaged, Manifest, read
from .database import DUMP, SQLITE, CannotCopy, restore_postgresql
from .making import KEY_LINES
from .streams import CHUNK, Identity, NotOpened

DATABASE = "vatra.sqlite3"
CASE_KEYS_FOLDER = "case_keys"
UNFINISHED = ".unfinished"
OLD_SETTINGS = "settings-of-the-backup.json"
# What an installation makes by itself before its first start, and that holds nothing of a case.
MAY_STAND_THERE = frozenset({"run", "log", "cache", "pages", "static", "keys", "lost+found"})
CHILD_SECONDS = 4 * 3600


class CannotRestore(Exception):
    """Raised when nothing was restored. The text says why and what to do."""


def open_archive(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotRestore(f"{path}: {error.strerror}.") from None


def unpack(
    path: Path, identities: Sequence[Identity], into: Path, *, database: dict[str, Any] | None = None
) -> Manifest:
    """Write an archive's content into the empty folder `into`.

    `database`: for an archive from PostgreSQL, the empty database to load (as in DATABASES). Raises CannotRestore.
    """
    refuse_unless_empty(into)
    place = Place(into)
    try:
        with open_archive(path) as file:
            manifest = read(file, identities, place.receive)
        _refuse_kind(manifest, "backup")
        refuse_strange_release(manifest)
        if place.dump is not None:
            if database is None:
                raise CannotRestore(
                    "It is from PostgreSQL: name an empty database with --database. Nothing was changed."
                )
            restore_postgresql(place.dump, database)
            place.dump.unlink()
        place.finish()
    except (Damaged, NotOpened) as error:
        place.remove()
        raise CannotRestore(f"{path} can't be used: {error}. Nothing was changed.") from None
    except (CannotCopy, CannotRestore) as error:
        place.remove()
        raise CannotRestore(str(error)) from None
    except OSError as error:
        place.remove()
        raise CannotRestore(f"{into}: {error.strerror or error}. Nothing was changed.") from None
    except BaseException:
        place.remove()
        raise
    return manifest


def refuse_unless_empty(into: Path) -> None:
    if not into.exists():
        return
    if not into.is_dir():
        raise CannotRestore(f"{into} is no folder. Nothing was changed.")
    there = sorted(path.name for path in into.iterdir() if path.name not in MAY_STAND_THERE)
    if there:
        raise CannotRestore(
            f"{into} isn't empty ({', '.join(there[:3])}): a restore replaces nothing. Stop the service, move the old"
            " folder aside, and try again. Nothing was changed."
        )


def put_case_keys_back(path: Path, identities: Sequence[Identity], folder: Path) -> tuple[str, int, int, bool]:
    """Put the cases' keys into `folder`. Returns (time of the copy, keys, destroyed ones, whether it is signed).

    Raises CannotRestore.
    """
    lines: list[str] = []

    def receive(name: str, file: BinaryIO) -> None:
        if name == KEY_LINES:
            content = b"".join(iter(lambda: file.read(CHUNK), b""))
            lines.extend(content.decode().splitlines())

    try:
        with open_archive(path) as file:
            manifest = read(file, identities, receive)
        _refuse_kind(manifest, "case_keys")
        before, settings.VAULT_CASE_KEY_DIR = settings.VAULT_CASE_KEY_DIR, folder
        try:
            keys, marks = data_keys.put_back(lines)
        finally:
            settings.VAULT_CASE_KEY_DIR = before
    except (Damaged, NotOpened, ValueError) as error:
        raise CannotRestore(f"{path} can't be used: {error}.") from None
    except OSError as error:
        raise CannotRestore(f"{folder}: {error.strerror}.") from None
    return manifest.made_at, keys, marks, manifest.is_signed


def run_in_place(into: Path, database_url: str, *arguments: str, manifest: Manifest) -> dict[str, Any]:
    """Run `manage.py restored` with the place's folder and database. Returns what it found. Raises CannotRestore."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    environment |= {
        "DATA_DIR": str(into),
        "DATABASE_URL": database_url,
        "VAULT_CASE_KEY_DIR": str(into / CASE_KEYS_FOLDER),
        # Where the key is that the archive was signed with, not where this place would make another.
        "AUDIT_KEY_FILE": str(settings.AUDIT_KEY_FILE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, str(Path(__file__).resolve().parents[3] / "manage.py"), "restored", *arguments]
    done = subprocess.run(  # noqa: S603
        command,
        env=environment,
        input=json.dumps(asdict(manifest)),
        capture_output=True,
        text=True,
        check=False,
        timeout=CHILD_SECONDS,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    except ValueError:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise CannotRestore(
            f"What was restored can't be looked at: {said[-1][:300] if said else done.returncode}"
        ) from None
    return found


# Of the machine that restores: what lies elsewhere there, or is shared with its own service.
NOT_PASSED_ON = frozenset({
    *("AUDIT_WATCH_FILE", "VAULT_WITNESS_FILE", "VAULT_CASE_KEY_DIR", "CACHE_URL", "BROKER_URL", "PYTEST_XDIST_WORKER"),
    # The place holds its own files until it is settled.
    *("MEDIA_BUCKET_URL", "PYTEST_CURRENT_TEST", "TEST_DATABASE"),
})  # fmt: skip


def remove(into: Path) -> None:
    """Remove what a restore wrote into a place that was empty."""
    for name in (*contents.SEALED_FOLDERS, contents.MEDIA, CASE_KEYS_FOLDER, "witness"):
        shutil.rmtree(into / name, ignore_errors=True)
    for path in [*into.glob(f"{DATABASE}*"), into / DUMP, into / OLD_SETTINGS]:
        path.unlink(missing_ok=True)


def remove_folder(into: Path) -> None:
    """Remove a folder that a restore has made."""
    shutil.rmtree(into, ignore_errors=True)


def get_sqlite_url(into: Path) -> str:
    return f"sqlite:///{quote(str(into / DATABASE))}"


def _refuse_kind(manifest: Manifest, kind: str) -> None:
    if manifest.kind != kind:
        raise CannotRestore(f"That file holds {manifest.kind}, not {kind}. Nothing was changed.")


def refuse_strange_release(manifest: Manifest) -> None:
    newer = sorted(set(manifest.facts.get("migrations", [])) - get_known_migrations())
    if newer:
        raise CannotRestore(
            f"It was made by a newer release: this one doesn't know {len(newer)} of its migrations (the first:"
            f" {newer[0]}). Install that release, and restore with it. Nothing was changed."
        )


class Place:
    """The folder that is filled, with what it takes to empty it again."""

    def __init__(self, into: Path) -> None:
        self.into, self.made = into, not into.exists()
        self.dump: Path | None = None
        self.unfinished = into / f"{DATABASE}{UNFINISHED}"
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (*contents.SEALED_FOLDERS, CASE_KEYS_FOLDER):
            (into / name).mkdir(exist_ok=True, mode=0o700)

    def receive(self, name: str, file: BinaryIO) -> None:
        """Write one member. What belongs nowhere is passed by."""
        if name == SQLITE:
            self._write(self.unfinished, file, 0o600)
        elif name == DUMP:
            self.dump = self.into / DUMP
            self._write(self.dump, file, 0o600)
        elif name == contents.SETTINGS:
            self._write(self.into / OLD_SETTINGS, file, 0o600)
        elif name.partition("/")[0] in contents.SEALED_FOLDERS:
            self._write(self.into / name, file, 0o600)
        elif name.startswith(f"{contents.MEDIA}/"):
            # As the umask and the folder's access list allow: the proxy in front may serve some of these.
            self._write(self.into / name, file, 0o644)

    def forget(self, name: str) -> None:
        """Remove a file of an earlier member: it was changed or deleted afterwards."""
        if name.partition("/")[0] in (*contents.SEALED_FOLDERS, contents.MEDIA):
            (self.into / name).unlink(missing_ok=True)

    def finish(self) -> None:
        os.sync()
        if self.unfinished.exists():
            self.unfinished.replace(self.into / DATABASE)

    def remove(self) -> None:
        remove(self.into)
        if self.made:
            shutil.rmtree(self.into, ignore_errors=True)

    def _write(self, path: Path, file: BinaryIO, mode: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if mode == 0o644 else 0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            while chunk := file.read(CHUNK):
                out.write(chunk)
