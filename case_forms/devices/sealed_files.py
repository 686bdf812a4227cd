"""Files that a phone delivers in parts: ciphertext on the disk until all of one is here, then one clean attachment.

The row says how much is here; what stands behind that in the file, of a part that a crash cut off, is written over. No
part is ever opened by itself, and the ciphertext goes as soon as the whole was opened or refused.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from access.models import User
from audit.chain import get_actor, log_event
from audit.put_aside import for_each_row
from audit.removals import note_removed
from case_forms.submissions.attachments.actions import store_attachment
from case_forms.submissions.models import Attachment
from sanitizer.file_types import FileRefused
from vault.field_keys import OVERHEAD_BYTES, FieldSealBroken, UnknownFieldKey, load_field_keys
from vault.files import is_older

from .envelopes import open_file
from .models import Device, SealedFile
from .returning import find_owner

MAX_PART = 256 * 1024  # bytes of one request
MAX_OPEN = 40  # files of one phone that aren't whole yet
UNFINISHED_DAYS = 7  # for so long the parts of a file wait for the rest


class WrongOffset(Exception):
    """The part doesn't begin where the file ends. `offset`: where it does."""

    def __init__(self, offset: int) -> None:
        super().__init__(str(offset))
        self.offset = offset


class PartRefused(Exception):
    """The part can't be taken. `code`: too_large, too_many, length."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def get_max_length() -> int:
    """Return the bytes of the longest file that may be sealed, as ciphertext."""
    return int(settings.ATTACHMENT_MAX_BYTES) + OVERHEAD_BYTES


def find_file(device: Device, uuid: UUID) -> SealedFile | None:
    return SealedFile.objects.select_related("attachment").filter(device=device, uuid=uuid).first()


def add_part(*, device: Device, uuid: UUID, key_id: str, offset: int, length: int, part: bytes) -> SealedFile:
    """Add a part to a file, and make an attachment of it when it is whole. A whole one stays as it is.

    Raises WrongOffset, PartRefused, UnknownFieldKey; FieldSealBroken and FileRefused for a whole file that doesn't open
    or isn't accepted, whose row is gone then, unless it was only the service that had no time for it (busy).
    """
    if all(key.id != key_id for key in load_field_keys()):
        raise UnknownFieldKey
    with transaction.atomic():
        # The phone's lock, so that two requests for one file, or for one too many, wait for each other.
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        row = SealedFile.objects.filter(device=device, uuid=uuid).first()
        if row is not None and row.attachment_id is not None:
            return row
        if row is None:
            row = _begin(device, uuid, key_id, offset, length)
        if row.length != length or row.key_id != key_id or offset + len(part) > length or len(part) > MAX_PART:
            raise PartRefused("length")
        if row.offset != offset:
            raise WrongOffset(row.offset)
        if part:
            _write(row, part)
            row.offset += len(part)
            row.save(update_fields=["offset"])
    if row.offset == row.length:
        _finish(device, row)
    return row


def _begin(device: Device, uuid: UUID, key_id: str, offset: int, length: int) -> SealedFile:
    if not OVERHEAD_BYTES < length <= get_max_length():
        raise PartRefused("too_large")
    if offset:
        raise WrongOffset(0)
    unfinished = SealedFile.objects.filter(device=device, attachment=None)
    if unfinished.count() >= MAX_OPEN:
        raise PartRefused("too_many")
    return SealedFile.objects.create(device=device, uuid=uuid, key_id=key_id, length=length)


def _write(row: SealedFile, part: bytes) -> None:
    """Write a part where the file ends by its row, through to the disk. Raises OSError."""
    path = _path(row)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.lseek(handle, row.offset, os.SEEK_SET)
        os.write(handle, part)
        os.ftruncate(handle, row.offset + len(part))
        os.fsync(handle)
    finally:
        os.close(handle)


def _finish(device: Device, row: SealedFile) -> None:
    """Open a whole file and store what is in it. Outside any transaction: no writer waits for a picture."""
    try:
        sealed = _path(row).read_bytes()
    except OSError:
        _drop(row)  # the disk lost it: the phone begins anew
        raise WrongOffset(0) from None
    try:
        plain = open_file(sealed, device=device.pk, uuid=row.uuid, key_id=row.key_id)
        owner, unit = find_owner(device, None)
        stored = store_attachment(content=plain, name="", owner=owner, unit=unit)
    except (FieldSealBroken, UnknownFieldKey):
        _drop(row)
        raise
    except FileRefused as refused:
        if refused.code not in ("busy", "one_at_a_time"):
            _drop(row)
        raise
    _keep(device.user, row, stored)


def _keep(by: User, row: SealedFile, stored: Attachment) -> None:
    with transaction.atomic():
        # Of two requests that finished the same file at once the first one's copy counts.
        if SealedFile.objects.filter(pk=row.pk, attachment=None).update(attachment=stored):
            row.attachment = stored
        else:
            stored.delete()
            row.refresh_from_db()
        log_event("device.file_arrived", actor=get_actor(by), target_kind="attachment", target_id=stored.pk)
    _path(row).unlink(missing_ok=True)


def _drop(row: SealedFile) -> None:
    SealedFile.objects.filter(pk=row.pk, attachment=None).delete()
    _path(row).unlink(missing_ok=True)


def tidy_files(now: datetime) -> int:
    """Delete the parts of files whose rest never came, and what lies on the disk without a row. Return how many."""
    late = SealedFile.objects.filter(attachment=None, began_at__lt=now - timedelta(days=UNFINISHED_DAYS))
    rows = {row.pk: row for row in late}
    count = for_each_row("device.file", rows, lambda key: _dropped(rows[key]), at=now)
    before = (now - timedelta(hours=1)).timestamp()
    old = [path for path in Path(settings.FIELD_PARTS_DIR).glob("*/*") if is_older(path, before)]
    strays = {path.relative_to(settings.FIELD_PARTS_DIR).as_posix(): path for path in old if not _is_known(path)}
    count += for_each_row("device.stray_file", strays, lambda name: _unlinked(strays[name]), at=now)
    return note_removed("parts", count)


def _dropped(row: SealedFile) -> bool:
    _drop(row)
    return True


def _unlinked(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def _is_known(path: Path) -> bool:
    try:
        device, uuid = UUID(path.parent.name), UUID(path.name)
    except ValueError:
        return False
    return SealedFile.objects.filter(device=device, uuid=uuid, attachment=None).exists()


def _path(row: SealedFile) -> Path:
    return Path(settings.FIELD_PARTS_DIR) / str(row.device_id) / str(row.uuid)
