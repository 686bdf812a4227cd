"""Register a person's request about their data, propose an answer, decide about it as the second person, hand it over.

1. A worker of the unit or a coordinator registers it: how it came, how it was established who asks. A restriction or an
   objection takes effect at once; only giving out and lifting need a second person.
2. One person goes through what is stored and proposes: granted, granted in part, refused, with the reason. What is
   given out is frozen then.
3. A coordinator who neither registered nor proposed it agrees, or sends it back. Then it can be handed over.
4. Handing over is recorded; the file is deleted after some days, handed over or not. Nothing is ever mailed.

An erasure is agreed to for a day, and carried out on it by the purge of closed cases (`erasure`). Until then one person
calls it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import User
from audit import clock
from audit.chain import get_actor, log_event
from vault.data_keys import sealing_without_owner

from ..adopting import may_adopt
from ..closing.actions import may_ask
from ..deadlines import meet_deadlines
from ..locking import lock_all_of, lock_case
from ..models import Case, Deadline
from .choices import get_days, is_proof_for
from .document import build_document
from .erasure import ASKED, add_proof, build_paper, find_stops, get_paper_end, list_unregistered
from .held import compute_fingerprint, read_held
from .models import ANSWERED, RESTRICTING, UNDECIDED, RightKind, RightOutcome, RightsRequest, RightState
from .restriction import refresh_restriction

MAX_WORDS = 2000
OUTCOMES: dict[str, tuple[str, ...]] = {
    RightKind.ACCESS: (RightOutcome.WHOLE, RightOutcome.PART, RightOutcome.REFUSED),
    RightKind.CORRECTION: (RightOutcome.DONE, RightOutcome.REFUSED),
    RightKind.RESTRICTION: (RightOutcome.LIFTED,),
    RightKind.OBJECTION: (RightOutcome.LIFTED,),
    RightKind.ERASURE: (RightOutcome.WHOLE, RightOutcome.REFUSED),
}


class CannotAnswer(Exception):
    """Something about a request that can't be done; nothing has changed.

    `code`: not_allowed, forgotten, asked_already, bad_identity, not_open, changed (what is stored is not what the page
    showed), no_reason, no_words, bad_outcome, own_request, no_document; of an erasure also: bad_day, day_over, stopped
    (`stops`: by what, see `erasure.STOPS`).
    """

    def __init__(self, code: str, stops: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.stops = code, stops


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What is registered. `identity_words`: how exactly it was established who asks."""

    kind: str
    received_through: str
    identity: str
    asked_on: date
    language: str
    identity_words: str = field(repr=False)
    request_words: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the first person proposes.

    `kept`: keys of the pieces left in; `reasons`: {key: code} of why others are left out; `seen`: the fingerprint of
    the page's. `erase_on`: of an erasure that is granted, its day.
    """

    outcome: str
    refusal: str = ""
    words: str = field(default="", repr=False)
    kept: Sequence[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    erase_on: date | None = None


@transaction.atomic
def register_request(*, case: Case, wanted: NewRequest, by: User) -> RightsRequest:
    """Store a request and start its clock; a restriction takes effect. Raises CannotAnswer."""
    if not may_ask(case, by):
        raise CannotAnswer("not_allowed")
    if not is_proof_for(wanted.identity, wanted.received_through):
        raise CannotAnswer("bad_identity")
    if not wanted.identity_words.strip():
        raise CannotAnswer("no_words")
    locked = lock_case(case)
    if locked.forgotten_at is not None:
        raise CannotAnswer("forgotten")
    if wanted.kind == RightKind.ERASURE and RightsRequest.objects.erasing().filter(case=locked).exists():
        raise CannotAnswer("asked_already")
    now = clock.now()
    due_on = wanted.asked_on + timedelta(days=get_days("answer_days"))
    request = RightsRequest(
        case=locked,
        kind=wanted.kind,
        received_through=wanted.received_through,
        identity=wanted.identity,
        language=wanted.language,
        words=_words(identity=wanted.identity_words, request=wanted.request_words),
        asked_on=wanted.asked_on,
        due_on=due_on,
        next_reminder_at=_get_first_reminder(due_on) if wanted.kind not in RESTRICTING else None,
        registered_by=by,
        registered_at=now,
    )
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        raise CannotAnswer("asked_already") from None
    refresh_restriction(locked)
    _log("rights.restricted" if request.is_restricting else "rights.registered", request, by)
    return request


@transaction.atomic
def propose_answer(*, request: RightsRequest, wanted: Proposal, by: User) -> RightsRequest:
    """Propose how to answer; freeze what would be given out. Raises CannotAnswer."""
    if not may_ask(request.case, by):
        raise CannotAnswer("not_allowed")
    locked = _lock(request, RightState.OPEN)
    if wanted.outcome not in OUTCOMES[locked.kind]:
        raise CannotAnswer("bad_outcome")
    if wanted.outcome == RightOutcome.REFUSED and not wanted.refusal:
        raise CannotAnswer("no_reason")
    if wanted.outcome in (RightOutcome.REFUSED, RightOutcome.LIFTED) and not wanted.words.strip():
        raise CannotAnswer("no_words")
    locked.document = locked.erase_on = None
    if locked.kind == RightKind.ACCESS and wanted.outcome != RightOutcome.REFUSED:
        forms = read_held(locked.case, locked.language)
        if compute_fingerprint(forms) != wanted.seen:
            raise CannotAnswer("changed")
        locked.document = build_document(locked, forms, wanted.kept, wanted.reasons)
    locked.state, locked.outcome = RightState.PROPOSED, wanted.outcome
    locked.refusal = wanted.refusal if wanted.outcome == RightOutcome.REFUSED else ""
    if locked.kind == RightKind.ERASURE:
        if wanted.outcome == RightOutcome.WHOLE:
            _check_erasing(locked, wanted.erase_on)
            locked.erase_on = wanted.erase_on
        locked.document = build_paper(locked)
    locked.words = {**_words_of(locked), **_words(proposal=wanted.words)}
    locked.proposed_by, locked.proposed_at = by, clock.now()
    changed = ["document", "erase_on", "state", "outcome", "refusal", "words", "proposed_by", "proposed_at"]
    locked.save(update_fields=changed)
    _log("rights.proposed", locked, by, outcome=locked.outcome)
    return locked


@transaction.atomic
def decide_answer(*, request: RightsRequest, agree: bool, by: User, words: str = "") -> RightsRequest:
    """Agree to what was proposed, or send it back, as the second person. Raises CannotAnswer."""
    if not may_adopt(request.case, by):
        raise CannotAnswer("not_allowed")
    # An erasure ends a duty and what was sent about it.
    (lock_all_of if request.kind == RightKind.ERASURE else lock_case)(request.case)
    locked = _lock(request, RightState.PROPOSED)
    if by.pk in (locked.proposed_by_id, locked.registered_by_id):
        raise CannotAnswer("own_request")
    locked.words = {**_words_of(locked), **_words(decision=words)}
    if not agree:
        if not words.strip():
            raise CannotAnswer("no_words")
        _take_back(locked)
        _log("rights.sent_back", locked, by)
        return locked
    now = clock.now()
    if locked.erase_on is not None:
        _check_erasing(locked, locked.erase_on)
    locked.state, locked.decided_by, locked.decided_at = RightState.DECIDED, by, now
    # Handing it over is still owed within the same days; everything else is answered.
    is_owed = locked.document is not None
    today = timezone.localdate(now)
    locked.document_until = get_paper_end(locked, today) if is_owed else None
    if not is_owed:
        locked.next_reminder_at = None
    locked.save(update_fields=["state", "decided_by", "decided_at", "document_until", "next_reminder_at", "words"])
    refresh_restriction(request.case)
    if locked.kind == RightKind.ERASURE:
        _meet_duty(locked, by, now)
    kind = "rights.restriction_lifted" if locked.is_restricting else "rights.decided"
    _log(kind, locked, by, outcome=locked.outcome, proposed_by=locked.proposed_by_id)
    return locked


@transaction.atomic
def hand_over(*, request: RightsRequest, to: str, on: date, words: str, by: User) -> RightsRequest:
    """Record that the file was handed over. Raises CannotAnswer."""
    if not may_ask(request.case, by):
        raise CannotAnswer("not_allowed")
    is_erased = lock_case(request.case).forgotten_at is not None
    locked = _lock(request, RightState.DECIDED)
    if not locked.has_document:
        raise CannotAnswer("no_document")
    changed = ["state", "handed_to", "handed_on", "handed_by", "next_reminder_at"]
    locked.state, locked.handed_to, locked.handed_on, locked.handed_by = RightState.HANDED, to, on, by
    if not is_erased:
        # Of an erased case nobody writes anything any more: its key is gone.
        locked.words = {**_words_of(locked), **_words(handed=words)}
        changed.append("words")
    locked.next_reminder_at = None if is_erased else _get_reminder_of_erasure(locked)
    locked.save(update_fields=changed)
    _log("rights.handed_over", locked, by, to=to)
    return locked


@transaction.atomic
def withdraw_request(*, request: RightsRequest, by: User) -> RightsRequest:
    """Record that the person withdrew the request. A restriction isn't withdrawn: lifting it takes two."""
    if not may_ask(request.case, by):
        raise CannotAnswer("not_allowed")
    locked = _lock(request, *UNDECIDED)
    if locked.is_restricting:
        raise CannotAnswer("not_allowed")
    locked.state, locked.next_reminder_at, locked.document = RightState.WITHDRAWN, None, None
    locked.save(update_fields=["state", "next_reminder_at", "document"])
    _log("rights.withdrawn", locked, by)
    return locked


