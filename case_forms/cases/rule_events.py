"""Events of a case that come later (docs/procedures.md): decide about them and carry it out, each once.

What happens here is part of what somebody else did: a recipient answered, a clock moved. So nothing that is wrong with
a rule comes out of here: the decision runs in a savepoint, what fails is logged by ids and stands on the case, and the
answer or the clock's step holds all the same.

Each occurrence has an id made from what occurred (the reply, the chase, the duty), and is the id of its case event: the
same again, from a second sweeper or a repeated request, changes nothing. Each event counts how many came before it in
its chain, back to a submission; after MAX_CHAIN no rule responds any more.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from access.languages import LANGUAGES
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.procedures.decide import MAX_CHAIN, DecisionFailed, Event, decide
from case_forms.procedures.labels import get_labels
from case_forms.procedures.signals import decided
from notifications.outbox.models import Notice

from .applying.submission_facts import SubmissionFacts
from .brief_content import both
from .facts.for_rules import get_known_for_rules
from .models import Case, CaseEvent, Deadline

KIND = "rules_{}"  # the kind of the case event, by the code of the procedure's event
TOO_MANY = "too_many_in_a_row"
CASE_CLOSED = "case_closed"
CASE_REOPENED = "case_reopened"

log = structlog.get_logger(__name__)

# Given (a submission's id, its case, the moment of the event): the facts of the submission, with that moment as when it
# was received, and by office the consents on record, if a rule asks. Raises whatever keeps it from being read.
Loader = Callable[[UUID, Case, datetime], tuple[SubmissionFacts, Mapping[str, list[str]] | None]]
_loaders: list[Loader] = []
# Carries out what was decided: `actions.apply_decision`, which sends events itself when duties are done.
Applier = Callable[..., object]
_appliers: list[Applier] = []


def register_loader(load: Loader) -> None:
    """Say how submissions are read; the room that has them stands above this one. Only the newest counts."""
    _loaders[:] = [load]


def register_applier(apply: Applier) -> None:
    """Say what carries out a decision, given as keywords its parts. Only the newest counts."""
    _appliers[:] = [apply]


def respond(
    kind: str,
    *,
    case: Case,
    source: CaseEvent,
    occurrence: UUID,
    at: datetime,
    notice: Notice | None = None,
    only: str = "",
    **subject: Any,
) -> CaseEvent | None:
    """Let the rules of the case's procedure respond to an event. Return its case event; None when no rule listens.

    `source`: the case event that it goes back to; `occurrence`: the id of what occurred, by which it happens once.
    `only`: the key of the one rule that responds. `subject`: what the event is about, in codes (`Event.subject`).
    """
    listens = case.procedure_version.parsed.rules_by_event.get(kind)
    if not listens or source.submission_id is None or (case.closed_at is not None and kind != CASE_CLOSED):
        return None
    chain = int(source.detail.get("chain", 0)) + 1
    event, is_new = CaseEvent.objects.get_or_create(
        pk=occurrence,
        defaults={
            "case": case,
            "kind": KIND.format(kind),
            "at": at,
            "submission_id": source.submission_id,
            "notice_id": notice.pk if notice else None,
            "detail": {"chain": chain},
        },
    )
    if not is_new:
        return event
    try:
        if chain > MAX_CHAIN:
            raise DecisionFailed(TOO_MANY)
        # A savepoint: what fails here undoes nothing of what happened.
        with transaction.atomic():
            _decide(kind, case, event, source.submission_id, at, only, subject)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, the answer or the clock's step holds
        _record_failure(event, kind, error)
    return event


def _decide(
    kind: str, case: Case, event: CaseEvent, submission_id: UUID, at: datetime, only: str, subject: Mapping[str, Any]
) -> None:
    procedure = case.procedure_version.parsed
    submission, consent = _loaders[-1](submission_id, case, at)
    form = submission.form.key
    if not procedure.rules_about(kind, form):
        return
    happened = Event(
        kind=kind,
        form=form,
        answers=submission.answers,
        occurred_at=timezone.localtime(submission.occurred_at),
        received_at=timezone.localtime(at),
        case_status=case.status,
        case_child=case.child_track,
        case_consent=consent,
        case_flags=tuple(case.flags),
        # Without the form itself: what it said has been written when it came in.
        known=get_known_for_rules(case, procedure, submission.form, {}, occurred_at=submission.occurred_at),
        subject=subject,
        rule=only,
    )
    facts = get_fact_catalogue() if happened.known is not None else None
    labels = {language: get_labels(submission.form, language, facts) for language in LANGUAGES}
    decision = decide(happened, procedure, labels=labels)
    decided.send(sender=CaseEvent, event=happened, procedure=procedure, decision=decision, labels=labels)
    _appliers[-1](decision=decision, submission=submission, case=case, event=event)


def _record_failure(event: CaseEvent, kind: str, error: Exception) -> None:
    """Log what failed by ids and codes, and say on the case that a rule wasn't carried out."""
    where = getattr(error, "where", "") or getattr(error, "rule", "")
    code = getattr(error, "code", "") or type(error).__name__
    log.error("rules_failed", kind=kind, case_event=str(event.pk), case=str(event.case_id), where=where, code=code)
    words = both(
        lambda: gettext(
            "A rule of the procedure could not be carried out here, so what it would have done was not done. Tell the"
            " coordinator, and phone whoever has to know."
        )
    )
    CaseEvent.objects.filter(pk=event.pk).update(detail={**event.detail, "failed": code[:40], "where": where[:80]})
    event.explanation = [{"rule": "failed", "words": words}]
    event.save(update_fields=["explanation"])


