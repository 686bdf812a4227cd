"""Export answers: at once when there are few, else by a task of the `bulk` cluster. Each export is audited."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from access.csv_files import PIECE, iter_csv
from access.models import User
from access.table_files import Sheet, xlsx_pieces, zip_pieces
from audit.chain import get_actor, log_event
from audit.removals import note_removed
from case_forms.cases.consent.gate import may_leave
from case_forms.cases.consent.models import ConsentAnswer, ConsentEntry, ConsentPurpose
from notifications.outbox.queueing import enqueue_bulk

from .models import AnswerExport, ExportPart, Format
from .redaction import ROAD
from .selection import Outgoing, selected

AT_ONCE = 500  # submissions; more are written in the background
MAX_SUBMISSIONS = {Format.CSV: 100_000, Format.XLSX: 20_000}
MAX_CELLS = 2_000_000  # of a workbook, which is made in memory: about 200 bytes each
TASK = "case_forms.submissions.exports.actions.run_export"
PART = 8 * PIECE

log = structlog.get_logger(__name__)


class TooMany(Exception):
    """More submissions than the format can hold. `most` says how many it can."""

    def __init__(self, most: int) -> None:
        super().__init__(str(most))
        self.most = most


class MoreThanAgreed(Exception):
    """There are more submissions with names than when the file was asked for."""


class NotReady(Exception):
    """The export isn't written yet, has failed, or has expired."""


def export_at_once(*, outgoing: Outgoing, format: str, count: int) -> tuple[str, Iterator[bytes]]:
    """Return (file extension, its pieces) of an export of few submissions; audited before the first piece leaves."""
    with transaction.atomic():
        _record("answers.exported", outgoing, format, count)
    return iter_pieces(outgoing, format, lambda done: None)