@transaction.atomic
def call_off_erasure(*, request: RightsRequest, by: User, words: str) -> RightsRequest:
    """Call off an erasure that was agreed to and isn't carried out yet: it is worked on again. Raises CannotAnswer.

    One person is enough: nothing is lost.
    """
    if not may_ask(request.case, by):
        raise CannotAnswer("not_allowed")
    if lock_case(request.case).forgotten_at is not None:
        raise CannotAnswer("forgotten")
    locked = _lock(request, *ANSWERED)
    if not locked.is_erasing:
        raise CannotAnswer("not_open")
    if not words.strip():
        raise CannotAnswer("no_words")
    locked.words = {**_words_of(locked), **_words(called_off=words)}
    locked.next_reminder_at = _get_first_reminder(locked.due_on)
    try:
        with transaction.atomic():
            _take_back(locked)
    except IntegrityError:
        raise CannotAnswer("asked_already") from None
    _log("rights.erasure_called_off", locked, by)
    return locked


def note_erased(case: Case, counts: Mapping[str, int], today: date) -> int:
    """Write into the papers about a case's erasure that it was carried out. Return how many there were.

    In the purge's transaction, and under the ring: the case's own key is destroyed, and the paper quotes nothing.
    """
    rows = RightsRequest.objects.erasing().filter(case=case).select_related("case")
    for row in rows:
        row.document, row.document_until = build_paper(row, counts=counts), get_paper_end(row, today)
        row.save(update_fields=["document", "document_until"])
    return len(rows)


