"""Answers that a draft begins with because they are known of the case, until somebody confirms or changes them.

An answer that was filled in isn't an answer yet: it is what some form said some time ago. So the page shows it with its
date and source, and asks once for each section. What the worker changes is an answer like any other; what they confirm
is one too, from today. What they neither change nor confirm goes out with the form, marked with the date from which it
is known, and adds nothing to what is known (docs/adr/0103).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.facts.reading import KnownFact, clean_for, get_known
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Form, Question, Section
from case_forms.form_builder.models import FormVersion, get_fact_catalogue
from case_forms.form_builder.sources import Lists
from case_forms.questions.base import CleanContext

from ..models import Draft, Submission
from ..validation.validate import Answers, CheckContext

Stored = dict[str, dict[str, Any]]
CONFIRM = "_known"  # the page's checkbox: what was filled in here still holds
CONFIRM_SHOWN = "_known_shown"  # there is such a checkbox on the page


@dataclass(frozen=True)
class FilledAnswer:
    """Where an answer that was filled in comes from.

    `since`: since when it has been so; `said_at`: when it was said last; `source`: the title of the form that said it,
    "" for a note of a worker. `is_confirmed`: somebody has asked again.
    """

    question: str
    value: Any = field(repr=False)
    since: datetime
    said_at: datetime
    source: str
    is_confirmed: bool = False


def filled_from_facts(version: FormVersion, case: Case, by: User) -> tuple[Answers, Stored]:
    """Return the answers that a new draft about this case begins with, and what is stored about them. Audited.

    What doesn't fit the question, such as a value that it doesn't offer, is left out.
    """
    asking = {question.filled_from_fact for question in _filled_questions(version.parsed_form)}
    if not asking:
        return {}, {}
    facts = {key: fact for key, fact in get_fact_catalogue(asking).items() if fact.is_lasting}
    known = get_known(case, keys=set(facts), facts=facts)
    if not known:
        return {}, {}
    log_event(
        "case.facts_read",
        actor=get_actor(by),
        target_kind="case",
        target_id=case.pk,
        form=version.form.key,
        facts=sorted(known),
    )
    context = CleanContext(Lists(by), language=by.language)
    answers: Answers = {}
    stored: Stored = {}
    # by question: two questions, shown under different conditions, may begin with the same fact
    for question in _filled_questions(version.parsed_form):
        fact = known.get(question.filled_from_fact)
        value = clean_for(question, fact.value, context) if fact is not None else None
        if fact is not None and value is not None:
            answers[question.key] = value
            stored[question.key] = _store(fact, value)
    return answers, stored


def get_filled(draft: Draft, context: CheckContext) -> dict[str, FilledAnswer]:
    """Return, by question, the answers of a draft that still are what they were filled with."""
    return {
        key: _read(key, entry)
        for key, entry in (draft.filled or {}).items()
        if _is_unchanged(draft.form_version.parsed_form, key, entry, draft.answers, context)
    }


def confirm(draft: Draft, section: Section, *, holds: bool) -> None:
    """Note on a draft, without saving it, that what was filled in in this section still holds, or that it doesn't."""
    if not draft.filled:
        return
    here = {item.key for item in section.items if isinstance(item, Question)}
    draft.filled = {key: {**entry, "confirmed": holds} if key in here else entry for key, entry in draft.filled.items()}


def take_out(draft: Draft) -> None:
    """Take everything out of a draft, without saving it, that it was filled with and nobody has changed since.

    For a draft that is about another case by now: what is known about one person must not become another's.
    """
    context = CheckContext(Lists(draft.owner), timezone.localdate(), timezone.localdate(), draft.owner.language)
    gone = get_filled(draft, context)
    draft.answers = {key: value for key, value in draft.answers.items() if key not in gone}
    draft.filled = None


def get_carried_over(draft: Draft, context: CheckContext) -> Stored:
    """Return what was filled in and neither changed nor confirmed, as a submission stores it."""
    unchanged = get_filled(draft, context)
    return {key: entry for key, entry in (draft.filled or {}).items() if key in unchanged and not entry["confirmed"]}


def carried_over_in(submission: Submission) -> dict[str, FilledAnswer]:
    """Return, by question, the answers of a submission that were taken over and not asked again."""
    return {key: _read(key, entry) for key, entry in (submission.carried_over or {}).items()}


def get_times_carried_over(submission: Submission) -> dict[str, datetime]:
    """Return, by question, when each answer that was taken over had been said."""
    return {key: each.said_at for key, each in carried_over_in(submission).items()}


def _filled_questions(form: Form) -> list[Question]:
    return [item for item in form.outer_items if isinstance(item, Question) and item.has("filled_from_fact")]


def _store(fact: KnownFact, value: Any) -> dict[str, Any]:
    title = fact.row.form_version.parsed_form.title if fact.row.form_version else {}
    return {
        "fact": str(fact.row.pk),
        "value": value,
        "since": fact.since.isoformat(),
        "said_at": fact.said_at.isoformat(),
        "source": dict(title),
        "confirmed": False,
    }


def _read(key: str, entry: Mapping[str, Any]) -> FilledAnswer:
    return FilledAnswer(
        question=key,
        value=entry["value"],
        since=datetime.fromisoformat(entry["since"]),
        said_at=datetime.fromisoformat(entry["said_at"]),
        source=localize(entry["source"]),
        is_confirmed=bool(entry["confirmed"]),
    )


def _is_unchanged(
    form: Form, key: str, entry: Mapping[str, Any], answers: Mapping[str, Any], context: CheckContext
) -> bool:
    """Return whether the answer is what was filled in; a page sends it as it was typed, so it is cleaned first."""
    question = form.get_question(key)
    if question is None or key not in answers:
        return False
    if answers[key] == entry["value"]:
        return True
    cleaning = CleanContext(context.sources, language=context.language, today=context.today)
    return bool(clean_for(question, answers[key], cleaning) == entry["value"])
