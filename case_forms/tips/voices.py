"""Voice messages of tips: stored sealed, heard by whoever may read the tip, deleted with what was written.

The content is a sealed file named after its row (`vault.files`); without the row nobody can open it. It leaves by no
notice and no brief: only the staff page of the tip plays it (docs/adr/0169).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from audit.put_aside import for_each_row
from audit.removals import note_removed
from vault.files import is_older, may_remove_strays, read_sealed, write_sealed
from vault.seal import SealBroken, get_place

from .models import Tip, TipVoice
from .wav import Recording, VoiceRefused, read_wav

ENDING = ".sealed"
GRACE = timedelta(hours=1)  # a file is written before its row is
AN_HOUR = timedelta(hours=1)


class VoiceLost(Exception):
    """The file is gone or doesn't open. The text names the row, never content."""


def read_voice(content: bytes) -> Recording:
    """Return the recording that somebody sends. Raises VoiceRefused."""
    return read_wav(content, max_bytes=settings.VOICE_MAX_BYTES, max_seconds=settings.VOICE_MAX_SECONDS)


def refuse_flood(now: datetime) -> None:
    """Raise VoiceRefused when so many came within an hour that they would fill the disk."""
    if TipVoice.objects.filter(received_at__gt=now - AN_HOUR).count() >= settings.VOICES_PER_HOUR:
        raise VoiceRefused("busy")


@contextmanager
def write_voice(recording: Recording | None, *, now: datetime) -> Iterator[TipVoice | None]:
    """Write the sealed file and hand over its unsaved row; when storing the row fails, remove the file again.

    To be entered before the transaction: no writer waits for a disk. Raises VoiceRefused.
    """
    if recording is None:
        yield None
        return
    refuse_flood(now)
    # Made here and not by the database: file and key are bound to it before the row exists.
    identity = uuid.uuid4()
    key = write_sealed(_path(identity), recording.as_wav(), _place(identity))
    try:
        yield TipVoice(id=identity, seconds=max(round(recording.seconds), 1), content_key=key, received_at=now)
    # Also when the process is told to stop: a file without a row would lie there until the clean-up.
    except BaseException:
        remove_content(identity)
        raise


def get_content(voice: TipVoice) -> bytes:
    """Return the WAV file. Raises VoiceLost."""
    try:
        return read_sealed(_path(voice.pk), voice.content_key, _place(voice.pk))
    except (OSError, SealBroken) as error:
        raise VoiceLost(f"voice {voice.pk}: {type(error).__name__}") from None


def forget_voice(tip: Tip) -> bool:
    """Delete the recording, in the caller's transaction. Returns whether there was one."""
    deleted, _by_model = TipVoice.objects.filter(tip=tip).delete()
    return bool(deleted)


def tidy_voices(now: datetime) -> int:
    """Delete files that no row names, but those of the last hour; of many at once none. Returns how many."""
    old = {
        path.name: path for path in Path(settings.VOICE_DIR).glob("*/*") if is_older(path, (now - GRACE).timestamp())
    }
    known = {f"{pk}{ENDING}" for pk in TipVoice.objects.values_list("pk", flat=True)}
    strays = set(old) - known
    if not may_remove_strays("voices", len(strays)):
        return 0
    return note_removed("voices", for_each_row("signal.stray_voice", strays, lambda name: _unlink(old[name]), at=now))


def _unlink(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def remove_content(identity: uuid.UUID) -> None:
    _path(identity).unlink(missing_ok=True)


@receiver(post_delete, sender=TipVoice, dispatch_uid="signals.voice_deleted")
def _on_deleted(instance: TipVoice, **_more: Any) -> None:
    # After the commit, when the instance has no key any more. What a crash in between leaves behind can't be opened,
    # and is cleaned up.
    identity = instance.pk
    transaction.on_commit(lambda: remove_content(identity))


def _path(identity: uuid.UUID) -> Path:
    return Path(settings.VOICE_DIR) / identity.hex[:2] / f"{identity}{ENDING}"


def _place(identity: uuid.UUID) -> bytes:
    return get_place(TipVoice._meta.db_table, "content", identity)
