"""`vatra check`: everything an operator has to see to, each in words with what to do about it.

A module and no command of Django's, because it must also speak when the settings don't let Django start: what needs
Django is imported inside the functions. Changes nothing. Exit code 1 when something is missing; hints alone leave it 0.
"""

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.certificates import CERTIFICATE_DAYS, get_certificate_end

TIME_ERROR = 5  # adjtimex(2): the kernel's clock isn't synchronised
TIMEX_BYTES = 512  # more than any kernel's struct timex
MIB = 2**20


@dataclass(frozen=True)
class Result:
    """What one check found. `level`: ok, hint or missing."""

    level: str
    words: str


def ok(words: str) -> Result:
    return Result("ok", words)


def hint(words: str) -> Result:
    return Result("hint", words)


def missing(words: str) -> Result:
    return Result("missing", words)


def main() -> int:
    """Run every check and return the exit code. One that fails by itself stops no other."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        # Named one by one, as the settings found them.
        for words in str(error).rstrip(".").split("; "):
            _print("settings", missing(words))
        return 1
    results = list(run_checks())
    for name, result in results:
        _print(name, result)
    amount = sum(result.level == "missing" for _name, result in results)
    sys.stdout.write(f"{amount} to see to\n" if amount else "nothing to see to\n")
    return 1 if amount else 0


def run_checks() -> Iterator[tuple[str, Result]]:
    """Yield (name, result) of each check."""
    has_database = True
    for name, check in CHECKS.items():
        if name in ON_DATABASE and not has_database:
            yield name, hint("not looked at before the database is in order")
            continue
        try:
            for result in check():
                has_database = has_database and not (name == "database" and result.level == "missing")
                yield name, result
        except Exception as error:  # noqa: BLE001 - said, and passed by
            yield name, missing(f"could not be looked at ({type(error).__name__})")


def _check_settings() -> Iterator[Result]:
    from django.conf import settings
    from django.core import checks

    found = checks.run_checks(databases=[])
    for issue in found:
        if issue.is_serious():
            yield missing(str(issue.msg))
        elif issue.level >= checks.WARNING:
            yield hint(str(issue.msg))
    if settings.PROFILE != "production":
        yield missing(
            f"the profile is {settings.PROFILE}: DJANGO_SETTINGS_MODULE=config.settings.production for real cases"
        )
    elif not found:
        yield ok("filled in, no placeholder")


def _check_database() -> Iterator[Result]:
    from django.db import DatabaseError, connection

    from config.health import missing_migrations

    try:
        lacking = missing_migrations()
    except DatabaseError as error:
        yield missing(f"the database of DATABASE_URL can't be used ({type(error).__name__})")
        return
    if lacking:
        yield missing(f"{len(lacking)} migrations are missing: restart the service, it migrates")
    else:
        yield ok(f"{connection.vendor}, the schema is this release's")


def _check_keys() -> Iterator[Result]:
    from django.conf import settings

    from audit.keys import chain_keys
    from vault.canary import KeysRefused, check_keys
    from vault.keyring import KeyRingError

    try:
        check_keys()
        yield ok("VAULT_KEYS open what is sealed")
    except (KeysRefused, KeyRingError) as refused:
        yield missing(str(refused))
    yield from _check_field_keys()
    if settings.AUDIT_KEYS:
        chain_keys()
        yield ok("AUDIT_KEYS sign the record")
    else:
        yield hint(
            f"the record's key stands in {settings.AUDIT_KEY_FILE}: copy its line into AUDIT_KEYS, and off this machine"
        )


def _check_field_keys() -> Iterator[Result]:
    """Ask each key to which phones seal for its public part: a token that is away is found here, not by a phone."""
    from vault.field_keys import load_field_keys
    from vault.keyring import KeyRingError

    try:
        ring = load_field_keys()
    except KeyRingError as refused:
        yield missing(str(refused))
        return
    for key in ring:
        try:
            key.public  # noqa: B018 - reads it
        except KeyRingError as refused:
            yield missing(f"{refused}: phones are answered 503 until it is there again, and nothing is lost")
        else:
            yield ok(f"FIELD_KEYS: {key.id} is there")


def _check_people() -> Iterator[Result]:
    from access.models import Assignment, StaffRole
    from notifications.outbox.alarm import get_operators_to_mail

    operators = len(get_operators_to_mail())
    if not operators:
        yield missing("no operator has an e-mail address, so no alarm reaches anybody: see *Staff*")
    wanted = ((StaffRole.COORDINATOR, "coordinators"), (StaffRole.AUDITOR, "keepers of the record"))
    for role, name in wanted:
        amount = Assignment.objects.current().filter(role=role, user__is_active=True).values("user").distinct().count()
        if amount < 2:
            yield hint(f"{amount} {name}: what takes two can't be done; invite them under *Staff*")
        else:
            yield ok(f"{amount} {name}")


def _check_roster() -> Iterator[Result]:
    from django.core.management import CommandError, call_command

    try:
        call_command("check_readiness", stdout=StringIO())
        yield ok("somebody is notified at every hour of the next 14 days")
    except CommandError as error:
        gaps = "nobody is entered anywhere" if "among 0 desk" in str(error) else f"{error} in the next 14 days"
        yield missing(f"{gaps}; `vatra manage check_readiness` lists them, coordinators enter the roster")


def _check_mail() -> Iterator[Result]:
    from django.conf import settings
    from django.core.mail import get_connection

    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with get_connection():
            pass
        yield ok(f"{server} takes us; `vatra test-mail ADDRESS` sends one")
    except OSError as error:
        yield missing(
            f"{server} can't be used ({type(error).__name__}): EMAIL_URL, and whether this machine may reach it"
        )


def _check_certificate() -> Iterator[Result]:
    from django.conf import settings

    url = urlsplit(settings.PUBLIC_URL)
    if url.scheme != "https" or not url.hostname:
        yield hint("PUBLIC_URL isn't https: no certificate to look at")
        return
    until = get_certificate_end(url.hostname, url.port or 443)
    if isinstance(until, str):
        yield missing(f"{url.hostname}: {until}")
        return
    days = (until - datetime.now(UTC)).days
    if days < CERTIFICATE_DAYS:
        yield missing(f"the certificate of {url.hostname} ends in {days} days: see why it isn't renewed")
    else:
        yield ok(f"the certificate of {url.hostname} is good for {days} days")


def _check_clock() -> Iterator[Result]:
    state = get_clock_state()
    if state is None:
        yield hint("whether the clock is synchronised can't be seen here")
    elif state == TIME_ERROR:
        yield missing(
            "the clock isn't synchronised (apt-get install systemd-timesyncd): times to answer would be wrong"
        )
    else:
        yield ok("the clock is synchronised")


def get_clock_state() -> int | None:
    """Ask the kernel, whichever program sets its clock."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else int(state)


