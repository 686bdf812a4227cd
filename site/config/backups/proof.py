"""Prove a backup: restore the archive that was just written into an empty place, check all of it, remove it again.

The very file is read, with the key that this process made for it. What this can't prove is that somebody still has the
operator's identity: for that there is `restore --check` with it, by hand (docs/operator.md).
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from . import restoring, rotation
from .checking import Finding
from .database import connect_arguments
from .making import CASE_KEYS, WORK, Made, claim
from .restoring import CannotRestore


@dataclass(frozen=True)
class Proof:
    """What came of it. `error`: a code, "" when all is well."""

    findings: list[Finding]
    error: str


def prove(made: Made) -> Proof:
    """Restore and check this backup, and compare the archives that are stored with their sums. Raises NoBackup."""
    with claim():
        place = Path(tempfile.mkdtemp(prefix=WORK, dir=settings.DATA_DIR))
        try:
            findings = [*_restore_and_check(made, place), _check_sums(made.path.parent)]
        except CannotRestore as error:
            findings = [Finding("restore", False, str(error))]
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return Proof(findings, next((each.name for each in findings if not each.ok), ""))


def _restore_and_check(made: Made, place: Path) -> list[Finding]:
    into = place / "restored"
    with _get_empty_database(into) as (url, database):
        manifest = restoring.unpack(made.path, [made.identity], into, database=database)
        case_keys = into / restoring.CASE_KEYS_FOLDER
        restoring.put_case_keys_back(made.path.with_name(CASE_KEYS), [made.identity], case_keys)
        found = restoring.run_in_place(into, url, "check", "--with-case-keys", manifest=manifest)
    return [Finding(**each) for each in found["findings"]]


def _check_sums(folder: Path) -> Finding:
    odd, archives = [], rotation.list_archives(folder)
    for _at, path in archives:
        beside = path.with_name(f"{path.name}.sha256")
        try:
            with path.open("rb") as file:
                if beside.read_text().split()[0] != file_digest(file, "sha256").hexdigest():
                    odd.append(path.name)
        except (OSError, IndexError):
            odd.append(path.name)
    if odd:
        return Finding("sums", False, f"{len(odd)} of {len(archives)} archives aren't as they were written: {odd[0]}")
    return Finding("sums", True, f"{len(archives)} archives are as they were written")


@contextmanager
def _get_empty_database(into: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield (URL, settings) of a database to restore into; on PostgreSQL one that is made, and dropped afterwards."""
    if connection.vendor == "sqlite":
        yield restoring.get_sqlite_url(into), None
        return
    own, name = connection.settings_dict, f"vatra_proof_{secrets.token_hex(6)}"
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise CannotRestore(
                "The database's user may make no database to restore into: as PostgreSQL's administrator run"
                f" ALTER ROLE {own['USER']} CREATEDB, once."
            ) from None
        try:
            yield build_url(own, name), {**own, "NAME": name}
        finally:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def build_url(database: dict[str, Any], name: str) -> str:
    """Return the DATABASE_URL of a database on the same server."""
    user, password = quote(str(database["USER"]), safe=""), quote(str(database["PASSWORD"]), safe="")
    host, port = str(database["HOST"]), str(database["PORT"])
    # A folder of a socket stands where a host does, written as one.
    return f"postgres://{user}:{password}@{quote(host, safe='.:[]')}:{port or 5432}/{quote(name, safe='')}"
