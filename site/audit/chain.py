"""Writing and checking the chain.

    hash(n) = sha256( hash(n-1) + canonical JSON of entry n without its hash ),  hash(0) = 64 zeros

The head row is locked for the length of the caller's transaction, so entries are numbered without gaps in the order in
which their transactions commit; a rolled-back deed takes its entry with it.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from .models import AuditEntry, ChainHead

GENESIS = "0" * 64


@dataclass(frozen=True)
class Actor:
    """Who did it. kind: user (id = primary key), contact (directory contact), system (command or task), anonymous."""

    kind: str
    id: str = ""


SYSTEM = Actor("system")
ANONYMOUS = Actor("anonymous")


def actor_of(user: Any) -> Actor:
    return Actor("user", str(user.pk)) if getattr(user, "is_authenticated", False) else ANONYMOUS


@dataclass(frozen=True)
class Deed:
    """What one entry says. `detail` takes ids, codes and counts only; `at` is now unless given."""

    action: str
    target_kind: str = ""
    target_id: Any = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def record(
    action: str,
    *,
    actor: Actor = SYSTEM,
    target_kind: str = "",
    target_id: Any = "",
    at: datetime | None = None,
    **detail: Any,
) -> AuditEntry:
    """Appends one entry, in the caller's transaction (or in one of its own). `detail` takes ids, codes and counts only.

    Three small statements and no savepoint: it stands on the road of every submission. An entry that can't be written
    takes the deed down with it. Other writers wait from here to the end of the caller's transaction, so call it late.
    """
    return record_all([Deed(action, target_kind, target_id, detail, at)], actor=actor)[0]


def record_all(deeds: Sequence[Deed], *, actor: Actor = SYSTEM) -> list[AuditEntry]:
    """Appends an entry for each deed, in order, with the three statements that one entry takes."""
    if not deeds:
        return []
    with transaction.atomic(savepoint=False):
        number, previous_hash = _locked_head()
        entries = []
        for deed in deeds:
            number += 1
            entry = _entry(deed, actor, number, previous_hash)
            previous_hash = entry.hash
            entries.append(entry)
        AuditEntry.objects.bulk_create(entries)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_chainhead SET number = %s, hash = %s WHERE id = 1", [number, previous_hash])
    return entries


def _entry(deed: Deed, actor: Actor, number: int, previous_hash: str) -> AuditEntry:
    entry = AuditEntry(
        number=number,
        at=deed.at or timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=deed.action,
        target_kind=deed.target_kind,
        target_id=str(deed.target_id),
        detail=json.loads(json.dumps(dict(deed.detail), default=_plain)),
        previous_hash=previous_hash,
    )
    entry.hash = expected_hash(entry)
    return entry


def _locked_head() -> tuple[int, str]:
    """(number, hash) of the last entry; the row stays locked until the transaction ends.

    Plain SQL here and for the update: every writer of the house waits while these run, and building them anew each time
    took longer than executing them.
    """
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number, hash FROM audit_chainhead WHERE id = 1{lock}")  # noqa: S608
        found = cursor.fetchone()
    if found is None:
        ChainHead.objects.get_or_create(pk=1)
        return _locked_head()
    return found[0], found[1]


def expected_hash(entry: AuditEntry) -> str:
    body = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [entry.actor_kind, entry.actor_id],
        "action": entry.action,
        "target": [entry.target_kind, entry.target_id],
        "detail": entry.detail,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((entry.previous_hash + canonical).encode()).hexdigest()


@dataclass(frozen=True)
class ChainReport:
    """The result of a check. `broken` names the first entry that doesn't fit, `reason` says why."""

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.broken is None


def verify_chain(*, noted: str = "") -> ChainReport:
    """Reads the whole chain in order and stops at the first entry that doesn't fit.

    `noted` is a head written down earlier, as `verify_audit` prints it (`<number>:<hash>`): somebody who can write to
    the database can cut entries off the end and mend the head row, which only a note kept elsewhere brings to light.
    Entries may be appended while it reads. Raises ValueError when `noted` isn't of that form.
    """
    noted_number, noted_hash = _parse_note(noted)
    head = ChainHead.objects.filter(pk=1).first() or ChainHead()
    previous, count = GENESIS, 0
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != count + 1:
            return ChainReport(count, previous, count + 1, "the entry is missing")
        if entry.previous_hash != previous:
            return ChainReport(count, previous, entry.number, "it does not follow the entry before it")
        if expected_hash(entry) != entry.hash:
            return ChainReport(count, previous, entry.number, "its content does not fit its hash")
        previous, count = entry.hash, entry.number
        if count == noted_number and previous != noted_hash:
            return ChainReport(count, previous, count, "it is not the entry that was noted")
        if count == head.number and previous != head.hash:
            return ChainReport(count, previous, count, "it is not the entry that the head names")
    newest = ChainHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    if not max(head.number, noted_number) <= count <= newest:
        return ChainReport(count, previous, count + 1, "entries are missing at the end")
    return ChainReport(count, previous)


def _parse_note(noted: str) -> tuple[int, str]:
    if not noted:
        return 0, GENESIS
    number, _colon, digest = noted.partition(":")
    if not number.isdigit() or len(digest) != len(GENESIS):
        raise ValueError("a noted head reads <number>:<64 hex digits>")
    return int(number), digest


def _plain(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
