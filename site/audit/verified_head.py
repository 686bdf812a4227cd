"""Verify the chain on from where it was verified before, which is what `verify_audit` does unless it is told otherwise.

The verified head is the entry up to which the chain was read from its first one without a fault: its number and hash
stand in the signed file of `audit.watch`, where nobody puts them who can only write to the database. Read are that
entry anew, and all after it. What was changed before it is found by the reading of the whole only: the service's own,
which never stops for long, `verify_audit --whole`, and by itself the one that comes a month after the last.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from vault.keyring import KeyRingError

from .models import AuditEntry
from .verification import (
    NOT_NOTED,
    ChainReport,
    Notes,
    Progress,
    Reader,
    check_noted,
    get_head_notes,
    merge_notes,
    parse_note,
)
from .watch import Watch, WatchedElsewhere, get_last_watch, note_verified

WHOLE_EACH = timedelta(days=31)
WAIT_SECONDS = 10.0  # for another process that looks just now, for two seconds at most
PAUSE_SECONDS = 0.2

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Verified:
    """`read_from`: the verified head that was read on from, 0 where all of the chain was read.

    `verified_at`: when the whole was read before, "" if never. `is_noted`: the result is in the file beside the data.
    """

    report: ChainReport
    read_from: int = 0
    verified_at: str = ""
    is_noted: bool = False


def verify_from_head(*, noted: str = "", whole: bool = False, now: datetime) -> Verified:
    """Verify the chain from the verified head on, or all of it: `whole`, a month after the last time, without a head.

    Raises ValueError when `noted` is no note, KeyRingError, DatabaseError.
    """
    # Notes first: an entry that is appended meanwhile is no missing one.
    notes = parse_note(noted)
    watch = get_last_watch() or Watch()
    head = Progress() if whole or not _may_read_on(watch, now) else Progress(**watch.tail)
    report, end = _read_from(head, merge_notes(notes, get_head_notes()))
    is_noted = _note(watch, report, end, is_whole=not head.number, now=now)
    return Verified(report, head.number, watch.verified_at, is_noted)


def _may_read_on(watch: Watch, now: datetime) -> bool:
    """Whether there is a head to trust: nothing was broken, and all of it was read within the last month."""
    if not watch.tail.get("number") or watch.broken or watch.spoilt or not watch.verified_at:
        return False
    return timedelta() <= now - datetime.fromisoformat(watch.verified_at) < WHOLE_EACH


def _read_from(head: Progress, notes: Notes) -> tuple[ChainReport, Progress]:
    if head.number and (fault := check_noted(head)):
        return fault, head
    for number, known in notes.items():
        # Before the head nothing is read again; of an entry that somebody noted at least its hash is looked at.
        if number <= head.number:
            digest = AuditEntry.objects.filter(number=number).values_list("hash", flat=True).first() or ""
            if not all(digest.startswith(note.digest) for note in known):
                return head.broken(number, known[0].reason or NOT_NOTED), head
    reader = Reader(head, notes)
    while (report := reader.step().report) is None:
        pass
    return report, reader.progress


def _note(watch: Watch, report: ChainReport, end: Progress, *, is_whole: bool, now: datetime) -> bool:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return note_verified(watch, report, end, is_whole=is_whole, now=now)
        except WatchedElsewhere:
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE_SECONDS)
        except (OSError, KeyRingError) as error:
            # What was found counts, whether it can be noted or not.
            log.error("verified_head_not_noted", code=type(error).__name__)
            return False
