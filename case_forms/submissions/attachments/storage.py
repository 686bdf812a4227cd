"""Storage of attachments' content: a sealed file under ATTACHMENT_DIR, named after its row."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from vault.files import is_older, read_sealed, write_sealed
from vault.seal import SealBroken, get_place

from ..models import Attachment

ENDING = ".sealed"
GRACE = timedelta(hours=1)  # a file is written before its row is


class ContentLost(Exception):
    """The file is gone or doesn't open. The text names the row, never content."""


def write_content(identity: uuid.UUID, plain: bytes) -> bytes:
    """Write the sealed file and return its key."""
    return write_sealed(_path(identity), plain, _place(identity))


def get_content(attachment: Attachment) -> bytes:
    """Return the plain content of an attachment. Raises ContentLost."""
    try:
        return read_sealed(_path(attachment.pk), attachment.content_key, _place(attachment.pk))
    except (OSError, SealBroken) as error:
        raise ContentLost(f"attachment {attachment.pk}: {type(error).__name__}") from None


def remove_content(identity: uuid.UUID) -> None:
    _path(identity).unlink(missing_ok=True)


def remove_content_later(identity: uuid.UUID) -> None:
    """Remove the file once the transaction has committed. What a crash in between leaves behind is cleaned up."""
    transaction.on_commit(lambda: remove_content(identity))


def left_behind(now: datetime) -> list[Path]:
    """Return files that no row names, and unfinished ones; those of the last hour may still be in use."""
    before = (now - GRACE).timestamp()
    old = [path for path in Path(settings.ATTACHMENT_DIR).glob("*/*") if is_older(path, before)]
    named = {path.stem for path in old if path.suffix == ENDING}
    known = {str(pk) for pk in Attachment.objects.filter(pk__in=_identities(named)).values_list("pk", flat=True)}
    return [path for path in old if path.suffix != ENDING or path.stem not in known]


def _identities(names: set[str]) -> list[uuid.UUID]:
    found = []
    for name in names:
        try:
            found.append(uuid.UUID(name))
        except ValueError:
            continue
    return found


def _path(identity: uuid.UUID) -> Path:
    return Path(settings.ATTACHMENT_DIR) / identity.hex[:2] / f"{identity}{ENDING}"


def _place(identity: uuid.UUID) -> bytes:
    return get_place(Attachment._meta.db_table, "content", identity)
