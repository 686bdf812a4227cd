"""Explanations: an expression read back as a sentence, so that people can see what a rule says.

The twin of static/js/builder/sentence.js, which reads with the same words while one types.
"""

from collections.abc import Collection, Mapping
from typing import Any

from ..evaluator import check_expression
from ..wording import DEFAULT_LANGUAGE, LANGUAGES, SENTENCES, get_words
from .phrases import PHRASES
from .reader import Reader

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "explain"]


def explain(
    expression: Any,
    *,
    labels: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]] | None = None,
    days: Collection[str] = (),
    language: str = DEFAULT_LANGUAGE,
) -> str:
    """Explain the expression in one sentence in this language, one of LANGUAGES.

    `labels` names the variables by key, `values` their values ({"result": {"at_risk": "Person at risk"}}); what has no
    label is shown by its key. `days` are the keys of dates and times, which are earlier or later and not less or more.
    Raises LogicError for an expression that isn't in the language.
    """
    check_expression(expression)
    reader = Reader(labels, values or {}, days, get_words(SENTENCES, language), PHRASES)
    sentence = reader.condition(expression)
    return f"{sentence[:1].upper()}{sentence[1:]}."