# ---- what occurred ----


def respond_to_notice(
    kind: str, notice: Notice, at: datetime, *, occurrence: UUID | None = None, reply: str | None = None
) -> None:
    """Let rules respond to what became of a notice that a rule has sent.

    `occurrence`: by default once for the notice and all that followed it. Notices about duties have events of their
    own (`respond_to_duty`).
    """
    root = notice.root
    source = _find_sources(key=root.event_id).first()
    if source is None:
        return
    respond(
        kind,
        case=source.case,
        source=source,
        occurrence=uuid5(occurrence or root.pk, kind),
        at=at,
        notice=notice,
        role=notice.role,
        office=notice.partner.slug if notice.partner else None,
        reply=reply or None,
    )


def respond_to_duty(kind: str, deadline: Deadline, at: datetime, *, case: Case | None = None, **subject: Any) -> None:
    """Let rules respond to a duty that is due, overdue or done. `case`: it, where the caller has it."""
    source = _find_sources(key=deadline.event_id).first()
    if source is None:
        raise CaseEvent.DoesNotExist
    respond(
        kind,
        case=case or source.case,
        source=source,
        occurrence=uuid5(deadline.event_id, f"{deadline.key} {kind}"),
        at=at,
        task=deadline.key,
        **subject,
    )


def respond_to_closing(kind: str, case: Case, occurrence: UUID, at: datetime, reason: str) -> None:
    """Let rules respond to the closing or reopening of a case, on the answers of the form that it was opened by."""
    sources = CaseEvent.objects.filter(case=case, kind="submission_received").order_by("at", "pk")
    if (source := sources.first()) is not None:
        respond(kind, case=case, source=source, occurrence=uuid5(occurrence, kind), at=at, reason=reason)


def respond_to_done(deadlines: "list[Deadline]", at: datetime, *, case: Case | None = None) -> None:
    """Let rules respond to these duties, which were met at this moment."""
    for deadline in deadlines:
        is_late = bool(deadline.marks) and at > deadline.marks[-1]
        respond_to_duty("task_done", deadline, at, case=case, is_late=is_late)


def _find_sources(key: UUID) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(pk=key).select_related("case__procedure_version")
