"""Measure what is stored of each kind, and compare files with the rows that name them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseFailure
from django.db import models
from django.db.models.functions import Length
from django.utils import timezone
from django_q.models import OrmQ, Task

from access.sessions.models import StaffSession
from case_forms.devices.models import SealedFile
from case_forms.submissions.exports.models import AnswerExport, ExportPart
from case_forms.submissions.models import Attachment
from case_forms.tips.models import TipVoice
from config.backups.database import iter_media_names
from content.media_storage.files import StoredFile, exists, list_files, walk
from content.media_storage.location import has_bucket
from content.picture_files import FOLDER as SIZES
from notifications.outbox.models import BriefDocument, Heartbeat

from .log_files import get_folder
from .stored import PART, change

GRACE = timedelta(hours=1)  # a file is written before its row is, and goes after it

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Held:
    """`rows` (or files, where there are no rows), `bytes` (None: not measured); files without a row, rows without file.

    Names are paths below the kind's folder.
    """

    rows: int
    bytes: int | None = None
    strays: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def measure_rows(rows: models.QuerySet[Any], column: str = "") -> Held:
    if not column:
        return Held(rows.count())
    found = rows.order_by().aggregate(rows=models.Count("pk"), size=models.Sum(Length(column)))
    return Held(found["rows"], found["size"] or 0)


def _measure_exports(now: datetime) -> Held:
    return Held(AnswerExport.objects.count(), measure_rows(ExportPart.objects.all(), "content").bytes)


def _measure_queue(now: datetime) -> Held:
    waiting = 0 if settings.BROKER_URL.startswith("orm://") else OrmQ.objects.count()
    return Held(Task.objects.count() + waiting)


def _measure_attachments(now: datetime) -> Held:
    def read() -> Iterator[str]:
        for key in Attachment.objects.order_by().values_list("pk", flat=True).iterator(10_000):
            yield f"{key.hex[:2]}/{key}.sealed"

    return compare_files(Path(settings.ATTACHMENT_DIR), read, now)


def _measure_voices(now: datetime) -> Held:
    def read() -> Iterator[str]:
        for key in TipVoice.objects.order_by().values_list("pk", flat=True).iterator(10_000):
            yield f"{key.hex[:2]}/{key}.sealed"

    return compare_files(Path(settings.VOICE_DIR), read, now)


def _measure_parts(now: datetime) -> Held:
    # A row without its file is one of which nothing has come yet.
    rows = SealedFile.objects.filter(attachment=None, offset__gt=0)

    def read() -> Iterator[str]:
        return (f"{device}/{uuid}" for device, uuid in rows.values_list("device", "uuid"))

    return compare_files(Path(settings.FIELD_PARTS_DIR), read, now)


def _measure_sizes(now: datetime) -> Held:
    return _measure_media(now, sizes=True)


def _measure_uploads(now: datetime) -> Held:
    return _measure_media(now, sizes=False)


def _measure_media(now: datetime, *, sizes: bool) -> Held:
    def list_kind() -> Iterator[StoredFile]:
        found = list_files(SIZES if sizes else "")
        return found if sizes else (each for each in found if not each.name.startswith(f"{SIZES}/"))

    def is_there(names: set[str]) -> set[str]:
        if has_bucket():
            return names & {each.name for each in list_kind()}
        return {name for name in names if exists(name)}

    return _compare(list_kind(), lambda: _read_media(sizes=sizes), now, is_there)


def _read_media(*, sizes: bool) -> Iterator[str]:
    return (name for name in iter_media_names() if name.startswith(f"{SIZES}/") == sizes)


def _measure_logs(now: datetime) -> Held:
    sizes = [path.stat().st_size for path in get_folder().glob("*") if path.is_file()]
    return Held(len(sizes), sum(sizes))


def compare_files(root: Path, read: Callable[[], Iterable[str]], now: datetime) -> Held:
    """Compare the files below a folder with what rows name. `read()` gives the names that rows have now."""
    return _compare(walk(root), read, now, lambda names: {name for name in names if (root / name).exists()})


def _compare(
    files: Iterable[StoredFile],
    read: Callable[[], Iterable[str]],
    now: datetime,
    is_there: Callable[[set[str]], set[str]],
) -> Held:
    """Compare files with what rows name. `is_there(names)`: those of them that are there after all.

    A file of the last hour is no stray: its row may come. A row is without its file only where it still is after the
    file was looked for again: a row that goes takes its file along.
    """
    found, size, strays = set(), 0, []
    before = now - GRACE
    named = set(read())
    for each in files:
        found.add(each.name)
        size += each.size
        if each.name not in named and each.modified < before:
            strays.append(each.name)
    unseen = named - found
    gone = unseen - is_there(unseen) if unseen else set()
    missing = gone & set(read()) if gone else set()
    return Held(len(named), size, tuple(sorted(strays)), tuple(sorted(missing)))


# How each of `stored.KINDS` is measured.
MEASURES: dict[str, Callable[[datetime], Held]] = {
    "sessions": lambda now: measure_rows(Session.objects.all(), "session_data"),
    "staff_sessions": lambda now: measure_rows(StaffSession.objects.all()),
    "exports": _measure_exports,
    "results": _measure_queue,
    "documents": lambda now: measure_rows(BriefDocument.objects.all(), "pdf"),
    "attachments": _measure_attachments,
    "voices": _measure_voices,
    "parts": _measure_parts,
    "pictures": _measure_sizes,
    "uploads": _measure_uploads,
    "logs": _measure_logs,
}


def each_hour(argument: str = "", *, now: datetime | None = None) -> None:
    """Measure each kind by itself; one that can't be measured leaves its figures as they were, and is counted."""
    moment = now or timezone.now()
    failed, strays, missing = [], 0, 0
    for name, measure in MEASURES.items():
        try:
            held = measure(moment)
        except (DatabaseFailure, OSError) as error:
            log.error("kind_not_measured", kind=name, code=type(error).__name__)
            failed.append(name)
            continue
        strays, missing = strays + len(held.strays), missing + len(held.missing)
        change(
            name,
            moment,
            rows=held.rows,
            bytes=held.bytes,
            strays=len(held.strays),
            missing=len(held.missing),
            measured_at=moment.isoformat(),
        )
        if held.missing:
            log.error("files_missing", kind=name, files=len(held.missing))  # names may be a person's: `stored --list`
    facts = {"strays": strays, "missing": missing, "failed": failed}
    Heartbeat.objects.update_or_create(part=PART, defaults={"at": moment, "facts": facts})