def _check_disk() -> Iterator[Result]:
    from django.conf import settings

    free = shutil.disk_usage(settings.DATA_DIR).free // MIB
    if free < settings.DISK_MIN_MB:
        yield missing(f"{free} MB are free where {settings.DATA_DIR} is: make room before writing fails")
    else:
        yield ok(f"{free} MB free where {settings.DATA_DIR} is")
    # Not the group's x: it is what nginx, which passes through to the pictures, shows of its entry in the access list.
    if Path(settings.DATA_DIR).stat().st_mode & 0o067:
        yield missing(f"others on this machine can look into {settings.DATA_DIR}: chmod 700")


def _check_backup() -> Iterator[Result]:
    from django.conf import settings
    from django.utils import timezone

    from config.backups.making import NoBackup, get_recipients
    from config.health import BACKUP_PROOF, describe_backup
    from notifications.outbox.models import Heartbeat

    beats = {beat.part: beat for beat in Heartbeat.objects.filter(part__startswith="backup")}
    found = describe_backup(beats, timezone.now())
    if not settings.BACKUP_DIR:
        yield missing("BACKUP_DIR is empty: name the folder that backups go to, best another disk")
    else:
        yield from _check_backup_folder(Path(settings.BACKUP_DIR))
        try:
            get_recipients()
        except NoBackup as reason:
            yield missing(str(reason))
    if found["error"]:
        yield missing(f"the last one failed ({found['error']}): `vatra backup` says why")
    if found["age_h"] is None:
        yield missing("none was ever made: `vatra backup --prove`, then enable the timers (docs/operator.md)")
    elif settings.BACKUP_MAX_HOURS and found["age_h"] > settings.BACKUP_MAX_HOURS:
        yield missing(f"the last one is {found['age_h']:.0f} hours old: does its timer run? (systemctl list-timers)")
    else:
        yield ok(f"the last one is {found['age_h']:.0f} hours old")
    if settings.BACKUP_DIR:
        yield _describe_proof(found, beats.get(BACKUP_PROOF))
    if settings.BACKUP_TO:
        yield _look_elsewhere(settings.BACKUP_TO)
    elif not settings.BACKUP_HOOK:
        yield hint(
            "BACKUP_TO and BACKUP_HOOK are empty: a fire here takes the backups too, unless something else takes them"
            " away"
        )


def _check_point_in_time() -> Iterator[Result]:
    from django.conf import settings
    from django.utils import timezone

    from config.health import POINT_IN_TIME, describe_point_in_time
    from notifications.outbox.models import Heartbeat

    if not settings.POINT_IN_TIME_SECONDS:
        yield hint("POINT_IN_TIME_SECONDS isn't set: what was entered since the last backup is lost with this machine")
        return
    beats = {beat.part: beat for beat in Heartbeat.objects.filter(part=POINT_IN_TIME)}
    found = describe_point_in_time(beats, timezone.now())["point_in_time"]
    if found["error"]:
        yield missing(f"it fails ({found['error']}): journalctl -u vatra-point-in-time -n 50")
    if found["age_s"] is None:
        yield missing("nothing was ever stored: systemctl enable --now vatra-point-in-time")
    elif not found["ok"]:
        yield missing(f"the last moment that can be restored is {_say_ages(found)} ago: does its unit run?")
    else:
        yield ok(f"the last moment that can be restored is {_say_ages(found)} ago")


