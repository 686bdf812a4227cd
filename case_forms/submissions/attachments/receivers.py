"""Deletion of an attachment's file with its row, whoever deletes the row.

A signal, since rows also go by cascade: with a discarded draft, or when an answer's retention is over.
"""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from ..models import Attachment
from .storage import remove_content_later


@receiver(post_delete, sender=Attachment)
def remove_content(instance: Attachment, **_more: Any) -> None:
    remove_content_later(instance.pk)
