"""A form's rules read back as sentences, in the reader's language. Pure; works on half-done definitions too."""

import json
from collections.abc import Iterable
from typing import Any

from case_forms import expressions
from case_forms.questions import registry
from case_forms.questions.base import text_in

from .properties import OpenSource

OF_THE_HOUSE = ("yes_no_unknown",)  # types whose choices the house words
DAYS = frozenset({"date", "datetime", "time"})
Part = dict[str, Any]


class Sentences:
    """Knows what a definition calls its questions and their choices."""

    def __init__(self, definition: Part, language: str) -> None:
        self.language = language
        self.labels: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.days: set[str] = set()
        own = definition.get("lists", {})
        for item in items_within(definition.get("sections", [])):
            if item.get("item") in ("question", "repeat"):
                self.labels[item["key"]] = self.words(item.get("label")) or item["key"]
            if _is_day(item):
                self.days.add(item["key"])
            if item.get("type") in OF_THE_HOUSE:
                worded = registry.get(item["type"]).listed(item, self.language, OpenSource())
                self.values[item["key"]] = {value: str(label) for value, label in worded}
            choices = item.get("choices") or own.get(str(item.get("choices_from")), {}).get("choices")
            if isinstance(choices, list) and choices:
                self.values[item["key"]] = {
                    str(choice.get("value", "")): self.words(choice.get("label")) or str(choice.get("value", ""))
                    for choice in choices
                    if isinstance(choice, dict)
                }

    def words(self, texts: Any) -> str:
        """A text by language in the reader's, "" when there is none."""
        written = {code: text for code, text in texts.items() if text} if isinstance(texts, dict) else {}
        return str(text_in(written, self.language))

    def rule(self, expression: Any) -> str:
        """An expression as a sentence; as it is written when it can't be read."""
        try:
            return expressions.explain(
                expression, labels=self.labels, values=self.values, days=self.days, language=self.language
            )
        except expressions.LogicError:
            return json.dumps(expression, ensure_ascii=False)


def items_within(parts: Iterable[Part]) -> Iterable[Part]:
    """Every item of sections or groups, in document order, those inside groups included."""
    for part in parts:
        for item in part.get("items", []):
            yield item
            yield from items_within([item])


def _is_day(item: Part) -> bool:
    """Whether the answer is a date or time, as far as a half-done question says."""
    name = item.get("type")
    if name == "calculated":
        return item.get("result") == "date"
    return isinstance(name, str) and name in registry.names() and registry.get(name).value_kind in DAYS