def note_proved(request: RightsRequest, looked: int, at: datetime) -> None:
    """Write that nothing of an erased case was found any more, in so many places."""
    today = timezone.localdate(at)
    rows = RightsRequest.objects.select_for_update(of=("self",)).filter(pk=request.pk, proved_at__isnull=True)
    for row in rows:
        row.proved_at = at
        if row.document is not None:
            row.document = add_proof(row.document, looked, today)
        with sealing_without_owner():
            row.save(update_fields=["proved_at", "document"])


def end_documents(today: date) -> int:
    """Delete the files whose days are over. Return how many."""
    return RightsRequest.objects.filter(document_until__lt=today, document__isnull=False).update(document=None)


def take_earlier_days(kept: Case, duplicate: Case) -> None:
    """After a merge, let a request that both cases have be answered by the earlier of the two days.

    The duplicate's stays with it (one of a kind is undecided), and nobody is reminded of it.
    """
    for doubled in RightsRequest.objects.undecided().filter(case=duplicate).defer("words", "document"):
        own = RightsRequest.objects.undecided().filter(case=kept, kind=doubled.kind, due_on__gt=doubled.due_on)
        own.update(due_on=doubled.due_on, next_reminder_at=doubled.next_reminder_at)


def reopen_proposals(case: Case) -> int:
    """Send back what waits for the second person: what it would give out holds answers that are forgotten now.

    A file that two have agreed to is handed over; it ends by itself within days. Return how many.
    """
    waiting = RightsRequest.objects.select_for_update().filter(case=case, state=RightState.PROPOSED)
    keys = list(waiting.filter(kind=RightKind.ACCESS, document__isnull=False).values_list("pk", flat=True))
    RightsRequest.objects.filter(pk__in=keys).update(state=RightState.OPEN, outcome="", refusal="", document=None)
    for key in keys:
        log_event("rights.sent_back", target_kind="case", target_id=case.pk, request=str(key), asked=RightKind.ACCESS)
    return len(keys)


