"""PostgreSQL: a base and its log brought to a moment, by a server of one's own that nobody else reaches.

It runs in the work folder, listens on a socket there alone, replays the log up to the last commit before the moment,
and is dumped; then it is stopped. The database that the operator named gets the dump, as from a backup. So the server
that is there needs no restart and no foreign data folder; its programs are needed, of the base's major version.
"""

import os
import pwd
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from ..database import CannotCopy
from ..restoring import CannotRestore
from . import wal
from .stored_log import StoredLog

DEBIAN = Path("/usr/lib/postgresql")
START_SECONDS = 3600.0
OPEN = "local all all trust\n"
SETTINGS = """\
listen_addresses = ''
unix_socket_permissions = 0700
port = 5432
hot_standby = off
archive_mode = off
shared_preload_libraries = ''
fsync = off
logging_collector = off
restore_command = 'cp "{log}/%f" "%p"'
recovery_target_timeline = 'current'
recovery_target_action = 'promote'
"""
NOT_REACHED = "recovery ended before configured recovery target was reached"


def recover(
    work: Path, facts: dict[str, Any], log: StoredLog | None, based_at: datetime, at: datetime, dump: Path
) -> str:
    """Write to `dump` what the database held at this moment. Returns the time of the last commit in it, as ISO 8601.

    A log whose replay ends before its pieces do has a hole: what was committed behind it is lost. Then only a moment
    up to the last commit before the hole is restored, or the base's own (`based_at`).

    Raises CannotRestore, CannotCopy, OSError.
    """
    data = work / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(work / wal.BASE_MEMBER) as tar:
        tar.extractall(data, filter="data")
    (work / wal.BASE_MEMBER).unlink()
    (work / "wal").mkdir(exist_ok=True, mode=0o700)
    programs = _find_programs((data / "PG_VERSION").read_text().strip())
    _set_up(work, data)
    # To the moment; where the log holds nothing after it, its end is before the moment, too.
    for target in (f"recovery_target_time = '{at.isoformat()}'\n", ""):
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(target)
        _give_away(work)
        try:
            with _running(programs, data, work) as address:
                end = _ask_for_end(address, facts)
                if not target and log is not None:
                    _refuse_hole(log, end, max(based_at, end.last_commit or based_at), at)
                _dump(programs, address, facts, dump)
                return end.last_commit.isoformat() if end.last_commit else ""
        except _NotReached:
            text = (data / "postgresql.conf").read_text()
            (data / "postgresql.conf").write_text(text.replace(target, ""))
    raise CannotRestore("PostgreSQL found no way to that moment. Nothing was changed.")


@dataclass(frozen=True)
class _End:
    """Where a replay ended: `position` as `16/B374D848`."""

    position: str
    last_commit: datetime | None


def _refuse_hole(log: StoredLog, end: _End, reached: datetime, at: datetime) -> None:
    """Refuse a moment that the replay didn't reach although the log was stored up to it. Raises CannotRestore."""
    missing = log.find_hole(end.position)
    if missing and at > reached:
        raise CannotRestore(
            f"The stored log has a hole at {end.position}: {missing} bytes from there on can't be replayed. It leads up"
            f' to --at "{reached.isoformat(sep=" ")}", and from the next base on. Nothing was changed.'
        )


class _NotReached(Exception):
    """Raised when the log ends before the moment."""


def _set_up(work: Path, data: Path) -> None:
    (data / "postgresql.conf").write_text(SETTINGS.format(log=work / "wal"))
    (data / "postgresql.auto.conf").write_text("")  # what was set there was for another machine
    (data / "pg_hba.conf").write_text(OPEN)
    (data / "pg_ident.conf").write_text("")
    (data / "standby.signal").unlink(missing_ok=True)
    (data / "recovery.signal").touch()


def _find_programs(version: str) -> Path:
    """Return the folder with the server's programs of this major version. Raises CannotRestore."""
    candidates = [DEBIAN / version / "bin"]
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).parent)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "pg_dump").exists():
            return folder
    raise CannotRestore(
        f"PostgreSQL {version} isn't installed here, and only it can read this base: apt-get install"
        f" postgresql-{version}. Nothing was changed."
    )


@contextmanager
def _running(programs: Path, data: Path, work: Path) -> Iterator[dict[str, Any]]:
    """Run the server until the block ends. Yields how it is reached. Raises _NotReached, CannotRestore."""
    log = work / "server.log"
    # Its path is short: that of a socket may have a hundred characters.
    socket = Path(tempfile.mkdtemp(prefix="vatra-"))
    os.chown(socket, *_get_owner())
    with log.open("wb") as out:
        server = subprocess.Popen(  # noqa: S603
            [str(programs / "postgres"), "-D", str(data), "-k", str(socket)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=work,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}, **_as_other(),
        )  # fmt: skip
    try:
        _wait(server, socket, log)
        yield {"host": str(socket), "port": 5432}
    finally:
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(socket, ignore_errors=True)


def _wait(server: "subprocess.Popen[bytes]", socket: Path, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        if server.poll() is not None or time.monotonic() > until:
            said = log.read_text(errors="replace")
            if NOT_REACHED in said:
                raise _NotReached
            lines = [line for line in said.splitlines() if line.strip()]
            fatal = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines
            raise CannotRestore(f"PostgreSQL can't replay the log: {fatal[-1][:200] if fatal else 'no answer'}")
        try:
            psycopg.connect(host=str(socket), port=5432, dbname="template1", user="nobody", connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if "does not exist" in str(error) and "role" in str(error):
                return  # it answers; nobody is nobody there
        time.sleep(0.1)


def _ask_for_end(address: dict[str, Any], facts: dict[str, Any]) -> _End:
    with psycopg.connect(**address, dbname=facts["database"], user=facts["user"]) as there:
        row = there.execute("SELECT pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp()").fetchone()
    assert row is not None
    return _End(row[0] or "0/0", row[1])


def _dump(programs: Path, address: dict[str, Any], facts: dict[str, Any], dump: Path) -> None:
    command = [str(programs / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}"]
    environment = {
        "PGHOST": address["host"],
        "PGPORT": "5432",
        "PGUSER": facts["user"],
        "PGDATABASE": facts["database"],
    }
    done = subprocess.run(  # noqa: S603
        command, env=environment | {"PATH": os.environ.get("PATH", os.defpath)}, capture_output=True, check=False
    )
    if done.returncode:
        raise CannotCopy(f"pg_dump failed (exit code {done.returncode})")


def _as_other() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then as the account that Debian made for it."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _get_owner() -> tuple[int, int]:
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return account.pw_uid, account.pw_gid


def _give_away(work: Path) -> None:
    if os.geteuid() != 0:
        return
    work.parent.chmod(work.parent.stat().st_mode | 0o011)  # it has to get through to its own folder
    for folder, _folders, files in os.walk(work):
        for path in (Path(folder), *(Path(folder) / name for name in files)):
            os.chown(path, *_get_owner())
