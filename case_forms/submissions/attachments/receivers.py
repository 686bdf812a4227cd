"""A row that goes takes its file along, whoever deletes it: a draft thrown away, an answer whose time is over."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from ..models import Attachment
from .storage import remove_content_later


@receiver(post_delete, sender=Attachment)
def remove_content(instance: Attachment, **_more: Any) -> None:
    remove_content_later(instance.pk)
