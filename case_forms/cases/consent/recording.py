"""Writing to the ledger, in one transaction with what follows: what a form says, what is withdrawn on the case."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from access.models import User
from audit.chain import Actor, get_actor, log_event
from case_forms.procedures.clocks import ZONE
from notifications.directory.models import Partner, Role

from ..models import Case, CaseEvent
from ..rule_events import respond
from .ending import end_uncovered_links, lock_shared
from .ledger import ENDED, Recipient, State, find_standing, get_entries, lock_ledger, open_state
from .models import REFER_TO, ConsentAnswer, ConsentEntry, HowRecorded
from .rules import is_of_a_state, read_state

FORM = "consent"
ANSWERS = {
    "yes": ConsentAnswer.GIVEN,
    "no": ConsentAnswer.REFUSED,
    "withdrawn": ConsentAnswer.WITHDRAWN,
    "not_able": ConsentAnswer.NOT_ABLE,
}
GIVEN, WITHDRAWN = "consent_given", "consent_withdrawn"  # events of procedures
MAX_REASON = 500


class CannotWithdraw(Exception):
    """A withdrawal that can't be recorded. `code`: unknown_recipient, no_reason, too_long, is_closed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class ConsentForm:
    """A consent form that came in: its answers, and what is known of it beside them.

    `act`: under which its entries stand together, where that isn't the form's own id: it came from another case.
    """

    id: UUID
    answers: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime
    received_at: datetime
    by_id: int | None
    act: UUID | None = None


