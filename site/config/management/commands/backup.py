"""`manage.py backup`: back everything up into one encrypted archive while the service runs (docs/operator.md)."""

from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config.backups.database import CannotCopy
from config.backups.elsewhere.store import NotTaken
from config.backups.elsewhere.taking import take
from config.backups.making import CASE_KEYS, MEDIA_AWAY, MIB, Made, NoBackup, claim, make_backup
from config.backups.proof import prove
from config.health import BACKUP, BACKUP_ELSEWHERE, BACKUP_FAILED, BACKUP_PROOF
from notifications.outbox.models import Heartbeat

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Writes the database, attached files, public files and plain settings into one archive that only the holder of"
        " the identity opens, reads it back, and removes old ones (7 daily, 4 weekly, 12 monthly stay)."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="another folder than BACKUP_DIR")
        parser.add_argument("--prove", action="store_true", help="also restore it into an empty place to try it")

    def handle(self, *args: Any, to: Path | None, prove: bool, **options: Any) -> None:
        folder = to or (Path(settings.BACKUP_DIR) if settings.BACKUP_DIR else None)
        if folder is None:
            self._fail("no_folder", "BACKUP_DIR is empty: name the folder that backups go to, best another disk.")
        try:
            made = make_backup(folder)
        except NoBackup as reason:
            self._fail(reason.code, str(reason))
        except CannotCopy as reason:
            self._fail("database", str(reason))
        facts = {"bytes": made.size, "seconds": round(made.seconds, 1), "files": len(made.manifest.members)}
        Heartbeat.beat(BACKUP, facts)
        self._say(made)
        failure = self._take(made) if settings.BACKUP_TO and to is None else None
        if prove:
            self._prove(made)
        if made.manifest.lost:
            first = made.manifest.lost[0]
            self._fail("files_lost", f"{len(made.manifest.lost)} attached files are gone from the disk, {first} first.")
        if away := made.manifest.facts.get(MEDIA_AWAY):
            self._fail(
                "media_away",
                f"The media bucket was away ({away}): the archive lacks some or all pictures and documents of the site,"
                " and holds everything else. `vatra check` says why; then make another.",
            )
        if made.hook:
            self._fail(
                "hook",
                f"BACKUP_HOOK failed ({made.hook}): the archive is in its folder, and the hook's place lacks it.",
            )
        if failure is not None:
            self._fail(*failure)
        Heartbeat.objects.filter(part=BACKUP_FAILED).delete()

    def _say(self, made: Made) -> None:
        facts = made.manifest.facts
        self.stdout.write(
            f"{made.path}: {made.size / MIB:.1f} MB in {made.seconds:.1f} s, {sum(facts['counts'].values())} rows,"
            f" {len(made.manifest.members) - 2} members, read back whole; head {facts['head']}"
        )
        self.stdout.write(f"{made.path.with_name(CASE_KEYS)}: replaced. Never store an older copy of it.")
        if made.manifest.gone:
            self.stdout.write(f"{len(made.manifest.gone)} attached files were deleted meanwhile, with their rows")
        if made.removed:
            self.stdout.write(f"{made.removed} older archives removed")

    def _take(self, made: Made) -> tuple[str, str] | None:
        """Take it elsewhere. Returns (code, words) of a failure, which is noted at once: what follows may fail, too."""
        try:
            with claim():
                taken = take(settings.BACKUP_TO, made.path)
        except (NotTaken, NoBackup, OSError) as reason:
            code = getattr(reason, "code", type(reason).__name__)
            words = str(reason) if hasattr(reason, "code") else type(reason).__name__
            failure = f"elsewhere_{code}", f"The archive is in {made.path.parent}, and not elsewhere: {words}"
            self.stderr.write(failure[1])
            with suppress(DatabaseError):
                Heartbeat.beat(BACKUP_FAILED, {"code": failure[0][:40]})
            return failure
        Heartbeat.beat(BACKUP_ELSEWHERE, {"archives": taken.archives})
        self.stdout.write(
            f"{settings.BACKUP_TO}: arrived and read back; {taken.archives} archives there, {taken.removed} older ones"
            " removed"
        )
        return None

    def _prove(self, made: Made) -> None:
        try:
            found = prove(made)
        except NoBackup as reason:
            self._fail(reason.code, str(reason))
        for each in found.findings:
            self.stdout.write(f"{'ok  ' if each.ok else 'FAIL'} {each.name}: {each.words}")
        Heartbeat.beat(BACKUP_PROOF, {"error": found.error, "archive": made.path.name})
        if found.error:
            raise CommandError("The backup was restored to try it, and isn't well: see above.")

    def _fail(self, code: str, words: str) -> NoReturn:
        """Note the failure, which operators are mailed about, and end."""
        log.error("backup_failed", code=code)
        with suppress(DatabaseError):
            Heartbeat.beat(BACKUP_FAILED, {"code": code[:40]})
        raise CommandError(words)
