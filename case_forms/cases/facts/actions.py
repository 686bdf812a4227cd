"""Writing of facts: from a form that was received, or by a worker who says that something is no longer known.

Nothing is ever overwritten, so writers don't wait for each other and none is lost.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.fact_types import FactCatalogue, FactType
from case_forms.form_builder.models import FormVersion, get_fact_catalogue
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered

from ..models import Case
from .models import CaseFact

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WrittenFact:
    """A fact that a form's answers say. `question`: the key of the question that says it."""

    key: str
    question: str
    value: Any = field(repr=False)


def writes_facts(form: Form) -> bool:
    """Return whether any question of the form writes a fact."""
    return any(located.question.has("writes_fact") for located in form.iter_questions())


def facts_in(
    form: Form, answers: Mapping[str, Any], facts: FactCatalogue, *, without: Collection[str] = ()
) -> list[WrittenFact]:
    """Return what these cleaned answers say about the person, each fact once.

    An unanswered question says nothing. Of two questions that write the same fact the last one answered counts.
    `without`: questions whose answers were taken over from what was known and that nobody confirmed.
    """
    found: dict[str, WrittenFact] = {}
    context = CleanContext(sources=Lists())
    for question in _writing(form.outer_items):
        value = answers.get(question.key)
        if question.key in without or is_unanswered(value):
            continue
        fact = facts.get(question.writes_fact)
        if fact is not None and is_fitting(fact, value, context):
            found[fact.key] = WrittenFact(fact.key, question.key, value)
    return list(found.values())


def is_fitting(fact: FactType, value: Any, context: CleanContext) -> bool:
    """Return whether the fact can have this value.

    Values out of a list were checked against it when they were given; an office that has left it since stays a fact.
    """
    if fact.choices_from or fact.type in ("municipality", "partner"):
        return True
    try:
        registry.get(fact.type).clean(value, fact.question, context)
    except AnswerError:
        return False
    return True


def write_facts(
    *,
    case: Case,
    form: Form,
    form_version: FormVersion | None,
    answers: Mapping[str, Any],
    submission_id: UUID,
    by: User,
    occurred_at: datetime,
    received_at: datetime,
    without: Collection[str] = (),
) -> list[CaseFact]:
    """Add what a received form says about the person, in the caller's transaction. Return the new rows.

    The audit event of the submission covers them: it names the case and the form.
    """
    if not writes_facts(form):
        return []
    answered = {
        question.writes_fact
        for question in _writing(form.outer_items)
        if question.key not in without and not is_unanswered(answers.get(question.key))
    }
    written = facts_in(form, answers, get_fact_catalogue(answered), without=without)
    rows = [
        CaseFact(
            case=case,
            key=each.key,
            value={"value": each.value},
            form_version=form_version,
            question=each.question,
            submission_id=submission_id,
            noted_by=by,
            occurred_at=occurred_at,
            received_at=received_at,
        )
        for each in written
    ]
    return CaseFact.objects.bulk_create(rows)


def note_no_longer_known(*, case: Case, key: str, by: User, at: datetime) -> CaseFact:
    """Note that what was known holds no more and nothing else is known, such as a lost number. Audited.

    The caller has made sure that the person may write about this case.
    """
    row = CaseFact.objects.create(
        case=case, key=key, value={"value": None}, noted_by=by, occurred_at=at, received_at=at
    )
    log_event("case.fact_ended", actor=get_actor(by), target_kind="case", target_id=case.pk, fact=key)
    return row


def forget_facts(*, submission_id: UUID, questions: Iterable[str]) -> int:
    """Delete the facts that come from these answers of a submission, because the answers are forgotten.

    The same said again by another form stays as long as that form's answer does.
    """
    gone, _by_model = CaseFact.objects.filter(submission_id=submission_id, question__in=list(questions)).delete()
    return gone


def _writing(items: Iterable[Any]) -> Iterator[Question]:
    # A fact is about the person of the case: in a group, each row is about somebody or something else.
    return (item for item in items if isinstance(item, Question) and item.has("writes_fact"))
