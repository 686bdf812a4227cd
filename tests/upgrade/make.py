"""Make the stored data of a landed commit: `python -m tests.upgrade.make COMMIT [sqlite|postgresql]`, without: both.

The commit's own code migrates, seeds and fills an empty database (`fill.py`), in a folder of its own and with the
packages that are installed now. Takes minutes. Where its code doesn't run with these packages, it says so and stores
nothing.
"""

import argparse
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from tests.programs import find_program

from .keys import KEYS

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"
MAX_BYTES = 470_000
FILES = ("attachments", "case_keys")
SEEDING = (("migrate", "-v0"), ("seed_reference",), ("seed_demo", "--quiet"))
SEARCH_SHADOWS = ("_fts_data", "_fts_idx", "_fts_docsize", "_fts_content")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("commit")
    reader.add_argument("database", nargs="?", choices=["sqlite", "postgresql"])
    options = reader.parse_args()
    commit = _run(["git", "rev-parse", "--short=8", f"{options.commit}^{{commit}}"], ROOT).strip()
    for database in [options.database] if options.database else ["sqlite", "postgresql"]:
        if database == "postgresql" and "DATABASE_URL" not in os.environ:
            # Again, with a cluster of its own.
            command = ["-m", "tests.servers", "-m", "tests.upgrade.make", commit, database]
            _run([sys.executable, *command], ROOT, dict(os.environ))
            continue
        make(commit, database)
    return 0


def find_stored(database: str) -> list[Path]:
    """Return what is stored for this database, of the oldest commit first (data/landed.txt)."""
    order = (DATA / "landed.txt").read_text().split()
    return [path for commit in order if (path := DATA / f"{commit}-{database}.tar.xz").exists()]


def make(commit: str, database: str) -> Path:
    """Make and store it. Raises SystemExit with what the commit's code said."""
    with tempfile.TemporaryDirectory(prefix="landed-") as folder:
        code, data = Path(folder) / "code", Path(folder) / "data"
        code.mkdir()
        data.mkdir()
        archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(code)], input=archive, check=True)
        environment = {
            name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
        }
        environment |= KEYS | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATA_DIR": str(data),
            "PYTHONPATH": f"{code / 'site'}:{code}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if database == "postgresql":
            environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
        for words in SEEDING:
            _run([sys.executable, "manage.py", *words], code, environment)
        said = _run([sys.executable, str(Path(__file__).with_name("fill.py"))], code, environment)
        facts = json.loads(said.rpartition("FOUND ")[2])
        dump = dump_sqlite(data / "vatra.sqlite3") if database == "sqlite" else dump_postgresql()
        return store(commit, database, dump, facts, data)


def dump_sqlite(path: Path) -> str:
    """Return the database as SQL. The index of the search stays out: the service makes it anew."""
    with closing(sqlite3.connect(path)) as connection:
        lines = [
            line
            for line in connection.iterdump()
            if not any(line.startswith(f'INSERT INTO "wagtailsearch_indexentry{each}"') for each in SEARCH_SHADOWS)
        ]
    return "\n".join(lines)


def dump_postgresql() -> str:
    command = [find_program("pg_dump"), "--format=plain", "--no-owner", "--no-privileges", os.environ["DATABASE_URL"]]
    return _run(command, ROOT, dict(os.environ))


def store(commit: str, database: str, dump: str, facts: dict[str, object], data: Path) -> Path:
    """Write the archive. Raises SystemExit when it is larger than what belongs into the repository."""
    path = DATA / f"{commit}-{database}.tar.xz"
    with tarfile.open(path, "w:xz", preset=9) as tar:
        for name, content in (("database.sql", dump), ("facts.json", json.dumps(facts))):
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            tar.addfile(member, io.BytesIO(content.encode()))
        for name in FILES:
            if (data / name).is_dir():
                tar.add(data / name, arcname=name, filter=_as_nobodys)
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}: {size} bytes\n")
    _note(commit)
    if size > MAX_BYTES:
        raise SystemExit(f"{path.name} has {size} bytes, more than {MAX_BYTES}: thin it out in fill.py.")
    return path


def _note(commit: str) -> None:
    """Add the commit to the list, which is in the order of landing."""
    path = DATA / "landed.txt"
    known = path.read_text().split() if path.exists() else []
    if commit not in known:
        path.write_text("".join(f"{each}\n" for each in [*known, commit]))


def _as_nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:100]}: {done.stdout[-500:]}\n{done.stderr[-1500:]}")
    if done.stdout.startswith(tuple("0123456789abcdef")) and "tar.xz:" in done.stdout:
        sys.stdout.write(done.stdout)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
