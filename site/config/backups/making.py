"""Make one backup: copy the database, write the archive, read it back, store the cases' keys, remove what is old.

The order: the database first, then files. A file is written before its row, so each row of the copy has its file; one
that was deleted since is noted as `gone`. The cases' keys come last and in a file of their own, which the next backup
replaces (docs/adr/0178): a case that was forgotten must open in no archive, however old.

An archive has its name only once it has been read back and compared. It is read with a key that exists as long as this
process, because no identity is stored on this machine.
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone

from content.media_storage.errors import BucketAway
from vault import data_keys
from vault.files import reach_the_disk

from . import contents, rotation
from .archive import Damaged, Manifest, Writer, read, writing
from .database import SEALED_FILES, Facts, copy_database, estimate_size
from .streams import Identity, NotOpened, Recipient, parse_recipients

CASE_KEYS = "vatra-case-keys.tar.age"
KEY_LINES = "case_keys.txt"
MEDIA_AWAY = "media_away"  # of a manifest's facts
WORK = "backup-"  # folders in DATA_DIR for what is only there meanwhile
SPARE = 1.05
HOOK_SECONDS = 6 * 3600
MIB = 2**20

log = structlog.get_logger(__name__)


class NoBackup(Exception):
    """Raised when no backup was made. `code` for logs and alarms; the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Made:
    """A finished backup. `identity` opens it as long as this process remembers it."""

    path: Path
    manifest: Manifest
    seconds: float
    removed: int
    hook: str  # "", or why the hook failed
    identity: Identity

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def make_backup(folder: Path, *, now: datetime | None = None, rotate: bool = True) -> Made:
    """Make a backup in `folder`. Raises NoBackup; then the archives that were in the folder are still there."""
    began, at = time.monotonic(), now or timezone.now()
    recipients, identity = get_recipients(), Identity.generate()
    recipients.append(identity.to_public())
    with claim(), ExitStack() as stack:
        _clean(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _look_for_room(folder)
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=WORK, dir=settings.DATA_DIR)))
            path, manifest = _write_archive(folder, work, recipients, identity, at)
            write_case_keys(folder, recipients, identity, at)
            removed = rotation.remove_old(folder) if rotate else []
        except OSError as error:
            raise NoBackup(type(error).__name__, f"{folder}: {error.strerror or error}") from None
        except (Damaged, NotOpened) as error:
            raise NoBackup("not_read_back", f"What was written can't be read back: {error}.") from None
        hook = run_hook(folder)
    return Made(path, manifest, time.monotonic() - began, len(removed), hook, identity)


def get_recipients() -> list[Recipient]:
    if not settings.BACKUP_RECIPIENTS:
        raise NoBackup(
            "no_recipient",
            "BACKUP_RECIPIENTS is empty: name the public key (age1…) to which backups are encrypted. `vatra manage"
            " backup_key` makes a pair; its secret half belongs off this machine.",
        )
    try:
        return parse_recipients(settings.BACKUP_RECIPIENTS)
    except ValueError as error:
        raise NoBackup("bad_recipient", f"BACKUP_RECIPIENTS: {error}.") from None


@contextmanager
def claim(
    name: str = "backup", refusal: str = "Another backup is running on this machine. Nothing was changed."
) -> Iterator[None]:
    """Hold this machine's one backup or proof, or its one of another name. Raises NoBackup when another runs."""
    lock = Path(settings.DATA_DIR) / "run" / f"{name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoBackup("running", refusal) from None
        yield
    finally:
        os.close(handle)


