"""What must be done before the parts start, in one process that has Django loaded: they are forked from it.

1 compile the translations  2 load Django and check the settings  3 migrate  4 seed  5 collect the static files.
Steps 1, 4 and 5 are skipped when the files they read are as they were the last time (`run/prepared.json`).
"""

import gc
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path

from .place import ROOT, CannotStart, Place

ROOMS = ("site", "content", "outreach_pages", "case_forms", "notifications")
Say = Callable[[str], None]


class Stamps:
    """Remembers, for each step, a digest of what it read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def differs(self, step: str, digest: str) -> bool:
        return self.known.get(step) != digest

    def keep(self, step: str, digest: str) -> None:
        self.known[step] = digest
        self.path.write_text(json.dumps(self.known))


def prepare(place: Place, say: Say) -> list[str]:
    """Makes the house ready for its parts; returns the lines that name the demo accounts. Raises CannotStart."""
    from config.catalogs import compile_catalogs

    compile_catalogs()
    _load_django(place)
    stamps = Stamps(place.data_dir / "run" / "prepared.json")
    _timed(say, "database", _migrate)
    seeds = _digest(_files(ROOMS, (".py", ".json", ".po"))) + _database_identity()
    if stamps.differs("seeds", seeds):
        _timed(say, "seeds", lambda: _seed(place))
        stamps.keep("seeds", seeds)
    static = _digest([*_files(("static", *_static_folders()), ("",)), ROOT / "requirements.txt"])
    if stamps.differs("static", static):
        _timed(say, "static files", _collect_static)
        stamps.keep("static", static)
    accounts = _demo_accounts() if place.is_local else []
    _let_go_of_everything()
    return accounts


def _timed(say: Say, what: str, step: Callable[[], None]) -> None:
    began = time.monotonic()
    step()
    if time.monotonic() - began > 0.5:
        say(f"  {what}: {time.monotonic() - began:.1f} s")


def _load_django(place: Place) -> None:
    import django
    from django.core import checks
    from django.core.exceptions import ImproperlyConfigured

    gc.disable()
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None
    found = [issue for issue in checks.run_checks(databases=[]) if issue.is_serious()]
    if found:
        raise CannotStart("; ".join(str(issue.msg) for issue in found))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        raise CannotStart(f"The database of DATABASE_URL can't be used ({type(error).__name__}).") from None
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def _seed(place: Place) -> None:
    from django.core.management import call_command

    call_command("seed_reference", stdout=StringIO())
    if place.is_local:
        call_command("seed_demo", stdout=StringIO())


def _collect_static() -> None:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def _demo_accounts() -> list[str]:
    from case_forms.intake.seeding.demo import demo_accounts

    return [
        f"{account['username']:<24}{account['password']:<20}{account['role']:<14}{account['place']}"
        for account in demo_accounts()
    ]


def _let_go_of_everything() -> None:
    """Nothing that a fork may not share is left open, and the collector leaves the shared memory alone."""
    from django.db import connections

    connections.close_all()
    gc.enable()
    gc.collect()
    gc.freeze()


def _files(folders: Iterable[str], endings: tuple[str, ...]) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file()
        and path.name.endswith(endings)
        and "tests" not in path.parts
        and "__pycache__" not in path.parts
    ]


def _static_folders() -> list[str]:
    return [str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).glob("**/static") if path.is_dir()]


def _digest(paths: Iterable[Path]) -> str:
    """Over names, sizes and times of change: as good as content here, and a hundred times faster."""
    digest = hashlib.sha256()
    for path in paths:
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _database_identity() -> str:
    """Changes when the database is another one, or the SQLite file was replaced."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    inode = Path(name).stat().st_ino if database["ENGINE"].endswith("sqlite3") and Path(name).exists() else 0
    return f":{database.get('HOST', '')}/{name}:{inode}"
