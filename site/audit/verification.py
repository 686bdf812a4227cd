"""Verify the chain, all of it or in steps, and name the first entry that doesn't fit.

What somebody who can write to the database may do to it, and what reveals it:

    an entry changed, moved or put in          its hash: nobody makes another one without the key
    an entry taken out                         its number is missing
    everything hashed anew without a key       an entry without a key after one with; a second sealing; a note
    entries cut off the end, the head adapted  a note stored elsewhere: beside the database (`audit.watch`), in mails

A note is `<number>:<hex digits>` of an entry as it once was, at least `SHORT` of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext_noop

from vault.keyring import KeyRingError

from .chain import GENESIS, SEALED, SHORT, expected_hash
from .models import AuditEntry, ChainHead

CHUNK = 2000

CHANGED = gettext_noop("its content does not fit its hash")
MISSING = gettext_noop("the entry is missing")
UNLINKED = gettext_noop("it does not follow the entry before it")
UNKEYED = gettext_noop("it carries no key, and an entry before it does")
UNSEALED = gettext_noop("it is the first with a key, and does not seal the entries before it")
SEALED_TWICE = gettext_noop("it seals entries that were sealed before")
NOT_NOTED = gettext_noop("it is not the entry that was noted")
NOT_HEAD = gettext_noop("it is not the entry that the head names")
CUT_OFF = gettext_noop("entries are missing at the end")
NO_KEY = gettext_noop("the key that it names is not here")


@dataclass(frozen=True)
class ChainReport:
    """The result of a check. `broken` is the first entry that doesn't fit, `reason` says why."""

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.broken is None


@dataclass(frozen=True)
class Progress:
    """How far the chain has been read: the last entry that fits, and whether a keyed one has been met."""

    number: int = 0
    hash: str = GENESIS
    keyed: bool = False

    def broken(self, number: int, reason: str) -> ChainReport:
        return ChainReport(self.number, self.hash, number, reason)


class Note(NamedTuple):
    """The beginning of an entry's hash, and the reason to report when it differs."""

    digest: str
    reason: str = NOT_NOTED


Notes = Mapping[int, tuple[Note, ...]]


@dataclass(frozen=True)
class Step:
    """One chunk's result: `report` when the end was reached or something doesn't fit; until then only `progress`."""

    progress: Progress
    report: ChainReport | None = None


@dataclass
class Reader:
    """Reads on from `progress`, `chunk` entries at a time. Takes no lock; entries may be appended meanwhile.

    `notes`: entries of which something is known from elsewhere, by number.
    """

    progress: Progress = field(default_factory=Progress)
    notes: Notes = field(default_factory=dict)

    def step(self, chunk: int = CHUNK) -> Step:
        """Read one chunk. Raises DatabaseError."""
        found = list(AuditEntry.objects.filter(number__gt=self.progress.number).order_by("number")[:chunk])
        for entry in found:
            if reason := self._fault(entry):
                return Step(self.progress, self.progress.broken(self._named(entry, reason), reason))
            self.progress = Progress(entry.number, entry.hash, entry.key_id is not None)
            for note in self.notes.get(entry.number, ()):
                if not entry.hash.startswith(note.digest):
                    return Step(self.progress, self.progress.broken(entry.number, note.reason))
        return Step(self.progress, None if len(found) == chunk else self._end())

    def _fault(self, entry: AuditEntry) -> str:
        done = self.progress
        if entry.number != done.number + 1:
            return MISSING
        if entry.previous_hash != done.hash:
            return UNLINKED
        if entry.key_id is None:
            if done.keyed:
                return UNKEYED
        # Exactly the first keyed entry after unkeyed ones seals them; at the beginning of a chain there is nothing to
        # seal.
        elif (entry.action == SEALED) != (not done.keyed and done.number > 0):
            return SEALED_TWICE if entry.action == SEALED else UNSEALED
        try:
            return "" if expected_hash(entry) == entry.hash else CHANGED
        except KeyRingError:
            return NO_KEY

    def _named(self, entry: AuditEntry, reason: str) -> int:
        return self.progress.number + 1 if reason == MISSING else entry.number

    def _end(self) -> ChainReport:
        """Report the end: nothing is left to read, so nothing may be missing either."""
        # Entries appended since the last chunk make the head greater; one that is smaller was set back.
        newest = ChainHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0
        done = self.progress
        if not max(self.notes, default=0) <= done.number <= newest:
            return done.broken(done.number + 1, CUT_OFF)
        return ChainReport(done.number, done.hash)


def check_noted(noted: Progress) -> ChainReport | None:
    """Tell whether the entry that was noted last has changed, itself or by its hash, or is gone. One row."""
    entry = AuditEntry.objects.filter(number=noted.number).first()
    if entry is None:
        newest = AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0
        return noted.broken(min(newest, noted.number - 1) + 1, CUT_OFF)
    if entry.hash != noted.hash:
        return noted.broken(noted.number, NOT_NOTED)
    try:
        return None if expected_hash(entry) == entry.hash else noted.broken(noted.number, CHANGED)
    except KeyRingError:
        return noted.broken(noted.number, NO_KEY)


def get_head_notes() -> Notes:
    """Return what the head row says, as a note. Read it before the entries."""
    head = ChainHead.objects.filter(pk=1, number__gt=0).first()
    return {head.number: (Note(head.hash, NOT_HEAD),)} if head is not None else {}


def merge_notes(*several: Notes) -> Notes:
    return {
        number: tuple(note for notes in several for note in notes.get(number, ()))
        for number in {number for notes in several for number in notes}
    }


def verify_chain(*, noted: str = "") -> ChainReport:
    """Read the whole chain in order and stop at the first entry that doesn't fit.

    `noted` is a head written down earlier, as `verify_audit` prints it or a mail carries it. Raises ValueError when it
    isn't of that form.
    """
    reader = Reader(notes=merge_notes(parse_note(noted), get_head_notes()))
    while (report := reader.step().report) is None:
        pass
    return report


def parse_note(noted: str) -> Notes:
    """Parse `<number>:<hex digits>` as a note; "" is none. Raises ValueError."""
    if not noted:
        return {}
    number, _colon, digest = noted.strip().partition(":")
    if not (number.isascii() and number.isdigit()) or not _is_digest(digest):
        raise ValueError(f"a noted head reads <number>:<{SHORT} to 64 hex digits>")
    return {int(number): (Note(digest),)} if int(number) else {}


def _is_digest(text: str) -> bool:
    return SHORT <= len(text) <= len(GENESIS) and all(letter in "0123456789abcdef" for letter in text)
