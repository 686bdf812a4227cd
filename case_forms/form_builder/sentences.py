"""A form's rules as sentences, in the reader's language. Pure; works on half-done definitions too."""

import json
from typing import Any

from case_forms import expressions
from case_forms.questions import registry
from case_forms.questions.base import text_in

from .definition import AskedItem, Form, Question
from .fact_types import KNOWN, FactCatalogue
from .properties import OpenSource

OF_THE_SYSTEM = ("yes_no_unknown",)  # types whose choices have labels of ours
DAYS = frozenset({"date", "datetime", "time"})


class Sentences:
    """The labels that a form gives its questions and their choices, for wording its rules.

    `facts`: of the case, whose labels and choices rules read besides.
    """

    def __init__(self, form: Form, language: str, facts: FactCatalogue | None = None) -> None:
        self.language = language
        self.labels: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.days: set[str] = set()
        for key, fact in (facts or {}).items():
            path = f"{KNOWN}.{key}"
            self.labels[path] = self.words(fact.label) or key
            self._learn_answers(fact.question, form, path)
        for located in form.iter_items():
            item = located.item
            if isinstance(item, AskedItem):
                self.labels[item.key] = self.words(item.label) or item.key
            if isinstance(item, Question):
                self._learn_answers(item, form, item.key)

    def _learn_answers(self, question: Question, form: Form, key: str) -> None:
        if _is_day(question):
            self.days.add(key)
        if question.type in OF_THE_SYSTEM:
            worded = registry.get(question.type).listed(question, self.language, OpenSource())
            self.values[key] = {value: str(label) for value, label in worded}
        own = form.lists.get(question.choices_from)
        choices = question.choices or (own.choices if own else ())
        if choices:
            self.values[key] = {choice.value: self.words(choice.label) or choice.value for choice in choices}

    def words(self, texts: Any) -> str:
        """Return a text by language in the reader's, "" when there is none."""
        written = {code: text for code, text in texts.items() if text} if isinstance(texts, dict) else {}
        return str(text_in(written, self.language))

    def rule(self, expression: Any) -> str:
        """Return an expression as a sentence; as it is written when it can't be read."""
        try:
            return expressions.explain(
                expression, labels=self.labels, values=self.values, days=self.days, language=self.language
            )
        except expressions.LogicError:
            return json.dumps(expression, ensure_ascii=False)


def _is_day(question: Question) -> bool:
    """Return whether the answer is a date or time, as far as a half-done question says."""
    if question.type == "calculated":
        return question.result == "date"
    return question.type in registry.names() and registry.get(question.type).value_kind in DAYS