def forget_requests(case: Case) -> int:
    """Erase what was written in the requests of a case that is forgotten; codes and days stay. Return how many."""
    rows = RightsRequest.objects.filter(case=case).defer("words", "document")
    for row in rows:
        row.words, row.document, row.next_reminder_at = {}, None, None
        row.save(update_fields=["words", "document", "next_reminder_at"])
    return len(rows)


def _lock(request: RightsRequest, *states: str) -> RightsRequest:
    rows = RightsRequest.objects.select_for_update(of=("self",)).select_related("case__unit", "case__procedure_version")
    locked = rows.get(pk=request.pk)
    if locked.state not in states:
        raise CannotAnswer("not_open")
    return locked


def _check_erasing(request: RightsRequest, day: date | None) -> None:
    """Raise CannotAnswer when this erasure can't be agreed to for this day."""
    today = timezone.localdate(clock.now())
    if day is None or day > get_last_erase_day(request, today):
        raise CannotAnswer("bad_day")
    if day <= today:
        raise CannotAnswer("day_over")
    if stops := find_stops(request):
        raise CannotAnswer("stopped", stops)


def get_last_erase_day(request: RightsRequest, today: date) -> date:
    """Return the last day that an erasure can be proposed for: the person isn't kept waiting for longer."""
    return max(request.due_on, today + timedelta(days=get_days("erase_days")))


def _take_back(request: RightsRequest) -> None:
    """Store that a request is worked on again, without what was proposed."""
    request.state, request.outcome, request.refusal = RightState.OPEN, "", ""
    request.document = request.document_until = request.erase_on = request.decided_by = request.decided_at = None
    changed = ["state", "outcome", "refusal", "document", "document_until", "erase_on", "decided_by", "decided_at"]
    request.save(update_fields=[*changed, "words", "next_reminder_at"])


def _meet_duty(request: RightsRequest, by: User, at: datetime) -> None:
    """Meet the duty that a form began, unless the person asks for something else, too, and waits for it."""
    others = RightsRequest.objects.to_answer().filter(case=request.case).exclude(pk=request.pk)
    if not others.exists() and not list_unregistered(request):
        meet_deadlines(Deadline.objects.unmet().filter(case=request.case, key=ASKED), at, actor=get_actor(by))


def _get_reminder_of_erasure(request: RightsRequest) -> datetime | None:
    """Return when coordinators are reminded that an erasure should have been carried out; None for other requests."""
    if not request.is_erasing or request.erase_on is None:
        return None
    return timezone.make_aware(datetime.combine(request.erase_on + timedelta(days=1), time(8)))


def _get_first_reminder(due_on: date) -> datetime:
    """Return eight in the morning of the day on which coordinators are reminded first."""
    day = due_on - timedelta(days=get_days("remind_days_before"))
    return timezone.make_aware(datetime.combine(day, time(8)))


def _words(**said: str) -> dict[str, str]:
    return {key: text.strip()[:MAX_WORDS] for key, text in said.items() if text.strip()}


def _words_of(request: RightsRequest) -> dict[str, str]:
    words: Any = request.words
    return dict(words or {})


def _log(kind: str, request: RightsRequest, by: User, **detail: Any) -> None:
    log_event(
        kind,
        actor=get_actor(by),
        target_kind="case",
        target_id=request.case_id,
        request=str(request.pk),
        asked=request.kind,
        **detail,
    )
