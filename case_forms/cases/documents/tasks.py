"""The task of this room on the bulk cluster. Its argument is a document's id."""

from uuid import UUID

from . import actions
from .models import CaseDocument


def make(document_id: str) -> None:
    """Make a document that was asked for. One that is gone, or made already, is no error."""
    if CaseDocument.objects.filter(pk=document_id).exists():
        actions.make(UUID(document_id))
