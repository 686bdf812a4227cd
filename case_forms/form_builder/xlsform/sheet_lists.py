"""The sheet "choices" as it is written: every list that a question chooses from, spelled out."""

import re
from collections.abc import Iterable
from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, text_in

from ..lists import BUILT_IN, SHARED, Shared
from .choice_lists import INLINE, get_column

Question = dict[str, Any]
Choice = dict[str, Any]
PLAIN = re.compile(r"[\w.\-]+")
BOOLEAN, YES_NO, ANSWERED, DECISIONS = "vatra-boolean", "vatra-yes-no", "vatra-indicator-answers", "vatra-decisions"
OF_TYPES = {"boolean": BOOLEAN, "yes_no_unknown": YES_NO, "indicators": ANSWERED, "indicator_assessment": DECISIONS}
OF_TYPES |= {
    "municipality": "municipalities",
    "partner": "partners",
    "zone": "zones",
    "session": "sessions",
    "outreach_visit": "outreach_visits",
    "colleague": "colleagues",
    "geopoint": "municipalities",
}


class SheetLists:
    """lists: {name in the sheet: choices}; written: {(name, value here): value there}."""

    def __init__(self, definition: Question, sources: ChoiceSource, shared: Shared) -> None:
        self.own: dict[str, Any] = definition.get("lists", {})
        self.languages: list[str] = definition["languages"]
        self.sources = sources
        self.shared = shared
        self.lists: dict[str, list[Choice]] = {}
        self.written: dict[tuple[str, str], str] = {}

    def put_own(self) -> None:
        """The form's own lists, those that no question uses too."""
        for name, listed in self.own.items():
            self._put(name, listed["choices"])

    def name_of(self, question: Question) -> str:
        """The name of the question's list in the sheet; "" when it has none. Asking for it puts the list there."""
        name = self._name(question)
        if name and name not in self.lists:
            self._put(name, list(self._choices(name, question)))
        return name

    def choices_of(self, question: Question) -> tuple[tuple[str, str, str], ...]:
        """(value here, value there, label) for places."""
        name = self.name_of(question)
        first = self.languages[0]
        return tuple(
            (choice["value"], self.written[name, choice["value"]], text_in(choice["label"], first))
            for choice in self.lists.get(name, ())
        )

    def ends_of(self, question: Question, ends: dict[str, dict[str, str]]) -> str:
        """The name of a list with the labels of a scale's ends: {number: texts}."""
        name = f"{question['key']}-ends"
        self._put(name, [{"value": value, "label": label} for value, label in ends.items()])
        return name

    def _name(self, question: Question) -> str:
        ours = question["type"]
        if ours == "geopoint" and "coarsen" not in question:
            return ""
        if ours in OF_TYPES:
            return OF_TYPES[ours]
        if "choices" in question:
            return f"{question['key']}{INLINE}"
        named = str(question.get("choices_from", ""))
        return named.replace(":", "-")

    def _choices(self, name: str, question: Question) -> Iterable[Choice]:
        named = str(question.get("choices_from", ""))
        if "choices" in question:
            return question["choices"]
        if named in self.own:
            return self.own[named]["choices"]
        if named.startswith(SHARED):
            return self.shared(named.removeprefix(SHARED)) or []
        if name in BUILT_IN:
            return self._built_in(name)
        kind = registry.get(question["type"])
        return self._labelled({code: kind.listed(question, code, self.sources) for code in self.languages})

    def _built_in(self, name: str) -> list[Choice]:
        made = self._labelled({code: self.sources.choices(name, code) for code in self.languages})
        for choice in made:
            attributes = dict(self.sources.attributes(name, choice["value"]))
            if attributes:
                choice["with"] = attributes
        return made

    def _labelled(self, listed: dict[str, list[tuple[str, str]]]) -> list[Choice]:
        words = {code: dict(pairs) for code, pairs in listed.items()}
        first = listed[self.languages[0]]
        return [
            {"value": value, "label": {code: words[code].get(value, label) for code in self.languages}}
            for value, label in first
        ]

    def _put(self, name: str, choices: list[Choice]) -> None:
        """A list under its name, each value in a writing that XLSForms take: without blanks and signs of XPath."""
        self.lists[name] = choices or [{"value": "none", "label": dict.fromkeys(self.languages, "—")}]
        taken: set[str] = {choice["value"] for choice in self.lists[name] if PLAIN.fullmatch(choice.get("value", ""))}
        for position, choice in enumerate(self.lists[name], start=1):
            value = choice["value"]
            written = value
            if not PLAIN.fullmatch(value):
                written = re.sub(r"\W+", "_", value).strip("_") or f"choice_{position}"
                while written in taken:
                    written = f"{written}_{position}"
                taken.add(written)
            self.written[name, value] = written

    def rows(self) -> list[tuple[str, Choice, str, dict[str, str]]]:
        """(list, choice, its value there, {column: text}) for the sheet."""
        return [
            (
                name,
                choice,
                self.written[name, choice["value"]],
                {get_column(key): value for key, value in choice.get("with", {}).items()},
            )
            for name, choices in self.lists.items()
            for choice in choices
        ]
