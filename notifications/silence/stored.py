"""Store what the record says, and go on from where that ended last.

The record itself says what has changed since: its entries have numbers without gaps, in the order in which they became
visible. So nothing that sends or answers a notice has anything to do for the report, and a database of any earlier
release is counted from its first entry.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from access.key_lists import name_keys
from audit.models import AuditEntry, ChainHead
from notifications.outbox.models import Notice

from .models import CountState, OfficeAsked, UnrecordedNotice
from .record import AFTER_SENDING, AT_ONCE, STEPS, Found, in_parts, read_asked

ENTRIES = 2_000  # of the record, in one step
TOUCHING = frozenset({*STEPS, "notice.repeated"})  # the last one moves the time to answer
FIELDS = ("sent_at", "answer_by", "is_split", *(f"{step}_after" for step in AFTER_SENDING))


@dataclass(frozen=True)
class Touched:
    """The escalation chains of which the record has something after an entry, up to `number`."""

    chains: set[UUID]
    number: int


def get_state() -> CountState:
    """Return how far it is counted. It isn't stored before the first step."""
    return CountState.objects.filter(pk=1).first() or CountState()


def is_all_named() -> bool:
    """Tell whether each notice names its chain; rows of an old release do after the sweeper's next round."""
    return not Notice.objects.filter(chase_id__isnull=True).exists()


def read_touched(after: int, *, at_most: int = ENTRIES) -> Touched:
    """Return what the next entries are about, `at_most` so many."""
    # Kinds are told apart here: with a condition on them, SQLite reads all entries of these kinds.
    entries = AuditEntry.objects.filter(number__gt=after).order_by("number")
    rows = list(entries.values_list("number", "target_kind", "action", "target_id")[:at_most])
    keys = {target for _number, kind, action, target in rows if kind == "notice" and action in TOUCHING}
    notices = [UUID(key) for key in keys]
    found = Notice.objects.filter(pk__in=name_keys(notices), chase_id__isnull=False).order_by()
    return Touched(
        {chain for chain in found.values_list("chase_id", flat=True) if chain is not None},
        rows[-1][0] if rows else after,
    )


def catch_up(*, seconds: float) -> bool:
    """Count on, for some seconds at most. True when all there is has been counted."""
    until = time.monotonic() + seconds
    CountState.objects.get_or_create(pk=1)
    while is_all_named():
        state = get_state()
        touched = read_touched(state.number)
        if touched.number == state.number:
            return True
        # Outside the transaction: on SQLite it has the one lock for writing. What is written meanwhile comes after.
        found = read_asked(touched.chains)
        with transaction.atomic():
            locked = CountState.objects.select_for_update().get(pk=1)
            if locked.number == state.number:
                store(touched.chains, found)
                CountState.objects.filter(pk=1).update(number=touched.number)
        if time.monotonic() > until:
            return get_state().number >= ChainHead.objects.values_list("number", flat=True).get(pk=1)
    return False


def store(chains: Iterable[UUID], found: Found) -> set[UUID]:
    """Have exactly these rows for these chains. Return the chains whose answers were stored otherwise."""
    changes = find_changes(chains, found)
    OfficeAsked.objects.filter(pk__in=[row.pk for row in changes.gone]).delete()
    OfficeAsked.objects.bulk_update(changes.updated, FIELDS, batch_size=100)
    OfficeAsked.objects.bulk_create(changes.new, batch_size=AT_ONCE)
    UnrecordedNotice.objects.filter(pk__in=changes.recorded).delete()
    UnrecordedNotice.objects.bulk_create(changes.unrecorded, batch_size=AT_ONCE)
    return changes.differing


@dataclass
class Changes:
    """What of the stored rows isn't as the record says. `recorded`: keys of notices that are unrecorded no more."""

    gone: list[OfficeAsked] = field(default_factory=list)
    updated: list[OfficeAsked] = field(default_factory=list)
    new: list[OfficeAsked] = field(default_factory=list)
    recorded: list[UUID] = field(default_factory=list)
    unrecorded: list[UnrecordedNotice] = field(default_factory=list)

    @property
    def differing(self) -> set[UUID]:
        """The chains whose answers are stored otherwise."""
        return {row.chain for row in (*self.gone, *self.updated, *self.new)}


def find_changes(chains: Iterable[UUID], found: Found) -> Changes:
    """Compare what is stored for these chains with what the record says."""
    wanted = {_get_key(row): row for row in found.asked}
    unrecorded = {row.notice: row for row in found.unrecorded}
    changes = Changes()
    for part in in_parts(chains, AT_ONCE):
        for row in OfficeAsked.objects.filter(chain__in=name_keys(part)):
            right = wanted.pop(_get_key(row), None)
            if right is None:
                changes.gone.append(row)
            elif any(getattr(row, name) != getattr(right, name) for name in FIELDS):
                right.pk = row.pk
                changes.updated.append(right)
        stored = UnrecordedNotice.objects.filter(chain__in=name_keys(part)).values_list("pk", flat=True)
        changes.recorded += [key for key in stored if unrecorded.pop(key, None) is None]
    # What is left of them wasn't there.
    changes.new, changes.unrecorded = list(wanted.values()), list(unrecorded.values())
    return changes


def _get_key(row: OfficeAsked) -> tuple[UUID, int, int]:
    return row.chain, row.office_id, row.place_id
