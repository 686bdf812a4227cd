"""Reading of facts: what holds now, since when, and where each value comes from.

These functions scope nothing and record nothing: whoever shows facts to a person asks `Case.visible_to` and records it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import gettext

from access.models import localize
from case_forms.form_builder.fact_types import FactCatalogue, FactType
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, ChoiceSource, CleanContext, is_unanswered
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Case
from .models import CaseFact

MAX_CONFIRMATIONS = 20  # how far back `since` looks for the first time that the same was said

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class KnownFact:
    """What is known of one kind of fact.

    `since`: when this was first so, without something else in between; `said_at`: when it was said last. `row` is the
    one that holds. A value that can't be opened is no fact; the log says so.
    """

    fact: FactType
    row: CaseFact = field(repr=False)
    value: Any = field(repr=False)
    since: datetime

    @property
    def said_at(self) -> datetime:
        return self.row.occurred_at

    @property
    def source_title(self) -> str:
        """The title of the form that says so; "" for what a worker noted on the case page."""
        return self.row.form_version.title if self.row.form_version else ""

    def in_words(self, language: str, sources: ChoiceSource) -> str:
        """Return the value as people read it."""
        return value_in_words(self.fact, self.value, language, sources)


def get_known(
    case: Case, *, keys: Collection[str] | None = None, facts: FactCatalogue | None = None
) -> dict[str, KnownFact]:
    """Return what is known about the person of a case now, by key: without what is no longer known.

    `keys`: only these. Two queries, and one for each shared list of the catalogue.
    """
    if keys is not None and not keys:
        return {}
    catalogue = get_fact_catalogue(keys) if facts is None else facts
    rows = CaseFact.objects.filter(case=case).that_hold().newest_first().with_form()
    by_key: dict[str, list[CaseFact]] = defaultdict(list)
    for row in rows if keys is None else rows.filter(key__in=list(keys)):
        by_key[row.key].append(row)
    found = {}
    for key, said in by_key.items():
        # A kind that left the catalogue can't be worded or compared; its rows stay.
        known = _holding(catalogue[key], said) if key in catalogue else None
        if known is not None:
            found[key] = known
    return found


def get_known_values(case: Case | None, *, keys: Collection[str] | None = None) -> dict[str, Any]:
    """Return {key: value} of what is known, as conditions read it under `_known`; nothing without a case."""
    return {key: known.value for key, known in get_known(case, keys=keys).items()} if case is not None else {}


def get_head(case: Case, *, facts: FactCatalogue | None = None) -> list[KnownFact]:
    """Return what stands at the head of the case page, in the catalogue's order."""
    catalogue = get_fact_catalogue() if facts is None else facts
    wanted = {key for key, fact in catalogue.items() if fact.head_order is not None}
    return sorted(get_known(case, keys=wanted, facts=catalogue).values(), key=lambda each: each.fact.head_order or 0)


def get_known_for_role(case: Case, role: str) -> list[KnownFact]:
    """Return what the catalogue lets a recipient with this role have, in the order of its labels.

    Whether the person agrees is another gate's question (the consents of the case): both must let it through.
    """
    allowed = {key: fact for key, fact in get_fact_catalogue().items() if role in fact.receivers}
    return list(get_known(case, keys=set(allowed), facts=allowed).values())


def get_identity(case: Case) -> dict[str, list[Any]]:
    """Return {part: values} of what identifies the person now: "name", "birth_date", "age", "phone".

    A part can have several values: first and last name are two facts of the same part.
    """
    catalogue = {key: fact for key, fact in get_fact_catalogue().items() if fact.identity_part}
    found: dict[str, list[Any]] = defaultdict(list)
    for known in get_known(case, keys=set(catalogue), facts=catalogue).values():
        found[known.fact.identity_part].append(known.value)
    return dict(found)


@dataclass(frozen=True)
class SaidFact:
    """One entry in the history of a fact. `is_held`: whether it is the one that holds. `words`: "" when unreadable."""

    row: CaseFact = field(repr=False)
    words: str = field(repr=False)
    is_held: bool

    @property
    def submission_id(self) -> UUID | None:
        return self.row.submission_id


def get_history(case: Case, fact: FactType, language: str) -> list[SaidFact]:
    """Return everything that was ever said of one fact, the newest first."""
    rows = CaseFact.objects.filter(case=case, key=fact.key).newest_first()
    holds = rows.that_hold().values_list("pk", flat=True).first()
    sources = Lists()
    found = []
    for row in rows.with_form().select_related("noted_by"):
        opened = _open(row)
        words = value_in_words(fact, opened[0], language, sources) if opened is not None else ""
        found.append(SaidFact(row, words, row.pk == holds))
    return found


def value_in_words(fact: FactType, value: Any, language: str, sources: ChoiceSource) -> str:
    """Return a fact's value as people read it; null reads as no longer known."""
    if value is None:
        return gettext("no longer known")
    return registry.get(fact.type).formatted(value, fact.question, language, sources)


def fact_label(fact: FactType, language: str) -> str:
    return localize(fact.label, language) or fact.key


def clean_for(question: Any, value: Any, context: CleanContext) -> Any:
    """Return a fact's value as an answer to this question; None where it doesn't fit."""
    try:
        return registry.get(question.type).clean(value, question, context)
    except AnswerError:
        return None


def _holding(fact: FactType, said: Iterable[CaseFact]) -> KnownFact | None:
    """Return the fact that holds. `said`: all rows of one key, the newest first."""
    rows = iter(said)
    first = next(rows)
    opened = _open(first)
    if opened is None or is_unanswered(opened[0]):
        return None
    value, since = opened[0], first.occurred_at
    for _count, row in zip(range(MAX_CONFIRMATIONS), rows, strict=False):
        if _open(row) != (value,):
            break
        since = row.occurred_at
    return KnownFact(fact, first, value, since)


def _open(row: CaseFact) -> tuple[Any] | None:
    """Return the value, in a tuple; None when it can't be opened."""
    try:
        stored: Mapping[str, Any] = row.value
    except (SealBroken, KeyRingError) as error:
        log.error("case_fact_unreadable", fact=str(row.pk), code=type(error).__name__)
        return None
    return (stored.get("value"),)
