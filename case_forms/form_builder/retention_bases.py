"""Why an answer is stored: the closed vocabulary of a question's `keep_basis`, with the months that each proposes.

Data (`data/retention_bases.json`): every term in it is a proposal for the organisation's lawyer, and is shown as one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from access.models import localize

from .definition import Form, Question
from .definition.limits import KEEP_BASES_FILE, SENSITIVITIES

# A question of these is about somebody. "internal" is about the organisation's own work.
ABOUT_PEOPLE = frozenset(SENSITIVITIES[SENSITIVITIES.index("personal") :])


@dataclass(frozen=True)
class RetentionBasis:
    """One reason for storing answers. `label`, `why`, `source`: texts by language; `months`: the proposed term."""

    key: str
    months: int
    label: dict[str, str]
    why: dict[str, str]
    source: dict[str, str]
    confidence: str


@cache
def retention_bases() -> Mapping[str, RetentionBasis]:
    """Return the bases by key, in the order in which they are offered."""
    written = json.loads(KEEP_BASES_FILE.read_text(encoding="utf-8"))["bases"]
    return {key: RetentionBasis(key=key, **entry) for key, entry in written.items()}


def get_basis_label(key: str, language: str) -> str:
    """Return the basis in words, "" when the question says none."""
    basis = retention_bases().get(key)
    return localize(basis.label, language) if basis else ""


def iter_without_term(form: Form) -> Iterator[Question]:
    """Yield the questions about people that don't say for how long, or why, their answers are stored."""
    for located in form.iter_questions():
        question = located.question
        if question.sensitivity in ABOUT_PEOPLE and (question.keep_for is None or not question.keep_basis):
            yield question