def raise_if_too_many(outgoing: Outgoing, format: str, count: int) -> None:
    """Raise TooMany for more submissions than the format takes, or a workbook with so many columns."""
    most = MAX_SUBMISSIONS[Format(format)]
    if format == Format.XLSX:
        most = min(most, MAX_CELLS // max(len(outgoing.columns()), 1))
    if count > most:
        raise TooMany(most)


def request_export(*, outgoing: Outgoing, format: str, count: int) -> AnswerExport:
    """Enqueue an export to be written in the background. Raises TooMany."""
    raise_if_too_many(outgoing, format, count)
    with transaction.atomic():
        export = AnswerExport.objects.create(
            form=outgoing.form,
            by=outgoing.user,
            filters=outgoing.filters.as_json(),
            format=format,
            labels=outgoing.labels,
            language=outgoing.language,
            total=count,
        )
        _record("answers.export_requested", outgoing, format, count, export=str(export.pk))
        # after the commit: a worker must not look for a row that isn't there yet, or never will be
        transaction.on_commit(lambda: enqueue_bulk(TASK, str(export.pk)))
    return export


def run_export(export_id: str) -> None:
    """Write an export's file in sealed parts. Run by a `bulk` worker; running it again begins anew.

    What it holds depends on what its owner may see now, not when they asked for it.
    """
    export = AnswerExport.objects.select_related("form", "by").filter(pk=export_id, ready_at__isnull=True).first()
    if export is None or export.state not in ("waiting", "working"):
        return
    export.started_at, export.done = timezone.now(), 0
    export.save(update_fields=["started_at", "done"])
    # the queue delivers at least once: parts of a run that was killed would mix with this one's
    export.parts.all().delete()
    outgoing = Outgoing.of(export)
    try:
        if export.with_names and outgoing.submissions().count() > export.total:
            raise MoreThanAgreed
        _ending, pieces = iter_pieces(outgoing, export.format, _progress_writer(export), always_zip=True)
        _keep(export, pieces)
    except Exception as error:  # noqa: BLE001 - whatever it was: the person must learn that it failed
        log.error("export_failed", export=str(export.pk), code=type(error).__name__)
        export.parts.all().delete()
        AnswerExport.objects.filter(pk=export.pk).update(failed=type(error).__name__[:40])
        return
    with transaction.atomic():
        AnswerExport.objects.filter(pk=export.pk).update(ready_at=timezone.now())
        more: dict[str, Any] = {"export": str(export.pk)}
        if export.with_names:
            more |= {"reason": export.reason, "agreed_by": export.decided_by_id, "columns": outgoing.columns()}
        _record("answers.exported", outgoing, export.format, export.total, **more)


def fetch_export(*, export: AnswerExport, by: User) -> Iterator[bytes]:
    """Return the pieces of a finished export; each download is audited. Raises NotReady."""
    if export.state != "ready" or export.expires_at <= timezone.now():
        raise NotReady
    if is_outdated(export):
        # Written before the person said so: the file is made anew, without these answers.
        AnswerExport.objects.filter(pk=export.pk).update(ready_at=None, failed="restricted")
        export.parts.all().delete()
        raise NotReady
    with transaction.atomic():
        log_event("answers.fetched", actor=get_actor(by), target_kind="answerexport", target_id=export.pk)
    return (part.content for part in export.parts.order_by("number").iterator(4))


def is_outdated(export: AnswerExport) -> bool:
    """Return whether somebody whose answers are in the file has said since that they aren't used or counted."""
    outgoing = Outgoing.of(export)
    since = export.started_at or export.created_at
    said = ConsentEntry.objects.filter(purpose=ConsentPurpose.STATISTICS, recorded_at__gte=since)
    no_longer = said.exclude(answer=ConsentAnswer.GIVEN).values("case")
    chosen = selected(outgoing.form, outgoing.user, outgoing.filters)
    if not export.with_names and chosen.filter(case__in=no_longer).exists():
        return True
    later = outgoing.submissions().filter(case__restricted_at__gte=since).select_related("case")
    return any(not may_leave(each.case, ROAD).is_allowed for each in later.defer("answers").order_by())


def drop_export(*, export: AnswerExport, by: User) -> None:
    """Delete an export before it expires. Of one with names the row stays: who asked for it, and why."""
    with transaction.atomic():
        log_event("answers.export_dropped", actor=get_actor(by), target_kind="answerexport", target_id=export.pk)
        if not export.with_names:
            export.delete()
            return
        export.parts.all().delete()
        AnswerExport.objects.filter(pk=export.pk).update(expires_at=timezone.now())


def tidy_exports(now: datetime) -> int:
    """Delete expired exports, enqueue again what never began, and mark what is stuck as failed.

    Returns how many were deleted.
    """
    AnswerExport.objects.stuck(now).update(failed="interrupted")
    for key in AnswerExport.objects.never_begun(now).values_list("pk", flat=True):
        enqueue_bulk(TASK, str(key))  # twice is no harm: one that is ready or under way isn't begun again
    to_empty = list(AnswerExport.objects.to_empty(now).values_list("pk", flat=True))
    ExportPart.objects.filter(export__in=to_empty).delete()
    expired = AnswerExport.objects.expired(now)
    count = expired.count()
    expired.delete()
    return note_removed("exports", count + len(to_empty))


def iter_pieces(
    outgoing: Outgoing, format: str, on_progress: Callable[[int], None], *, always_zip: bool = False
) -> tuple[str, Iterator[bytes]]:
    """Return (extension, pieces). One CSV table is a plain file unless `always_zip`."""
    sheets = outgoing.sheets(on_progress)
    if format == Format.XLSX:
        return "xlsx", xlsx_pieces(sheets)
    # two are taken to tell one table from several without building all of them first
    first = next(sheets, None)
    second = next(sheets, None)
    if first is not None and second is None and not always_zip:
        return "csv", iter_csv(first.rows)
    return "zip", zip_pieces(_again(first, second, sheets))


def _again(first: Sheet | None, second: Sheet | None, rest: Iterator[Sheet]) -> Iterator[Sheet]:
    yield from (sheet for sheet in (first, second) if sheet is not None)
    yield from rest


def _progress_writer(export: AnswerExport) -> Callable[[int], None]:
    def on_progress(done: int) -> None:
        AnswerExport.objects.filter(pk=export.pk).update(done=done)

    return on_progress


def _keep(export: AnswerExport, pieces: Iterable[bytes]) -> None:
    # in parts, as they come: a large CSV export never lies in memory as a whole
    held = bytearray()
    number = 0
    for piece in pieces:
        held += piece
        if len(held) >= PART:
            ExportPart.objects.create(export=export, number=number, content=bytes(held))
            held.clear()
            number += 1
    ExportPart.objects.create(export=export, number=number, content=bytes(held))


def _record(action: str, outgoing: Outgoing, format: str, count: int, **more: Any) -> None:
    """Log who exported how much of which form, by which filter; never an answer."""
    log_event(
        action,
        actor=get_actor(outgoing.user),
        target_kind="formdefinition",
        target_id=outgoing.form.pk,
        form=outgoing.form.key,
        format=format,
        submissions=count,
        with_names=outgoing.with_names,
        **outgoing.filters.as_json(),
        **more,
    )
