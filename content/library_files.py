"""Pictures and documents of the library hold nothing of who made them, where and with what.

Each is cleaned when it is uploaded (`uploads`). What came in otherwise, or before that was so, is cleaned by
`clean_stored_files`: a worker does it each minute as long as there is any, `manage.py clean_library` at once. Its name
stays. Sizes of a picture that was cleaned are made anew.
"""

import hashlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import PurePath
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from audit.put_aside import for_each_row, get_put_aside_keys
from sanitizer.file_types import FileRefused
from sanitizer.process import sanitize_for_readers
from sanitizer.readers import PICTURE

from .media_storage.files import replace
from .models import ExaminedFile
from .page_cache.version import invalidate_pages

PUT_ASIDE_KIND = "library.clean"
SECONDS = 20.0  # of one round of a worker, who has other things to do each minute
MOST_STORED_BYTES = 200_000_000  # an earlier release took larger files than can be uploaded now
PASSING = frozenset({"busy", "one_at_a_time"})  # of FileRefused: next time it may go well
PICTURE_ENDINGS = frozenset({"avif", "gif", "jpeg", "jpg", "png", "webp"})

log = structlog.get_logger(__name__)


class NotNow(Exception):
    """Raised when a file can't be cleaned at this moment."""


@dataclass
class Cleaned:
    """How many files of each fate. `refused`: (what the row is called, code) of those that stay as they are."""

    looked_at: int = 0
    cleaned: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def get_kind(name: str) -> str:
    """Return the kind of file that a name says, as `sanitizer.readers` takes it."""
    ending = PurePath(name).suffix.lstrip(".").lower()
    return PICTURE if ending in PICTURE_ENDINGS else ending


def clean_upload(content: bytes, *, name: str, most_bytes: int, by: Hashable, is_picture: bool = False) -> bytes:
    """Return the clean copy of a file that is being uploaded. Raises FileRefused."""
    kind = PICTURE if is_picture else get_kind(name)
    return sanitize_for_readers(content, kind=kind, most_bytes=most_bytes, by=by)


def remember_clean(file_hash: str) -> None:
    if file_hash:
        ExaminedFile.objects.get_or_create(file_hash=file_hash)


def clean_stored_files(
    *, seconds: float | None = None, now: datetime | None = None, tell: Callable[[int], None] | None = None
) -> Cleaned:
    """Clean what hasn't been examined, for so many seconds; run again, it goes on. `tell`: is given the count so far.

    A file that can't be read now is put aside and tried again later; it stops no other.
    """
    done = Cleaned()
    until = None if seconds is None else time.monotonic() + seconds
    aside = set(get_put_aside_keys(PUT_ASIDE_KIND, now or timezone.now()))
    models = {model._meta.model_name: model for model in (get_image_model(), get_document_model())}
    keys = [f"{name}:{pk}" for name, model in models.items() for pk in _get_unexamined(model)]

    def clean(key: str) -> bool:
        name, _colon, pk = key.partition(":")
        return _clean(models[name], int(pk), done)

    for key in keys:
        if key in aside:
            continue
        if until is not None and time.monotonic() > until:
            break
        for_each_row(PUT_ASIDE_KIND, [key], clean)
        if tell is not None:
            tell(done.looked_at)
    if done.looked_at:
        log.info("library_cleaned", files=done.looked_at, cleaned=done.cleaned, refused=len(done.refused))
    return done


def count_unexamined() -> int:
    return sum(_get_unexamined(model).count() for model in (get_image_model(), get_document_model()))


def is_withheld(document: Any) -> bool:
    """Tell whether no clean copy of this document could be made, so that readers aren't given it."""
    return ExaminedFile.objects.filter(file_hash=document.file_hash).exclude(problem="").exists()


def list_refused() -> list[tuple[str, str]]:
    """Return (what the row is called, code of FileRefused) of every file that no clean copy could be made of."""
    refused = dict(ExaminedFile.objects.exclude(problem="").values_list("file_hash", "problem"))
    return [
        (_describe(each), refused[each.file_hash])
        for model in (get_image_model(), get_document_model())
        for each in model.objects.filter(file_hash__in=refused).order_by("pk")
    ]


def _describe(instance: Any) -> str:
    return f"{instance._meta.model_name} {instance.pk}"


def _get_unexamined(model: Any) -> QuerySet[Any, int]:
    unexamined = model.objects.exclude(file_hash__in=ExaminedFile.objects.values("file_hash"))
    found: QuerySet[Any, int] = unexamined.order_by("pk").values_list("pk", flat=True)
    return found


def _clean(model: Any, pk: int, done: Cleaned) -> bool:
    instance = model.objects.filter(pk=pk).first()
    if instance is None:
        return False
    try:
        with instance.file.open("rb") as file:
            content = file.read(MOST_STORED_BYTES + 1)
    except FileNotFoundError:  # `manage.py stored` lists those; there is nothing to give out
        return False
    done.looked_at += 1
    is_picture = model is get_image_model()
    try:
        if is_picture and instance.is_svg():
            raise FileRefused("wrong_kind")
        kind = PICTURE if is_picture else get_kind(instance.file.name)
        copy = sanitize_for_readers(content, kind=kind, most_bytes=MOST_STORED_BYTES, by=PUT_ASIDE_KIND, is_new=False)
    except FileRefused as refused:
        if refused.code in PASSING:
            raise NotNow(refused.code) from None
        _remember_refused(instance, content, refused.code)
        done.refused.append((_describe(instance), refused.code))
        return False
    if copy != content:
        replace(instance.file.name, copy)
    _store(instance, copy)
    done.cleaned += copy != content
    return True


def _store(instance: Any, copy: bytes) -> None:
    """Write what the row says of its file. The file came first: cut off in between, the next round does the rest."""
    found = _hash(copy)
    changes: dict[str, Any] = {"file_hash": found, "file_size": len(copy)}
    is_picture = isinstance(instance, get_image_model())
    if is_picture:
        with Image.open(BytesIO(copy)) as drawn:
            changes |= {"width": drawn.width, "height": drawn.height}
    with transaction.atomic():
        if instance.file_hash != found:
            type(instance).objects.filter(pk=instance.pk).update(**changes)
            if is_picture:
                # Each deleted size has all of them made again (`pictures`), from what the file holds now.
                for rendition in instance.renditions.all():
                    rendition.delete()
            invalidate_pages()
        remember_clean(found)


def _remember_refused(instance: Any, content: bytes, code: str) -> None:
    found = _hash(content)
    with transaction.atomic():
        type(instance).objects.filter(pk=instance.pk).exclude(file_hash=found).update(file_hash=found)
        ExaminedFile.objects.get_or_create(file_hash=found, defaults={"problem": code})


def _hash(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
