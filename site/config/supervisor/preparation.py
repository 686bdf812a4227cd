"""Preparation: everything that must be done before the parts start.

1 compile the translations  2 load Django  3 check the settings  4 migrate  5 check the vault's keys  6 seed  7 collect
the static files. Steps 1, 6 and 7 are skipped when the files they read are unchanged since the last time
(`run/prepared.json`).

Only step 2 happens in the supervisor itself, because the parts are forked from it, and each of them would inherit
whatever else it held: migrating alone leaves most of a gigabyte. So each other step runs in a child that ends
(docs/adr/0040). What needs Django is imported inside the functions: before step 2 there is none.
"""

import gc
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

from notifications.outbox.linux_processes import die_with_parent

from .instance import ROOT, CannotStart, Instance
from .turns import take_turn

ROOMS = ("site", "content", "outreach_pages", "case_forms", "notifications")
# Modules that the parts would otherwise import after the fork, each into memory of its own.
SHARED = (
    "config.urls",
    "config.wsgi",
    "granian.server",
    "notifications.outbox.tasks",
    "notifications.outbox.worker",
    "weasyprint",
)
Say = Callable[[str], None]


class Stamps:
    """The digests of what each step read the last time, stored in `run/prepared.json`."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "run" / "prepared.json"
        self.known = self._read()

    def differs(self, step: str, digest: str) -> bool:
        return self.known.get(step) != digest

    def keep(self, step: str, digest: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Two steps run side by side. One whose stamp is lost all the same is done once more at the next start.
        self.known = self._read() | {step: digest}
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(self.known))
        fresh.replace(self.path)

    def _read(self) -> dict[str, str]:
        return dict(json.loads(self.path.read_text())) if self.path.exists() else {}


def prepare(place: Instance, say: Say) -> list[str]:
    """Prepare everything for the parts; returns the lines that name the demo accounts. Raises CannotStart."""
    from ..catalogs import compile_catalogs

    _timed(say, "translations", lambda: in_child("translations", compile_catalogs))
    _timed(say, "code", load_django)
    in_child("settings", check_settings)
    # Beside the database, which takes as long: neither needs the other.
    static_files = Child("static files", lambda: collect_if_changed(place.data_dir, say))
    prepare_database(place, say)
    accounts: list[str] = in_child("demo accounts", _demo_accounts) if place.is_local else []
    static_files.wait()
    _timed(say, "what the parts share", _preload_shared_modules)
    _prepare_for_fork()
    return accounts


def prepare_database(place: Instance, say: Say) -> None:
    """Do what is done once for all machines that share the database. Raises CannotStart."""
    in_child("database", _in_turn(say, lambda: _timed(say, "database", lambda: _migrate(say))))
    in_child("keys", _in_turn(say, _establish_keys))
    in_child("seeds", _in_turn(say, lambda: _seed_if_changed(place, say)))


class Child:
    """A step in a forked process, whose memory is freed when it ends.

    If the step fails otherwise than with CannotStart, its traceback is printed there.
    """

    def __init__(self, what: str, step: Callable[[], Any]) -> None:
        self.what = what
        self._read_end, write_end = os.pipe()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _run_forked(step, parent, self._read_end, write_end)
        os.close(write_end)

    def wait(self) -> Any:
        """Return the step's result, as JSON carries it, once it has ended. Raises CannotStart."""
        with os.fdopen(self._read_end) as pipe:
            result = pipe.read()
        _pid, status = os.waitpid(self._pid, 0)
        if os.waitstatus_to_exitcode(status) != 0 or not result:
            raise CannotStart(f"Preparing the {self.what} failed; the reason stands above.")
        outcome = json.loads(result)
        if "refused" in outcome:
            raise CannotStart(outcome["refused"])
        return outcome["done"]


def _run_forked(step: Callable[[], Any], parent: int, read_end: int, write_end: int) -> NoReturn:
    code = 1
    try:
        die_with_parent(signal.SIGTERM, parent=parent)
        os.close(read_end)
        gc.freeze()  # no collection touches, and so copies, what is loaded already
        gc.enable()
        with os.fdopen(write_end, "w") as pipe:
            json.dump(_outcome(step), pipe)
        code = 0
    except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
        import traceback

        traceback.print_exc()
    finally:
        # Without the supervisor's exit handlers and buffers, which the fork has copied.
        os._exit(code)


def in_child(what: str, step: Callable[[], Any]) -> Any:
    """Run a step in a forked process, and return its result. Raises CannotStart."""
    return Child(what, step).wait()


def _outcome(step: Callable[[], Any]) -> dict[str, Any]:
    """Run the step; what a CannotStart says is carried to the parent as data."""
    try:
        return {"done": step()}
    except CannotStart as reason:
        return {"refused": str(reason)}


def _in_turn(say: Say, step: Callable[[], None]) -> Callable[[], None]:
    """Return a step that no other machine does at the same time (`turns`)."""

    def run() -> None:
        with take_turn(say):
            step()

    return run


def _timed(say: Say, what: str, step: Callable[[], None]) -> None:
    """Run a step, and report how long it took."""
    began = time.monotonic()
    step()
    say(f"  {what}: {time.monotonic() - began:.1f} s")


