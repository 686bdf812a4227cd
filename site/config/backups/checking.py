"""Check what was restored, in its own place: schema, counts, chain, keys, files. Each finding is said in words.

Runs in a process whose settings name that place (`restoring.run_in_place`). An older schema is brought to this release
first: the place is a copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from audit.verification import verify_chain
from case_forms.submissions.attachments.storage import ContentLost, get_content
from case_forms.submissions.models import Attachment
from case_forms.tips import voices
from case_forms.tips.models import TipVoice
from config.health import missing_migrations
from vault import data_keys
from vault.canary import KeysRefused, check_keys
from vault.keyring import KeyRingError
from vault.models import DataKey

from .archive import Manifest
from .database import count_rows, iter_media_names

NAMED = 3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `words` say what is so, and what to do when it isn't well."""

    name: str
    ok: bool
    words: str


def check_restored(manifest: Manifest, *, with_case_keys: bool) -> list[Finding]:
    """Check the database and files of this process's settings against what the archive says of itself."""
    found = [_check_counts(manifest), *_check_schema()]
    if all(each.ok for each in found if each.name == "schema"):
        found += [_check_chain(str(manifest.facts.get("head", ""))), _check_keys(with_case_keys)]
        found += [_check_attachments(manifest, with_case_keys), _check_voices(manifest), _check_media()]
    return found


def check_moved(head: str) -> list[Finding]:
    """Check a database into which all rows were moved: does the record end at this head, do the keys open it?"""
    return [_check_chain(head), _check_keys(True)]


def _check_counts(manifest: Manifest) -> Finding:
    expected: dict[str, int] = manifest.facts.get("counts", {})
    if not expected:
        return Finding("counts", True, "of a moment no counts were noted")
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:

        def execute(sql: str) -> list[tuple[object, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        found = count_rows(execute, sorted(expected.keys() & there))
    odd = sorted(table for table in expected if found.get(table) != expected[table])
    if odd:
        return Finding("counts", False, f"{len(odd)} tables hold another number of rows, the first is {odd[0]}")
    return Finding("counts", True, f"{sum(found.values())} rows in {len(found)} tables, as when it was copied")


def _check_schema() -> Iterator[Finding]:
    missing = missing_migrations()
    if not missing:
        yield Finding("schema", True, "the schema is this release's")
        return
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, ValueError) as error:
        yield Finding("schema", False, f"the schema is older, and can't be migrated here ({type(error).__name__})")
        return
    yield Finding("schema", True, f"the schema was older: {len(missing)} apps migrated to this release")


def _check_chain(head: str) -> Finding:
    number, _colon, digest = head.partition(":")
    report = verify_chain(noted=head if digest else "")
    if not report.ok:
        return Finding("chain", False, f"the record is broken at entry {report.broken}: {report.reason}")
    # Migrations may have added entries of their own behind it.
    if digest and not AuditEntry.objects.filter(number=number, hash=digest).exists():
        return Finding("chain", False, f"the record doesn't hold the head that was noted, {number}:{digest[:16]}")
    end = f", head {number}:{digest[:16]}" if digest else ""
    return Finding("chain", True, f"the record is whole, {report.entries} entries{end}")


def _check_keys(with_case_keys: bool) -> Finding:
    try:
        check_keys()
    except (KeysRefused, KeyRingError) as refused:
        if not with_case_keys and "VAULT_CASE_KEY_DIR" in str(refused):
            return Finding("keys", True, "keys of cases were not given, so nothing under them was opened")
        return Finding("keys", False, str(refused))
    if not with_case_keys:
        return Finding("keys", True, "VAULT_KEYS open the canaries; keys of cases were not given")
    owners = DataKey.objects.filter(destroyed_at__isnull=True).values_list("owner", flat=True)
    lost = [owner for owner in owners.iterator() if not _has_key(owner)]
    if lost:
        return Finding(
            "keys", False, f"{len(lost)} cases have no key, the first is {lost[0]}: is it the newest file of case keys?"
        )
    return Finding("keys", True, f"VAULT_KEYS open the canaries; all {len(owners)} keys of cases are there")


def _has_key(owner: UUID) -> bool:
    """Whether the key is there, or was destroyed after the copy was made: then the case is forgotten again."""
    return data_keys.is_destroyed(owner) or (Path(settings.VAULT_CASE_KEY_DIR) / owner.hex[:2] / owner.hex).exists()


def _check_attachments(manifest: Manifest, with_case_keys: bool) -> Finding:
    gone, opened, lost, closed = set(manifest.gone), 0, [], 0
    known = {name.rpartition("/")[2] for name in manifest.members}
    for attachment in Attachment.objects.order_by("pk").iterator(chunk_size=100):
        try:
            with transaction.atomic():
                get_content(attachment)
            opened += 1
        except ContentLost:
            is_there = f"{attachment.pk}.sealed" in known
            if is_there and (not with_case_keys or _is_forgotten(attachment)):
                closed += 1
            elif str(attachment.pk) not in gone:
                lost.append(str(attachment.pk))
    if lost:
        noted = " (as it was noted when the backup was made)" if set(lost) <= set(manifest.lost) else ""
        return Finding("attachments", False, f"{len(lost)} attached files don't open, the first is {lost[0]}{noted}")
    rest = f"; {closed} are under keys that aren't here" if closed else ""
    rest += f"; {len(gone)} were deleted while the backup was made" if gone else ""
    return Finding("attachments", True, f"{opened} attached files open{rest}")


def _check_voices(manifest: Manifest) -> Finding:
    gone, opened, lost = set(manifest.gone), 0, []
    for voice in TipVoice.objects.order_by("pk").iterator(chunk_size=100):
        try:
            voices.get_content(voice)
            opened += 1
        except voices.VoiceLost:
            if str(voice.pk) not in gone:
                lost.append(str(voice.pk))
    if lost:
        return Finding("voices", False, f"{len(lost)} voice messages don't open, the first is {lost[0]}")
    return Finding("voices", True, f"{opened} voice messages open")


def _is_forgotten(attachment: Attachment) -> bool:
    case = attachment.submission.case_id if attachment.submission is not None else None
    return case is not None and data_keys.is_destroyed(case)


def _check_media() -> Finding:
    names = set(iter_media_names())
    missing = sorted(name for name in names if not (Path(settings.MEDIA_ROOT) / name).exists())
    if missing:
        return Finding("media", False, f"{len(missing)} public files are missing, the first is {missing[0]}")
    return Finding("media", True, f"{len(names)} public files are there")
