"""Ask for a document of a case, make it, and read it. A row is the order: a lost task changes nothing.

A person's order is made at once where that is possible, a rule's by the queue after the commit. What can't be made is
tried again by the clock, at most MAX_TRIES times; the case's page says so, and nothing else waits for it.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from access.models import User
from audit import clock
from audit.chain import SYSTEM, Actor, get_actor, log_event
from audit.due import Due
from notifications.outbox.queueing import enqueue_bulk

from ..models import Case, CaseEvent
from .content import CannotMake, check_can_be_made, render_document
from .models import CaseDocument, DocumentKind

MAKE = "case_forms.cases.documents.tasks.make"
MAX_TRIES = 5
TRY_AGAIN = timedelta(minutes=2)  # doubles with each failure
MAX_DOCUMENTS = 200  # of one case

log = structlog.get_logger(__name__)


def order_document(
    *,
    case: Case,
    kind: str,
    language: str,
    by: User | None = None,
    event: CaseEvent | None = None,
    at: datetime | None = None,
) -> CaseDocument:
    """Store an order, in the caller's transaction; the queue is told after the commit. Raises CannotMake.

    `event`: of the rule that asks; the same rule's order again returns the first.
    """
    moment = at or clock.now()
    if event is not None:
        found = CaseDocument.objects.filter(event_id=event.pk, kind=kind).first()
        if found is not None:
            return found
    with transaction.atomic():
        # Versions count on: two who ask at once get two.
        Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
        mine = CaseDocument.objects.filter(case=case)
        if mine.count() >= MAX_DOCUMENTS:
            raise CannotMake("too_many")
        last = mine.filter(kind=kind).aggregate(last=Max("version"))["last"] or 0
        document = CaseDocument.objects.create(
            case=case,
            kind=kind,
            version=last + 1,
            language=language,
            ordered_by=by,
            event_id=event.pk if event else None,
            ordered_at=moment,
            next_try_at=moment + TRY_AGAIN,
        )
        transaction.on_commit(partial(enqueue_bulk, MAKE, str(document.pk)))
    return document


def produce(*, case: Case, kind: str, by: User) -> CaseDocument:
    """Order a document and make it at once; where that fails it waits for the queue. Raises CannotMake."""
    if kind not in DocumentKind.values:
        raise CannotMake("unknown")
    if case.forgotten_at is not None:
        raise CannotMake("forgotten")
    check_can_be_made(case, kind)
    document = order_document(case=case, kind=kind, language=by.language, by=by)
    make(document.pk)
    document.refresh_from_db()
    return document


def make(key: UUID) -> bool:
    """Make an ordered document. False when it is made already, or can't be made now; then it is tried again later."""
    document = CaseDocument.objects.select_related("case__unit", "case__municipality", "ordered_by").get(pk=key)
    if document.made_at is not None or document.erased_at is not None or document.case.forgotten_at is not None:
        return False
    try:
        rendered = render_document(document)
    except (OperationalError, InterfaceError):
        raise
    except CannotMake as problem:
        # It won't be another time: there is nothing to print, or it may not be.
        _note_failure(document, problem.code, is_final=True)
        return False
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one sheet, the case and its notices go on
        _note_failure(document, type(error).__name__, is_final=False)
        return False
    with transaction.atomic():
        locked = CaseDocument.objects.select_for_update().get(pk=key)
        if locked.made_at is not None or locked.erased_at is not None:
            return False
        locked.pdf, locked.pages = rendered.pdf, rendered.pages
        locked.made_at, locked.next_try_at, locked.failed_code = clock.now(), None, ""
        locked.save(update_fields=["pdf", "pages", "made_at", "next_try_at", "failed_code"])
        _log("document.made", get_actor(locked.ordered_by) if locked.ordered_by else SYSTEM, locked)
    return True


def _note_failure(document: CaseDocument, code: str, *, is_final: bool) -> None:
    failures = document.failures + 1
    is_over = is_final or failures >= MAX_TRIES
    log.error("document_failed", document=str(document.pk), kind=document.kind, code=code, failures=failures)
    CaseDocument.objects.filter(pk=document.pk, made_at__isnull=True).update(
        failures=failures,
        failed_code=code[:40],
        next_try_at=None if is_over else clock.now() + TRY_AGAIN * 2**failures,
    )


def read(document: CaseDocument, by: User) -> bytes | None:
    """Return a document's bytes, and record who has read it; None for one that isn't made, or was erased."""
    pdf: Any = document.pdf
    if pdf is not None:
        _log("document.read", get_actor(by), document)
    return pdf


def _log(action: str, actor: Actor, document: CaseDocument) -> None:
    log_event(
        action,
        actor=actor,
        target_kind="case",
        target_id=document.case_id,
        document=document.pk,
        kind=document.kind,
        version=document.version,
    )


def erase_documents(case: Case, at: datetime) -> int:
    """Erase the documents of a case that is forgotten. Return how many."""
    rows = CaseDocument.objects.filter(case=case, erased_at__isnull=True)
    return rows.update(pdf=None, erased_at=at, next_try_at=None)


def erase_documents_since(case: Case, since: datetime, at: datetime) -> int:
    """Erase the documents that were made after something was received that is forgotten now. Return how many.

    They may quote it, and nobody can tell from a sealed PDF. What is needed is made again, of what is left.
    """
    rows = CaseDocument.objects.filter(case=case, made_at__gte=since, erased_at__isnull=True)
    return rows.update(pdf=None, erased_at=at)


def _ask_again(document: CaseDocument, _now: datetime) -> bool:
    return bool(enqueue_bulk(MAKE, str(document.pk)))


DUE = Due(
    name="case.documents",
    label=_("Making a document of a case"),
    rows=lambda _now: CaseDocument.objects.filter(made_at__isnull=True).defer("pdf"),
    column="next_try_at",
    lease=TRY_AGAIN * 4,
    act=_ask_again,
    at_most=20,
)
advance = DUE.advance
