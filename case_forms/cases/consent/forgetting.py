"""Forgetting what people said: the sealed words of the ledger. Codes and times stay, as in the audit chain."""

from uuid import UUID

from .models import ConsentEntry, SharingDecision


def forget_words(submission_id: UUID) -> None:
    """Delete the names, reasons and states that came from this submission. The caller is in a transaction."""
    ConsentEntry.objects.filter(submission_id=submission_id).update(names=None, reason=None, state=None)
    SharingDecision.objects.filter(submission_id=submission_id).update(reason=None, state=None)