def _say_ages(found: dict[str, Any]) -> str:
    here = f"{found['age_s']:.0f} s"
    if "elsewhere_s" not in found:
        return here
    return (
        f"{here} (elsewhere {'never' if found['elsewhere_s'] is None else format(found['elsewhere_s'], '.0f') + ' s'})"
    )


def _describe_proof(found: dict[str, Any], proof: Any) -> Result:
    if proof is None:
        return missing("none was ever restored to try it: `vatra backup --prove`")
    if found["proof_error"]:
        return missing(f"one was restored to try it, and wasn't well ({found['proof_error']}): `vatra backup --prove`")
    from django.conf import settings

    if timedelta(days=found["proven_d"]) > timedelta(days=settings.BACKUP_PROOF_MAX_DAYS):
        return missing(
            f"the last one that was restored to try it was {found['proven_d']:.0f} days ago: does its timer run?"
        )
    return ok(f"one was restored to try it {found['proven_d']:.0f} days ago")


def _look_elsewhere(url: str) -> Result:
    from config.backups.elsewhere.opening import open_store
    from config.backups.elsewhere.store import NotTaken
    from config.backups.rotation import read_time

    try:
        with open_store(url) as store:
            times = [at for name in store.list() if (at := read_time(name)) is not None]
    except NotTaken as reason:
        return missing(f"BACKUP_TO: {reason}")
    if not times:
        return missing(f"no archive has arrived at {url}: `vatra backup`")
    return ok(f"{len(times)} archives at {url}, the newest of {max(times):%Y-%m-%d %H:%M} UTC")


def _check_backup_folder(folder: Path) -> Iterator[Result]:
    from django.conf import settings

    if not folder.is_dir():
        yield missing(f"{folder} isn't there: install -d -m 700 -o vatra -g vatra {folder}")
        return
    if not os.access(folder, os.W_OK):
        yield missing(f"{folder} can't be written to by the service's user")
    if folder.stat().st_mode & 0o077:
        yield hint(f"others on this machine can look into {folder}: chmod 700")
    if folder.stat().st_dev == Path(settings.DATA_DIR).stat().st_dev:
        yield hint(f"{folder} is on the disk of the data: when it breaks, both are lost")


def _check_media() -> Iterator[Result]:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from content.media_storage.location import has_bucket, read_location

    if not has_bucket():
        yield ok("in DATA_DIR/media (MEDIA_BUCKET_URL isn't set)")
        return
    try:
        read_location()
    except ImproperlyConfigured as error:
        yield missing(str(error))
        return
    from content.media_storage.files import get_bucket
    from content.media_storage.probe import NotUsable, keeps_names, try_bucket

    try:
        try_bucket(get_bucket())
    except NotUsable as reason:
        yield missing(str(reason))
        return
    yield ok(f"{settings.MEDIA_BUCKET_URL} is reached, read, written to, and private")
    if not keeps_names(get_bucket()):
        yield hint(
            "its service takes a file over one of the same name (it knows no If-None-Match): of two that are uploaded"
            " by two machines at the same moment under one name, the later would replace the other"
        )
    yield _compare_media()


def _compare_media() -> Result:
    from config.backups.database import iter_media_names
    from content.media_storage.files import list_files

    names, there = set(iter_media_names()), {each.name for each in list_files()}
    lost = names - there
    if lost:
        return missing(
            f"{len(lost)} of {len(names)} files that the database names aren't in the bucket: `vatra manage media"
            " to-bucket` copies them there from DATA_DIR/media"
        )
    return ok(f"all {len(names)} files that the database names are in the bucket")


CHECKS: dict[str, Callable[[], Iterator[Result]]] = {
    "settings": _check_settings,
    "database": _check_database,
    "keys": _check_keys,
    "people": _check_people,
    "roster": _check_roster,
    "mail": _check_mail,
    "certificate": _check_certificate,
    "clock": _check_clock,
    "disk": _check_disk,
    "media": _check_media,
    "backup": _check_backup,
    "point in time": _check_point_in_time,
}
ON_DATABASE = frozenset({"keys", "people", "roster", "media", "backup", "point in time"})
MARKS = {"ok": "ok   ", "hint": "hint ", "missing": "MISS "}


def _print(name: str, result: Result) -> None:
    sys.stdout.write(f"{MARKS[result.level]} {name}: {result.words}\n")


if __name__ == "__main__":
    sys.exit(main())