def _clean(folder: Path) -> None:
    """Remove what a process left behind that was killed; the lock says that none is at it."""
    for left in Path(settings.DATA_DIR).glob(f"{WORK}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob("vatra-*.unfinished"):
        left.unlink(missing_ok=True)


def _look_for_room(folder: Path) -> None:
    copy, files = estimate_size(), contents.count_bytes()
    # Twice for a moment: once more without what was deleted.
    refuse_if_less(Path(settings.DATA_DIR), 2 * copy + settings.DISK_MIN_MB * MIB)
    refuse_if_less(folder, int((copy + files) * SPARE))


def refuse_if_less(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoBackup(
            "disk_full",
            f"{folder} has {free // MIB} MB free and {needed // MIB} MB are needed. Make room, or set BACKUP_DIR to"
            " another disk. Nothing was written.",
        )


def _write_archive(
    folder: Path, work: Path, recipients: list[Recipient], identity: Identity, at: datetime
) -> tuple[Path, Manifest]:
    path = folder / rotation.name_archive(at)
    if path.exists():
        raise NoBackup("exists", f"{path} exists already.")
    with copy_database(work) as (name, copy, facts):
        manifest = Manifest("backup", at.isoformat(), facts=_facts(facts))
        with becoming(path) as file, writing(file, recipients, manifest) as archive:
            archive.add_file(name, copy)
            archive.add_bytes(contents.SETTINGS, contents.write_settings())
            try:
                _add_files(archive)
            except BucketAway as away:
                # Cases and forms are in it; the media come with the next one.
                log.error("backup_without_media", code=away.code)
                manifest.facts[MEDIA_AWAY] = away.code
            _note_missing(manifest, facts)
    with removed_on_failure(get_unfinished(path)) as unfinished:
        read_back(unfinished, identity)
        _sum(unfinished, path)
        unfinished.replace(path)
        reach_the_disk(folder)
    return path, manifest


def _add_files(archive: Writer) -> None:
    for source in contents.iter_files():
        try:
            source.add_to(archive)
        except FileNotFoundError:
            continue  # deleted since the folder was listed; later it is asked whether it should have been


def _facts(facts: Facts) -> dict[str, object]:
    return {name: value for name, value in asdict(facts).items() if name not in ("sealed", "media")}


def _note_missing(manifest: Manifest, facts: Facts) -> None:
    """Note which files the copied rows name and the archive lacks: deleted meanwhile, with their rows, or lost."""
    there = {UUID(name.rpartition("/")[2].partition(".")[0]) for name in manifest.members if _is_sealed(name)}
    missing = facts.sealed - there
    still = {
        pk for model in SEALED_FILES for pk in model._base_manager.filter(pk__in=missing).values_list("pk", flat=True)
    }
    manifest.gone, manifest.lost = sorted(map(str, missing - still)), sorted(map(str, still))


def _is_sealed(name: str) -> bool:
    return name.partition("/")[0] in contents.SEALED_FOLDERS and name.endswith(".sealed")


def read_back(path: Path, identity: Identity) -> None:
    """Read an archive to its end, and compare each member with its digest. Raises Damaged, NotOpened, OSError."""
    with path.open("rb") as file:
        manifest = read(file, [identity], lambda _name, _file: None)
    if not manifest.is_signed:
        raise Damaged("its signature doesn't fit")


@contextmanager
def claim_case_keys() -> Iterator[None]:
    """Wait for one's turn with the file of the cases' keys: a backup and the point in time both replace it."""
    lock = Path(settings.DATA_DIR) / "run" / "case-keys.lock"
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_case_keys(folder: Path, recipients: list[Recipient], identity: Identity, at: datetime) -> None:
    """Write the cases' keys, each sealed by the ring, and overwrite the copy that was there before."""
    path = folder / CASE_KEYS
    manifest = Manifest("case_keys", at.isoformat())
    with claim_case_keys():
        # Read within: whoever writes last has read last, and no key that was destroyed meanwhile comes back.
        body = "".join(f"{line}\n" for line in data_keys.iter_lines()).encode()
        with becoming(path) as file, writing(file, recipients, manifest) as archive:
            archive.add_bytes(KEY_LINES, body)
        with removed_on_failure(get_unfinished(path)) as unfinished:
            read_back(unfinished, identity)
            replace_and_destroy(unfinished, path)


def replace_and_destroy(new: Path, old: Path) -> None:
    """Put `new` in the place of `old`, then overwrite what stood there. Raises OSError."""
    earlier = old.open("r+b") if old.exists() else None
    new.replace(old)
    reach_the_disk(old.parent)
    if earlier is not None:
        with earlier:
            left = os.fstat(earlier.fileno()).st_size
            while left > 0:
                left -= earlier.write(os.urandom(min(left, MIB)))
            earlier.flush()
            os.fsync(earlier.fileno())


@contextmanager
def becoming(path: Path) -> Iterator[BinaryIO]:
    """Open the file that will have this name once it is whole; flushed to the disk at the end of the block."""
    with removed_on_failure(get_unfinished(path)) as unfinished:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def removed_on_failure(path: Path) -> Iterator[Path]:
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def get_unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.unfinished")


def _sum(unfinished: Path, path: Path) -> None:
    """Write beside the archive what `sha256sum --check` takes: every copy of it can be compared without a key."""
    digest = hashlib.sha256()
    with unfinished.open("rb") as file:
        while chunk := file.read(MIB):
            digest.update(chunk)
    beside = path.with_name(f"{path.name}.sha256")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w") as file_of_sum:
        file_of_sum.write(f"{digest.hexdigest()}  {path.name}\n")


def run_hook(folder: Path) -> str:
    """Run BACKUP_HOOK, which takes the folder elsewhere. Returns why it failed, or "". No shell reads it."""
    if not settings.BACKUP_HOOK:
        return ""
    # Not the service's environment, which holds its keys.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    command = [*shlex.split(settings.BACKUP_HOOK), str(folder)]
    try:
        done = subprocess.run(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=HOOK_SECONDS
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return f"exit code {done.returncode}" if done.returncode else ""
