"""Who a form says that a person is: names, birth date or age, telephone numbers.

A question says it when it writes a fact that the catalogue calls a part of the identity, so a form that a coordinator
makes is indexed like the shipped ones. Versions from before there were facts are read by the keys of their questions:
`data/identity_questions.json`, by the form's kind and by the key of a form. `get_identity` is the one function that
reads answers for the index.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.fact_types import IDENTITY_PARTS, FactCatalogue
from case_forms.form_builder.models import CaseFactType

from .spelling import MAX_PARTS, fold_name, normalize_phone, split_name

QUESTIONS = Path(__file__).parent / "data" / "identity_questions.json"
EARLIEST_YEAR = 1900
MAX_AGE = 120
MAX_PHONES = 3


@dataclass(frozen=True)
class Identity:
    """What can be asked for of a person, normalised; none of it is ever stored like this.

    `names`: folded parts, sorted, so that their order says nothing. `born_on`: the exact date. `year`: of birth, exact
    when `is_exact_year`, else reckoned from an age.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    born_on: date | None = field(default=None, repr=False)
    year: int | None = field(default=None, repr=False)
    is_exact_year: bool = True
    phones: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """Whether anything of it can be found again."""
        return bool(len(self.names) > 1 or (self.names and self.born_on) or self.phones)


@lru_cache(maxsize=1)
def load_identity_questions() -> dict[str, dict[str, Mapping[str, list[str]]]]:
    """Read which questions say who somebody is: {"kinds": {kind: {part: keys}}, "forms": {form key: {part: keys}}}."""
    read: dict[str, dict[str, Mapping[str, list[str]]]] = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    return read


def find_identity_questions(form: Form, facts: FactCatalogue | None = None) -> dict[str, tuple[str, ...]]:
    """Return {part of the identity: keys of the questions that say it}, empty for a form that doesn't ask who it is.

    `facts`: the catalogue, for whoever asks about many forms; else one query where the form writes any fact. Questions
    in a group are about somebody else.
    """
    found: dict[str, list[str]] = {}
    writing = {
        item.key: item.writes_fact for item in form.outer_items if isinstance(item, Question) and item.writes_fact
    }
    if writing:
        parts = (
            _read_parts(set(writing.values())) if facts is None else {key: facts[key].identity_part for key in facts}
        )
        for key, fact in writing.items():
            if parts.get(fact) in IDENTITY_PARTS:
                found.setdefault(parts[fact], []).append(key)
    declared = load_identity_questions()
    for part, keys in (declared["forms"].get(form.key) or declared["kinds"].get(form.kind) or {}).items():
        found.setdefault(part, []).extend(keys)
    # Each once, those that the form itself marks first.
    return {part: tuple(dict.fromkeys(keys)) for part, keys in found.items()}


def _read_parts(facts: Collection[str]) -> dict[str, str]:
    """Read which part of an identity each of these kinds of fact says: the one column, not their lists and labels."""
    return dict(_find_parts(sorted(facts)))


# Asked three times for each form that says who somebody is.


def _find_parts(facts: Collection[str]) -> QuerySet[CaseFactType, Any]:
    return CaseFactType.objects.filter(key__in=facts).order_by().values_list("key", "identity_part")


def get_identity(form: Form, answers: Mapping[str, Any], on: date) -> Identity:
    """Return the identity that these answers give, an empty one for most forms. `on`: when an age was true."""
    keys = find_identity_questions(form)
    if not keys:
        return Identity()
    return build_identity(
        names=[answers.get(key) for key in keys.get("name", ())],
        born=_get_first(answers, keys.get("birth_date", ())),
        age=_get_first(answers, keys.get("age", ())),
        phones=[answers.get(key) for key in keys.get("phone", ())],
        on=on,
    )


def _get_first(answers: Mapping[str, Any], keys: Iterable[str]) -> Any:
    """Return the first of these answers that there is."""
    return next((answers[key] for key in keys if answers.get(key) not in (None, "")), None)


def build_identity(
    *, names: Iterable[Any] = (), born: Any = None, age: Any = None, phones: Iterable[Any] = (), on: date
) -> Identity:
    """Build an identity from values as forms hold them; what isn't readable is left out, never refused.

    `born`: an ISO date, or its year, or year and month.
    """
    born_on, year, is_exact = _read_birth(born)
    if year is None and isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= MAX_AGE:
        year, is_exact = on.year - age, False
    return Identity(tuple(_fold_names(names)), born_on, year, is_exact, tuple(_read_phones(phones)))


def _read_birth(born: Any) -> tuple[date | None, int | None, bool]:
    text = str(born) if isinstance(born, str | int | date) and not isinstance(born, bool) else ""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
        year = day.year if day else int(text[:4]) if text else None
    except ValueError:
        return None, None, True
    return (day, year, True) if year and year >= EARLIEST_YEAR else (None, None, True)


def _fold_names(names: Iterable[Any]) -> list[str]:
    written = [part for name in names if isinstance(name, str) for part in split_name(name)]
    folded = {fold_name(part) for part in written[:MAX_PARTS]}
    # A single letter is an initial, which half the country shares.
    return sorted(part for part in folded if len(part) > 1)


def _read_phones(phones: Iterable[Any]) -> Iterator[str]:
    found = [normalize_phone(number) for number in phones if isinstance(number, str)]
    yield from list(dict.fromkeys(number for number in found if number))[:MAX_PHONES]
