"""A migrated database kept between runs, for whoever starts pytest many times a day.

`TEST_TEMPLATE=<folder>` keeps a copy of the migrated SQLite database in that folder, named after a digest of all
migrations and pinned packages, and begins the next run from it. CI doesn't set it: there each run migrates.
"""

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parents[1]
_create_empty = DatabaseCreation._create_test_db


def use_template() -> None:
    """Begin test databases as a copy of the template, if there is one. Does nothing without TEST_TEMPLATE."""
    if os.environ.get("TEST_TEMPLATE"):
        DatabaseCreation._create_test_db = _create_from_template  # type: ignore[method-assign]


def keep_template() -> None:
    """Copy the database, just migrated, to where the next run finds it. Does nothing where it already stands."""
    if not os.environ.get("TEST_TEMPLATE") or connection.vendor != "sqlite" or _template().exists():
        return
    fresh = _template().with_suffix(f".{os.getpid()}")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    connection.ensure_connection()
    _copy(connection.connection, fresh)
    fresh.replace(_template())


def _create_from_template(creation: DatabaseCreation, *args: Any, **kwargs: Any) -> str:
    name = _create_empty(creation, *args, **kwargs)
    if _template().exists():
        creation.connection.close()
        creation.connection.settings_dict["NAME"] = name
        creation.connection.ensure_connection()
        with sqlite3.connect(_template()) as source:
            source.backup(creation.connection.connection)
    return name


def _copy(source: sqlite3.Connection, target: Path) -> None:
    with sqlite3.connect(target) as kept:
        source.backup(kept)


def _template() -> Path:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/**/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return Path(os.environ["TEST_TEMPLATE"]) / f"{digest.hexdigest()[:16]}.sqlite3"
