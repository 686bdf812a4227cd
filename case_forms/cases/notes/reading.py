"""Reading of notes, for the case's page and its history. What can't be opened is said to be so, and stops nobody."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from access.models import User
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Case, CaseNote, FlagChange, FormMove

ON_CASE_PAGE = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NoteLine:
    """A note as a page shows it. `words`: None where they can't be opened."""

    id: UUID
    at: datetime
    author: str
    is_correction: bool
    words: str | None = field(repr=False)


def list_notes(case: Case) -> tuple[list[NoteLine], int]:
    """Return the newest notes that hold, and how many older ones there are."""
    notes = CaseNote.objects.filter(case=case).that_hold()
    shown = [as_line(note) for note in notes.for_pages()[:ON_CASE_PAGE]]
    return shown, max(notes.count() - len(shown), 0) if len(shown) == ON_CASE_PAGE else 0


def as_line(note: CaseNote) -> NoteLine:
    return NoteLine(
        note.pk, note.written_at, name_of(note.written_by), note.corrects_id is not None, read_words(note, "text")
    )


def read_words(row: CaseNote | FlagChange | FormMove, column: str) -> str | None:
    """Return what is sealed in this column; None when it is forgotten, or can't be opened (the log says so)."""
    try:
        words: str | None = getattr(row, column)
    except (SealBroken, KeyRingError) as error:
        log.error("note_not_opened", note=str(row.pk), code=type(error).__name__)
        return None
    return words


def name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()
