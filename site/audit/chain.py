"""Write the audit chain, and compute what each entry's hash must be.

    hash(n) = HMAC-SHA256(key, hash(n-1) + canonical JSON of entry n without its hash),  hash(0) = 64 zeros

The key is outside the database (`audit.keys`), so whoever writes to the database can't make an entry that fits.
Entries written before there was one carry a plain SHA-256 and no key id; the first keyed entry after them (`SEALED`)
seals all of them. Reading and verifying the chain: `audit.verification`.

The head row is locked from the first entry to the end of the caller's transaction, so entries are numbered without gaps
in the order in which their transactions commit; an act that is rolled back takes its entry with it. A transaction that
goes on for long after its first entry makes all others wait: `gathered_entries` leaves the entries to its end
(docs/adr/0219).
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from . import clock
from .keys import chain_keys
from .models import AuditEntry, ChainHead

GENESIS = "0" * 64
SEALED = "audit.sealed"  # the first keyed entry over a chain without keys
SHORT = 16  # hex digits of a head as mails carry it


@dataclass(frozen=True)
class Actor:
    """Who acted. kind: user (id = primary key), contact (directory contact), system (command or task), anonymous."""

    kind: str
    id: str = ""


SYSTEM = Actor("system")
ANONYMOUS = Actor("anonymous")


def get_actor(user: Any) -> Actor:
    return Actor("user", str(user.pk)) if getattr(user, "is_authenticated", False) else ANONYMOUS


@dataclass(frozen=True)
class AuditEvent:
    """The content of one entry. `detail` takes ids, codes and counts only; `at` is now unless given."""

    action: str
    target_kind: str = ""
    target_id: Any = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def log_event(
    action: str,
    *,
    actor: Actor = SYSTEM,
    target_kind: str = "",
    target_id: Any = "",
    at: datetime | None = None,
    **detail: Any,
) -> None:
    """Append one entry, in the caller's transaction (or in one of its own). `detail` takes ids, codes and counts only.

    Two or three small statements and no savepoint: every submission waits for it. An entry that can't be written
    rolls the act back. Other writers wait from here to the end of the caller's transaction, so call it late, or within
    `gathered_entries`.
    """
    log_events([AuditEvent(action, target_kind, target_id, detail, at)], actor=actor)


def log_events(events: Sequence[AuditEvent], *, actor: Actor = SYSTEM) -> None:
    """Append an entry for each event, in order, with the statements that one entry takes."""
    if not events:
        return
    gathered = _get_own().get(GATHERED)
    if gathered is not None:
        gathered.add(events, actor)
    else:
        _append([(event, actor) for event in events])


GATHERED = "vatra_gathered_entries"


def _get_own() -> dict[str, Any]:
    """Return what lies on this thread's connection, to which the transaction belongs; `connection` is all threads'."""
    return connections[DEFAULT_DB_ALIAS].__dict__


class _Mark:
    """A callback on commit that does nothing: Django drops it with the savepoint in which it was registered."""

    def __call__(self) -> None:
        """Do nothing."""


class _Gathered:
    """What is to be appended at the end of a transaction, in order."""

    def __init__(self) -> None:
        self._depth = len(connection.savepoint_ids)
        self._entries: list[tuple[AuditEvent, Actor, _Mark | None]] = []
        self._steps: list[tuple[Callable[[], Any], _Mark | None]] = []

    def _mark(self) -> _Mark | None:
        if len(connection.savepoint_ids) <= self._depth:
            return None
        mark = _Mark()
        transaction.on_commit(mark)
        return mark

    def add_step(self, step: Callable[[], Any]) -> None:
        self._steps.append((step, self._mark()))

    def add(self, events: Sequence[AuditEvent], actor: Actor) -> None:
        mark = self._mark()
        # As it is now: what the caller goes on with may change.
        plain = [replace(event, target_id=str(event.target_id), detail=_make_plain(event.detail)) for event in events]
        self._entries += [(event, actor, mark) for event in plain]

    def run_steps(self) -> None:
        """Do what was left to the end, in order, but for what was left in savepoints that were rolled back."""
        while self._steps:
            steps, self._steps = self._steps, []
            for step, mark in steps:
                if _stands(mark):
                    step()

    def get_what_holds(self) -> list[tuple[AuditEvent, Actor]]:
        """Return all but what was logged in savepoints that were rolled back."""
        return [(event, actor) for event, actor, mark in self._entries if _stands(mark)]


def _stands(mark: _Mark | None) -> bool:
    return mark is None or any(entry[1] is mark for entry in connection.run_on_commit)


@contextmanager
def gathered_entries() -> Iterator[None]:
    """A transaction, or a savepoint of one, whose entries are appended together by its last statements.

    So the chain's lock is held for these and the commit, not while the rest of the act is done. Within another such
    block the outer one appends. What raises leaves no entry, as it leaves nothing else.
    """
    with transaction.atomic():
        own = _get_own()
        if GATHERED in own:
            yield
            return
        gathered = own[GATHERED] = _Gathered()
        try:
            yield
            if not transaction.get_rollback():
                gathered.run_steps()
        finally:
            del own[GATHERED]
        entries = [] if transaction.get_rollback() else gathered.get_what_holds()
        if entries:
            _append(entries)


def do_at_end(step: Callable[[], Any]) -> None:
    """Do this as the last of the act that gathers its entries, before they are appended; at once where none does.

    For what all such acts wait for, as a counter without gaps: its lock too is then held for moments only.
    """
    gathered = _get_own().get(GATHERED)
    if gathered is not None:
        gathered.add_step(step)
    else:
        step()


def _append(events: Sequence[tuple[AuditEvent, Actor]]) -> None:
    # Before the head is locked: the key may have to be read from its file.
    key_id = chain_keys().primary.id
    with transaction.atomic(savepoint=False):
        number, previous_hash, is_keyed = _lock_head()
        entries = []
        for event, by in [*_build_sealing_event(number, is_keyed), *events]:
            number += 1
            entry = _build_entry(event, by, number, previous_hash, key_id)
            previous_hash = entry.hash
            entries.append(entry)
        if entries:
            AuditEntry.objects.bulk_create(entries)
            ChainHead.objects.filter(pk=1).update(number=number, hash=previous_hash, is_keyed=True)


def seal_unkeyed_chain() -> bool:
    """Begin the keyed chain over one without keys, if that is what there is. Raises KeyRingError, DatabaseError."""
    chain_keys()
    is_due = ChainHead.objects.filter(pk=1, number__gt=0, is_keyed=False).exists()
    if is_due:
        _append([])
    return is_due


def get_head_note() -> str:
    """Return the head as mails carry it: `<number>:<16 hex digits>`.

    Whoever has one can show later that it is still there (`verify_audit --noted`).
    """
    head = ChainHead.objects.filter(pk=1).values_list("number", "hash").first()
    number, digest = head or (0, GENESIS)
    return f"{number}:{digest[:SHORT]}"


def _build_sealing_event(number: int, is_keyed: bool) -> list[tuple[AuditEvent, Actor]]:
    return [] if is_keyed or number == 0 else [(AuditEvent(SEALED, detail={"entries": number}), SYSTEM)]


def _build_entry(event: AuditEvent, actor: Actor, number: int, previous_hash: str, key_id: str) -> AuditEntry:
    entry = AuditEntry(
        number=number,
        at=event.at or clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=event.action,
        target_kind=event.target_kind,
        target_id=str(event.target_id),
        detail=_make_plain(event.detail),
        previous_hash=previous_hash,
        key_id=key_id,
    )
    entry.hash = expected_hash(entry)
    return entry


def _make_plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as it will be read from the database, or the hash of what was read would differ."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(detail), default=_serialize))
    return plain


def _lock_head() -> tuple[int, str, bool]:
    """Return (number, hash, whether it is keyed) of the last entry; the row stays locked until the transaction ends."""
    found = ChainHead.objects.select_for_update().filter(pk=1).values_list("number", "hash", "is_keyed").first()
    if found is None:
        # A new database: this is its first entry.
        ChainHead.objects.get_or_create(pk=1)
        return _lock_head()
    return found


def expected_hash(entry: AuditEntry) -> str:
    """Compute the entry's hash. Raises KeyRingError when the key that it names isn't here."""
    body = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [entry.actor_kind, entry.actor_id],
        "action": entry.action,
        "target": [entry.target_kind, entry.target_id],
        "detail": entry.detail,
    }
    # Entries from before there were keys were hashed without this member.
    if entry.key_id is not None:
        body["key"] = entry.key_id
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content = (entry.previous_hash + canonical).encode()
    if entry.key_id is None:
        return hashlib.sha256(content).hexdigest()
    return hmac.digest(chain_keys().get(entry.key_id).secret, content, "sha256").hex()


def _serialize(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