def read_form(form: ConsentForm, case_id: UUID, partners: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Return the ledger's entries of a form, as the columns of `ConsentEntry`.

    `partners`: {slug: id} of the offices that it names. The id of an entry comes from form and row, so that reading a
    form again makes the same entries. A row whose answer isn't known says nothing.
    """
    answers = form.answers
    act = form.act or form.id
    common = {
        "case_id": case_id,
        "act": act,
        "submission_id": form.id,
        "representative": _code(answers, "representative_role", 16),
        "may_be_involved": _code(answers, "representative_involved", 8),
        "language": _code(answers, "language", 16),
        "is_interpreted": bool(answers.get("interpreter")),
        "was_read_aloud": answers.get("read_aloud") is True,
        "how_recorded": _code(answers, "how_recorded", 12, among=HowRecorded.values),
        "attachment_id": _get_attachment(answers.get("signed_form")),
        "names": _read_names(answers),
        "occurred_at": form.occurred_at,
        "recorded_at": form.received_at,
        "recorded_by_id": form.by_id,
    }
    for number, row in enumerate(answers.get("consents") or ()):
        answer = ANSWERS.get(str(row.get("given")))
        if answer is None:
            continue
        own = {
            "purpose": _code(row, "purpose", 40),
            "answer": answer.value,
            "kind": _code(row, "kind", 24),
            "legal_basis": _code(row, "legal_basis", 24),
            "until": _read_until(row.get("until")),
        }
        for part, whom in enumerate(_iter_recipients(row, partners)):
            yield {"id": uuid5(act, f"{number}.{part}"), **common, **own, **whom}


def _iter_recipients(row: Mapping[str, Any], partners: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Return whom a row is about: an office, a role, both of them each for itself, or nobody by name."""
    slug, office = row.get("recipient"), row.get("office")
    if isinstance(slug, str) and slug in partners:
        yield {"partner_id": partners[slug], "role": ""}
    if office in Role.values:
        state = read_state(row) if is_of_a_state(office) else ""
        yield {"partner_id": None, "role": office, **({"state": state} if state else {})}
    # A service that the directory no longer has is not "everybody": the row is then about nobody.
    if not slug and not office:
        yield {"partner_id": None, "role": ""}


def build_unreadable(form_id: UUID, case_id: UUID, occurred_at: datetime, received_at: datetime) -> dict[str, Any]:
    """Return the entry of a form that doesn't open: it may hold a withdrawal, so nothing before it counts."""
    return {
        "id": uuid5(form_id, "unreadable"),
        "case_id": case_id,
        "act": form_id,
        "submission_id": form_id,
        "purpose": "",
        "answer": ConsentAnswer.UNREADABLE.value,
        "occurred_at": occurred_at,
        "recorded_at": received_at,
    }


def _code(answers: Mapping[str, Any], key: str, most: int, among: Sequence[str] = ()) -> str:
    value = answers.get(key)
    if not isinstance(value, str) or (among and value not in among):
        return ""
    return value[:most]


def _read_until(value: Any) -> datetime | None:
    """Return the moment from which a consent given until this day no longer holds: the next day's beginning."""
    try:
        return datetime.combine(date.fromisoformat(value) + timedelta(days=1), time(), tzinfo=ZONE)
    except (TypeError, ValueError, OverflowError):
        return None


def _get_attachment(value: Any) -> UUID | None:
    try:
        return UUID(value["id"])
    except (TypeError, KeyError, ValueError):
        return None


def _read_names(answers: Mapping[str, Any]) -> dict[str, str] | None:
    asked = {
        "explained_by": answers.get("explained_by"),
        "interpreter": answers.get("interpreter"),
        "representative": answers.get("representative_name"),
        "witness": answers.get("witness"),
    }
    return {key: value for key, value in asked.items() if isinstance(value, str) and value} or None


def get_named_partners(rows: Iterable[Any]) -> dict[str, int]:
    """Return {slug: id} of the offices that these rows of consent forms name."""
    slugs = {row.get("recipient") for row in rows if isinstance(row, Mapping)}
    named = [slug for slug in slugs if isinstance(slug, str)]
    return dict(Partner.objects.filter(slug__in=named).values_list("slug", "pk")) if named else {}


# ---- acts ----


def record_form(form: ConsentForm, case: Case, event: CaseEvent | None, actor: Actor) -> None:
    """Write a form that came in to the ledger, and do what follows: links end, rules respond."""
    partners = get_named_partners(form.answers.get("consents") or ())
    entries = [ConsentEntry(**columns) for columns in read_form(form, case.pk, partners)]
    _record(case, entries, event, form.received_at, actor)


def withdraw(*, case: Case, to: Recipient, reason: str, by: User, at: datetime) -> list[ConsentEntry]:
    """Record that the person takes back a consent, as a worker of the unit heard it. Raises CannotWithdraw.

    One person is enough: it only takes away. A second press finds it withdrawn and changes nothing.
    """
    words = " ".join(reason.split())
    if not words:
        raise CannotWithdraw("no_reason")
    if len(words) > MAX_REASON:
        raise CannotWithdraw("too_long")
    lock_shared(case)
    lock_ledger(case)
    standing = find_standing(get_entries(case), to, at=at, is_child=case.child_track)
    if standing.state == State.WITHDRAWN:
        return []
    if standing.state != State.GIVEN:
        raise CannotWithdraw("unknown_recipient")
    entry = ConsentEntry(
        case=case,
        act=uuid.uuid4(),
        purpose=REFER_TO,
        role="" if to.partner else to.role,
        partner=to.partner,
        state=to.state or None,
        answer=ConsentAnswer.WITHDRAWN,
        reason=words,
        occurred_at=at,
        recorded_at=at,
        recorded_by=by,
    )
    given = next((each.submission_id for each in standing.entries if each.submission_id), None)
    source = CaseEvent.objects.filter(case=case, submission_id=given).order_by("at").first() if given else None
    _record(case, [entry], source, at, get_actor(by))
    return [entry]


def _record(case: Case, entries: Sequence[ConsentEntry], source: CaseEvent | None, at: datetime, actor: Actor) -> None:
    ConsentEntry.objects.bulk_create(entries)
    for entry in entries:
        log_event(
            "consent.recorded",
            actor=actor,
            target_kind="case",
            target_id=case.pk,
            purpose=entry.purpose,
            role=entry.role,
            partner=entry.partner_id or "",
            answer=str(entry.answer),
        )
    end_uncovered_links(case, at, source=source, actor=actor)
    if source is not None:
        _let_rules_respond(case, entries, source, at)


def _let_rules_respond(case: Case, entries: Sequence[ConsentEntry], source: CaseEvent, at: datetime) -> None:
    """Let rules respond to each answer that decides now; one that came late and is overtaken is no event."""
    newest = get_entries(case)
    for entry in entries:
        kind = {ConsentAnswer.GIVEN: GIVEN, ConsentAnswer.WITHDRAWN: WITHDRAWN, ConsentAnswer.REFUSED: WITHDRAWN}.get(
            ConsentAnswer(entry.answer)
        )
        if kind is None or (entry.purpose == REFER_TO and not _decides(entry, newest, at, case)):
            continue
        respond(
            kind,
            case=source.case,
            source=source,
            occurrence=uuid5(entry.pk, kind),
            at=at,
            role=entry.role or (entry.partner.role if entry.partner else None),
            office=entry.partner.slug if entry.partner else None,
            purpose=entry.purpose,
        )


def _decides(entry: ConsentEntry, newest: Sequence[ConsentEntry], at: datetime, case: Case) -> bool:
    role = entry.role or (entry.partner.role if entry.partner else Role.HEALTH)
    to = Recipient(role, entry.partner, open_state(entry))
    standing = find_standing(newest, to, at=at, is_child=case.child_track)
    is_no = standing.state in ENDED
    return entry.act in {each.act for each in standing.entries} and is_no is (entry.answer != ConsentAnswer.GIVEN)
