"""Forgetting what people wrote beside a case. That there was a note, by whom and when, stays."""

from ..models import Case, CaseNote, FlagChange


def forget_notes(case: Case) -> int:
    """Erase the words of notes and the reasons of flags, in the caller's transaction. Return how many there were."""
    notes = CaseNote.objects.filter(case=case, text__isnull=False).update(text=None)
    return notes + FlagChange.objects.filter(case=case, reason__isnull=False).update(reason=None)
