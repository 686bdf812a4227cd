"""`manage.py restore ARCHIVE --into FOLDER`: put a backup into an empty place, or only try whether it can be."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import environ
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import get_current_timezone

from config.backups import restoring
from config.backups.archive import Manifest
from config.backups.contents import MEDIA
from config.backups.elsewhere.store import NotTaken
from config.backups.elsewhere.taking import bring
from config.backups.making import CASE_KEYS, MIB, WORK
from config.backups.point_in_time import restoring as moments
from config.backups.point_in_time import taking as elsewhere
from config.backups.point_in_time.names import NoWay
from config.backups.restoring import CannotRestore
from config.backups.streams import BadKey, Identity, parse_identities
from content.media_storage.location import has_bucket

AT_MOST_NAMED = 200
OWN = "DATABASE_URL"


class Command(BaseCommand):
    help = (
        "Restores a backup into an empty folder and checks it there: schema, rows, record, keys, attached files. With"
        " --check everything is removed again. Nothing that is there is ever replaced."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", help="a file, or sftp://… or s3://… of one; with / at its end the newest there")
        parser.add_argument(
            "--at",
            default="",
            help='a moment, such as "2026-11-29 04:00"; the archive is then BACKUP_DIR or BACKUP_TO/',
        )
        parser.add_argument("--into", type=Path, required=True, help="an empty folder: the future DATA_DIR")
        parser.add_argument("--identity", required=True, help="the file with AGE-SECRET-KEY-…, or - to type it")
        parser.add_argument("--case-keys", type=Path, help=f"the newest {CASE_KEYS} (beside the archive)")
        parser.add_argument(
            "--database",
            default="",
            help=f"for PostgreSQL: the URL of an empty database, or the word {OWN}: that of the settings",
        )
        parser.add_argument("--check", action="store_true", help="only try it; what was written is removed again")
        parser.add_argument("--mail-log", type=Path, help="the mail server's log since the backup (also .gz)")
        parser.add_argument("--accept-unsigned", action="store_true", help="restore what our key didn't sign")

    def handle(self, *args: Any, archive: str | Path, into: Path, **options: Any) -> None:
        began, into = time.monotonic(), into.resolve()
        if options["database"] == OWN:
            # So that no list of processes shows its password.
            options["database"] = os.environ.get(OWN, "")
            if not options["database"].startswith("postgres"):
                raise CommandError(f"{OWN} names no database of PostgreSQL. Nothing was changed.")
        if options["mail_log"] and not options["mail_log"].is_file():
            raise CommandError(f"{options['mail_log']}: there is no such file. Nothing was changed.")
        try:
            options["at"] = moments.read_moment(options["at"], get_current_timezone()) if options["at"] else None
            with self._bring(str(archive), into, options["at"]) as path:
                self._restore(path, into, options)
        except (CannotRestore, NotTaken, NoWay) as reason:
            raise CommandError(str(reason)) from None
        finally:
            self.stdout.write(f"{(time.monotonic() - began) / 60:.1f} minutes")

    @contextmanager
    def _bring(self, archive: str, into: Path, at: datetime | None) -> Iterator[Path]:
        """Yield the archive's path, for a moment that of a folder; what is elsewhere lies beside the place meanwhile.

        Raises NotTaken, NoWay, CannotRestore.
        """
        if "://" not in archive:
            yield Path(archive) if at is None else moments.find_folder(Path(archive))
            return
        restoring.refuse_unless_empty(into)
        try:
            with tempfile.TemporaryDirectory(prefix=WORK, dir=into.parent) as folder:
                if at is not None:
                    yield elsewhere.bring(archive, Path(folder), at, beyond=moments.BEYOND)
                    return
                path = bring(archive, Path(folder))
                self.stdout.write(f"{path.name} has arrived, {path.stat().st_size / MIB:.1f} MB, as its sum says")
                yield path
        except OSError as error:
            raise CannotRestore(f"{into.parent}: {error.strerror or type(error).__name__}.") from None

    def _restore(self, archive: Path, into: Path, options: dict[str, Any]) -> None:
        identities = self._read_identities(options["identity"])
        url = options["database"] or restoring.get_sqlite_url(into)
        database = environ.Env.db_url_config(options["database"]) if options["database"] else None
        is_new = not into.exists()
        at: datetime | None = options["at"]
        manifest = (
            restoring.unpack(archive, identities, into, database=database)
            if at is None
            else moments.unpack(archive, at, identities, into, database=database)
        )
        try:
            self._refuse_unsigned(manifest.is_signed, archive, options["accept_unsigned"])
            case_keys = self._put_case_keys_back(archive, identities, into, options)
            if manifest.facts.get("vendor") != "sqlite" and not options["database"]:
                raise CannotRestore("It is from PostgreSQL: name an empty database with --database.")
            arguments = ["check", *(["--with-case-keys"] if case_keys else [])]
            found = restoring.run_in_place(into, url, *arguments, manifest=manifest)["findings"]
        except BaseException:
            self._remove(into, is_new)
            raise
        for each in found:
            self.stdout.write(f"{'ok  ' if each['ok'] else 'FAIL'} {each['name']}: {each['words']}")
        failed = [each["name"] for each in found if not each["ok"]]
        if options["check"]:
            self._remove(into, is_new)
            if database is not None:
                self.stdout.write(f"The database {database['NAME']} stays as it was loaded: drop it (dropdb).")
            if failed:
                raise CommandError(f"{archive.name} can be read, and isn't well: {', '.join(failed)}.")
            self.stdout.write(f"{archive.name} of {manifest.made_at} can be restored. Nothing of it is left in {into}.")
            return
        self._settle(manifest, into, url, options)
        if has_bucket():
            self._put_media_into_bucket(into / MEDIA)
        if failed:
            raise CommandError(f"Restored, and not all is well: {', '.join(failed)}. Look at it before you start.")

    def _read_identities(self, name: str) -> list[Identity]:
        try:
            if name == "-":
                self.stderr.write("The identity (AGE-SECRET-KEY-1…), then Ctrl-D:")
                return parse_identities(sys.stdin.read())
            return parse_identities(Path(name).read_text())
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{name} is no text file with an identity of age.") from None
        except BadKey as error:
            raise CommandError(f"{error}.") from None

    @staticmethod
    def _refuse_unsigned(is_signed: bool, path: Path, accepts: bool) -> None:
        if not is_signed and not accepts:
            raise CannotRestore(
                f"{path.name} isn't signed with a key that is here: either AUDIT_KEYS lacks the one of then (put it"
                " into the settings), or somebody else wrote it. --accept-unsigned restores it all the same. Nothing"
                " was changed."
            )

    def _put_case_keys_back(
        self, archive: Path, identities: list[Identity], into: Path, options: dict[str, Any]
    ) -> bool:
        path = options["case_keys"] or archive.with_name(CASE_KEYS)
        if not path.exists() and (archive / CASE_KEYS).exists():
            path = archive / CASE_KEYS
        if not path.exists():
            if options["case_keys"]:
                raise CannotRestore(f"{path}: there is no such file.")
            self.stdout.write(f"Without {CASE_KEYS} no case can be read: name the newest with --case-keys.")
            return False
        folder = into / restoring.CASE_KEYS_FOLDER
        made_at, keys, marks, is_signed = restoring.put_case_keys_back(path, identities, folder)
        self._refuse_unsigned(is_signed, path, options["accept_unsigned"])
        self.stdout.write(f"case keys of {made_at}: {keys}, and {marks} destroyed ones")
        return True

    @staticmethod
    def _remove(into: Path, is_new: bool) -> None:
        restoring.remove(into)
        if is_new:
            restoring.remove_folder(into)

    def _settle(self, manifest: Manifest, into: Path, url: str, options: dict[str, Any]) -> None:
        log = ["--mail-log", str(options["mail_log"].resolve())] if options["mail_log"] else []
        found = restoring.run_in_place(into, url, "settle", *log, manifest=manifest)
        if "error" in found:
            raise CannotRestore(
                f"Restored to {into}, but not settled: {found['error']}. Don't start the service on it."
            )
        self.stdout.write(
            f"settled: {found['forgotten']} cases forgotten again, {found['sessions']} sessions and {found['tokens']}"
            " tokens ended"
        )
        self._list_notices("went out, and the database doesn't know them", found.get("unknown"))
        self._list_notices("went out, and will be sent again with the same Message-ID", found.get("again"))
        if not log:
            self.stdout.write("No --mail-log: notices that went out after the backup can't be listed.")
        self.stdout.write(
            f"Not in it: whatever was entered after {manifest.made_at}. Before you start the service, ask units and"
            " coordinators for forms and answers since then, and look for accounts that were shut, roles that were"
            " ended and contacts that were changed or taken off duty since: they are as they were. Set DATA_DIR and"
            f" DATABASE_URL to {into}; the settings of then are in {restoring.OLD_SETTINGS}."
        )

    def _put_media_into_bucket(self, folder: Path) -> None:
        try:
            call_command("media", "to-bucket", folder=folder, stdout=self.stdout)
        except CommandError as reason:
            raise CommandError(
                f"Restored, but pictures and documents lie in {folder}, and not all of them in the bucket: {reason}"
                f" Then: vatra manage media to-bucket --folder {folder}"
            ) from None
        self.stdout.write(f"Pictures and documents are in the bucket; {folder} isn't read any more.")

    def _list_notices(self, what: str, found: list[list[str]] | None) -> None:
        if found is None:
            return
        self.stdout.write(f"{len(found)} notices {what}")
        for notice, at in found[:AT_MOST_NAMED]:
            self.stdout.write(f"  {at}  {notice}")
        if len(found) > AT_MOST_NAMED:
            self.stdout.write(f"  and {len(found) - AT_MOST_NAMED} more")
