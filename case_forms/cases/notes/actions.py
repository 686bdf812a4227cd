"""Write a note, correct one, set and clear a flag by hand. Each checks, acts and records in one transaction."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from access.languages import Texts
from access.models import User
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.procedures.models import ProcedureVersion

from ..models import Case, CaseNote, FlagChange
from .reading import read_words

MAX_NOTE = 2000
MAX_REASON = 500


class CannotNote(Exception):
    """What somebody asked for can't be done. `code`: a key of `labels.PROBLEMS`, or unknown (no such note)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def add_note(*, case: Case, text: str, by: User) -> CaseNote:
    """Write a note about an open case. Raises CannotNote."""
    text = _clean(text)
    locked = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if locked.closed_at is not None:
        raise CannotNote("closed")
    note = CaseNote.objects.create(case=locked, text=text, written_by=by, written_at=clock.now())
    log_event("case.note_added", actor=get_actor(by), target_kind="case", target_id=case.pk, note=note.pk)
    return note


def correct_note(*, case: Case, note_id: UUID, text: str, by: User) -> CaseNote:
    """Write a second note that takes the place of the first, which stays. Raises CannotNote.

    In a closed case too: what is wrong about a person may not stay because the case is over.
    """
    text = _clean(text)
    note = get_note(case, note_id)
    if read_words(note, "text") == text:
        raise CannotNote("same_text")
    try:
        with transaction.atomic():
            locked = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
            if locked.forgotten_at is not None:
                raise CannotNote("unknown")
            made = CaseNote.objects.create(case=case, text=text, written_by=by, written_at=clock.now(), corrects=note)
            log_event(
                "case.note_corrected",
                actor=get_actor(by),
                target_kind="case",
                target_id=case.pk,
                note=made.pk,
                corrects=note.pk,
            )
    except IntegrityError:
        raise CannotNote("corrected") from None
    return made


def get_note(case: Case, note_id: UUID) -> CaseNote:
    """Return a note of this case that holds. Raises CannotNote: unknown, or corrected by a later one."""
    note = CaseNote.objects.filter(case=case, pk=note_id, text__isnull=False).first()
    if note is None:
        raise CannotNote("unknown")
    if note.corrections.exists():
        raise CannotNote("corrected")
    return note


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise CannotNote("no_text")
    if len(text) > MAX_NOTE:
        raise CannotNote("too_long")
    return text


def list_flags(case: Case) -> dict[str, Texts]:
    """Return {key: label} of the flags that can be set: the case's procedure's, and those of the one in force."""
    known: dict[str, Texts] = {}
    try:
        versions = [ProcedureVersion.objects.in_force(), case.procedure_version]
    except ProcedureVersion.DoesNotExist:
        versions = [case.procedure_version]
    for version in versions:
        known.update({key: dict(flag.label) for key, flag in version.parsed.flags.items()})
    return known


@transaction.atomic
def change_flag(*, case: Case, key: str, is_set: bool, reason: str, by: User) -> FlagChange:
    """Set a flag of an open case, or clear one whoever set it, with the reason. Raises CannotNote."""
    reason = reason.strip()
    locked = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if locked.closed_at is not None:
        raise CannotNote("flag_closed")
    known = {**list_flags(locked), **locked.flags}
    if key not in known:
        raise CannotNote("no_flag")
    if not reason:
        raise CannotNote("no_reason")
    if len(reason) > MAX_REASON:
        raise CannotNote("reason_too_long")
    if (key in locked.flags) is is_set:
        raise CannotNote("no_change")
    label = known[key]
    others = {each: words for each, words in locked.flags.items() if each != key}
    locked.flags = {**others, key: label} if is_set else others
    locked.save(update_fields=["flags"])
    change = FlagChange.objects.create(
        case=locked, key=key, label=label, is_set=is_set, reason=reason, changed_by=by, changed_at=clock.now()
    )
    done: dict[str, Any] = {"set": key} if is_set else {"cleared": key}
    log_event("case.flagged", actor=get_actor(by), target_kind="case", target_id=case.pk, by_hand=True, **done)
    return change