def load_django() -> None:
    """Load Django in this process. Raises CannotStart."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    # What a collection frees before the fork are holes that each part would fill on its own (docs/adr/0040).
    gc.disable()
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None


def check_settings() -> None:
    """Run Django's system checks, without the database. Raises CannotStart."""
    from django.core import checks

    found = [issue for issue in checks.run_checks(databases=[]) if issue.is_serious()]
    if found:
        raise CannotStart("; ".join(str(issue.msg) for issue in found))


def _establish_keys() -> None:
    """Check the keys of the vault and of the audit chain, and seal what earlier releases left. Raises CannotStart."""
    from audit.chain import seal_unkeyed_chain
    from audit.sealed_rows import seal_first
    from vault.canary import KeysRefused, establish_keys
    from vault.keyring import KeyRingError

    try:
        establish_keys()
        seal_unkeyed_chain()
        seal_first()
    except (KeysRefused, KeyRingError) as refused:
        raise CannotStart(str(refused)) from None


def _migrate(say: Say) -> None:
    """Apply missing migrations. Raises CannotStart when the database can't be used."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    from config.health import missing_migrations
    from config.to_postgres.target import MARK

    try:
        tables = connection.introspection.table_names()
    except DatabaseError as error:
        raise CannotStart(f"The database of DATABASE_URL can't be used ({type(error).__name__}).") from None
    if MARK in tables:
        raise CannotStart(
            "Not all rows of SQLite have arrived in the database of DATABASE_URL: put the SQLite database back into the"
            " settings, and run `vatra to-postgres` again (docs/operator.md)."
        )
    if missing_migrations():
        say(
            "  database: makes the tables of this release ..."
            if "django_migrations" not in tables
            else "  database: brings the tables to this release ..."
        )
        call_command("migrate", interactive=False, verbosity=0)


def _seed(place: Instance) -> None:
    from django.core.management import call_command

    call_command("seed_reference", stdout=StringIO())
    call_command("seed_scenarios", stdout=StringIO())
    if place.is_local:
        call_command("seed_demo", stdout=StringIO())


def _seed_if_changed(place: Instance, say: Say) -> None:
    """Seed again when code, data or database differ from the last time."""
    stamps = Stamps(place.data_dir)
    read = _digest(_files(ROOMS, (".py", ".json", ".po"))) + _database_identity()
    if stamps.differs("seeds", read):
        from content.media_storage.errors import BucketAway

        say("  seeds: write what this release brings ...")
        try:
            _timed(say, "seeds", lambda: _seed(place))
        except BucketAway:
            # What is urgent needs no picture. Nothing of it is noted, so the next start tries again.
            say("  seeds: the media bucket is away (vatra check); what this release brings comes at the next start")
        else:
            stamps.keep("seeds", read)


def collect_if_changed(data_dir: Path, say: Say) -> None:
    """Collect the static files if they changed. Older ones stay: open pages still refer to them."""
    stamps = Stamps(data_dir)
    how = (ROOT / "requirements.txt", ROOT / "site/config/static_storage.py")
    read = _digest([*_files(("static", ".static", *_static_folders()), ("",)), *how])
    if stamps.differs("static", read):
        say("  static files: collects them ...")
        _timed(say, "static files", _collect_static)
        stamps.keep("static", read)


def _collect_static() -> None:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def _demo_accounts() -> list[str]:
    from case_forms.submissions.seeding.demo import demo_accounts

    return [
        f"{account['username']:<24}{account['password']:<20}{account['role']:<14}{account['place']}"
        for account in demo_accounts()
    ]


def _preload_shared_modules() -> None:
    """Import and load before the fork what every part needs."""
    import importlib

    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.utils import translation

    from access.languages import LANGUAGES

    read_static_names(staticfiles_storage)
    for name in SHARED:
        importlib.import_module(name)
    for code in LANGUAGES:
        translation.activate(code)  # loads its catalogs
    translation.deactivate()


def read_static_names(storage: Any) -> None:
    """Read the manifest again: a child has collected the files, and loading Django may have read the old names."""
    if hasattr(storage, "load_manifest"):
        storage.hashed_files, storage.manifest_hash = storage.load_manifest()


def _prepare_for_fork() -> None:
    """Close what a fork may not share, and keep the garbage collector off the shared memory.

    It doesn't collect before either: what it would free are holes that each part would fill on its own.
    """
    from django.db import connections

    connections.close_all()
    gc.freeze()
    gc.enable()


def _files(folders: Iterable[str], endings: tuple[str, ...]) -> list[Path]:
    """List the files in these folders by their ending, without tests."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file()
        and path.name.endswith(endings)
        and "tests" not in path.relative_to(ROOT).parts
        and "__pycache__" not in path.parts
    ]


def _static_folders() -> list[str]:
    return [str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).glob("**/static") if path.is_dir()]


def _digest(paths: Iterable[Path]) -> str:
    """Hash names, sizes and times of change: as good as content here, and a hundred times faster."""
    digest = hashlib.sha256()
    for path in paths:
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _database_identity() -> str:
    """Return a text that changes when the database is another one, or the SQLite file was replaced."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    inode = Path(name).stat().st_ino if database["ENGINE"].endswith("sqlite3") and Path(name).exists() else 0
    return f":{database.get('HOST', '')}/{name}:{inode}"
