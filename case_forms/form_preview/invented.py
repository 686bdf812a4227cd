"""Invented facts for a trial: what would be known about the person of a case, so that what reads it can be seen.

Nothing is looked up: no case is opened for a preview. The page shows each answer that is filled in with where it comes
from, as the real one does, and there it says that it is invented; the report lists all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import localize
from case_forms.cases.facts.reading import clean_for
from case_forms.form_builder.definition import Form, Question, Section
from case_forms.form_builder.fact_rules import facts_read
from case_forms.form_builder.fact_types import FactCatalogue, FactType
from case_forms.questions import registry
from case_forms.questions.base import CleanContext
from case_forms.submissions.drafts.filled import FilledAnswer
from case_forms.submissions.known import case_key
from case_forms.submissions.readable_answers import build_line
from case_forms.submissions.validation.validate import Answers, CheckContext

AGE = 16  # of the invented person: the age at which most conditions of these forms change what is asked
SAID_AGO = timedelta(days=30)
TEXTS = ("text", "long_text")


@dataclass(frozen=True)
class Invented:
    """`known`: by fact, as conditions read it; `filled`: by question, what it begins with; `lines`: (label, words)."""

    known: Mapping[str, Any] = field(default_factory=dict)
    filled: Mapping[str, FilledAnswer] = field(default_factory=dict)
    lines: tuple[tuple[str, str], ...] = ()

    def begin(self, section: Section) -> Answers:
        """Return what the questions of a section begin with."""
        return {item.key: self.filled[item.key].value for item in section.items if item.key in self.filled}

    def unchanged(self, form: Form, answers: Answers, context: CheckContext) -> dict[str, FilledAnswer]:
        """Return those that are still what they were filled with; a page sends them as they were typed."""
        cleaning = CleanContext(context.sources, language=context.language, today=context.today)
        return {
            key: each
            for key, each in self.filled.items()
            if key in answers and clean_for(form.get_question(key), answers[key], cleaning) == each.value
        }


def invent(form: Form, facts: FactCatalogue, context: CheckContext) -> Invented:
    """Invent the facts that this form reads or begins with; none for a form about no case."""
    if not case_key(form):
        return Invented()
    asking = [item for item in form.outer_items if isinstance(item, Question) and item.has("filled_from_fact")]
    wanted = sorted({*facts_read(form), *(each.filled_from_fact for each in asking)} & facts.keys())
    cleaning = CleanContext(context.sources, language=context.language, today=context.today)
    found = {key: _invent_value(facts[key], cleaning) for key in wanted}
    known = {key: value for key, value in found.items() if value is not None}
    said_at = timezone.now() - SAID_AGO
    filled = {}
    for question in asking:
        fact = facts.get(question.filled_from_fact)
        if fact is None or not fact.is_lasting or fact.key not in known:
            continue
        value = clean_for(question, known[fact.key], cleaning)
        if value is not None:
            source = _("invented for this preview")
            filled[question.key] = FilledAnswer(question.key, value, said_at, said_at, source)
    lines = tuple(
        (localize(facts[key].label, context.language), build_line(facts[key].question, value, context).value)
        for key, value in known.items()
    )
    return Invented(known, filled, lines)


def _invent_value(fact: FactType, context: CleanContext) -> Any:
    """Return the first plain value that the fact's type takes; None when it takes none of them."""
    for value in _iter_plain(fact, context):
        cleaned = clean_for(fact.question, value, context)
        if cleaned is not None:
            return cleaned
    return None


def _iter_plain(fact: FactType, context: CleanContext) -> Iterator[Any]:
    if fact.type in TEXTS:
        yield _("invented: %(fact)s") % {"fact": localize(fact.label, context.language)}
    offered = registry.get(fact.type).choices(fact.question, context.language, context.sources, {})
    for value, _label in offered[:1]:
        yield from ([value], value)
    today = context.today or timezone.localdate()
    day = date(today.year - AGE, 1, 1) if fact.identity_part == "birth_date" else today - SAID_AGO
    if fact.identity_part == "age":
        yield AGE
    yield from (
        day.isoformat(),
        timezone.make_aware(datetime.combine(day, time(10))).isoformat(),
        "10:00",
        str(day.year),
    )
    yield from ("+355690000000", "shembull@example.org", True, 1)
