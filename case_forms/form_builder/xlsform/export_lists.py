"""The sheet "choices" of an export: every list that a question chooses from, written out."""

import re
from collections.abc import Iterable

from case_forms.questions import registry
from case_forms.questions.base import ChoiceSource, text_in

from ..definition import Choice, Form, Question
from ..lists import BUILT_IN, SHARED, Shared
from .choices_sheet import INLINE, get_column

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


class ExportLists:
    """The lists of one export. `lists`: {name in the sheet: choices}; `written`: {(name, value here): value there}."""

    def __init__(self, form: Form, sources: ChoiceSource, shared: Shared) -> None:
        self.own = form.lists
        self.languages = form.languages
        self.sources = sources
        self.shared = shared
        self.lists: dict[str, list[Choice]] = {}
        self.written: dict[tuple[str, str], str] = {}

    def put_own(self) -> None:
        """Add the form's own lists, also those that no question uses."""
        for name, listed in self.own.items():
            self._put(name, listed.choices)

    def name_of(self, question: Question) -> str:
        """Return the name of the question's list in the sheet; "" when it has none. Adds the list."""
        name = self._name(question)
        if name and name not in self.lists:
            self._put(name, self._choices(name, question))
        return name

    def choices_of(self, question: Question) -> tuple[tuple[str, str, str], ...]:
        """Return (value here, value there, label) for elements."""
        name = self.name_of(question)
        first = self.languages[0]
        return tuple(
            (choice.value, self.written[name, choice.value], text_in(choice.label, first))
            for choice in self.lists.get(name, ())
        )

    def ends_of(self, question: Question, ends: dict[str, dict[str, str]]) -> str:
        """Return the name of a list with the labels of a scale's ends: {number: texts}. Adds the list."""
        name = f"{question.key}-ends"
        self._put(name, [_build_choice(value, label) for value, label in ends.items()])
        return name

    def _name(self, question: Question) -> str:
        ours = question.type
        if ours == "geopoint" and not question.has("coarsen"):
            return ""
        if ours in OF_TYPES:
            return OF_TYPES[ours]
        if question.has("choices"):
            return f"{question.key}{INLINE}"
        return question.choices_from.replace(":", "-")

    def _choices(self, name: str, question: Question) -> Iterable[Choice]:
        named = question.choices_from
        if question.has("choices"):
            return question.choices
        if named in self.own:
            return self.own[named].choices
        if named.startswith(SHARED):
            return map(Choice.model_validate, self.shared(named.removeprefix(SHARED)) or ())
        if name in BUILT_IN:
            return self._built_in(name)
        kind = registry.get(question.type)
        return self._labelled({code: kind.listed(question, code, self.sources) for code in self.languages})

    def _built_in(self, name: str) -> list[Choice]:
        listed = self._labelled({code: self.sources.choices(name, code) for code in self.languages})
        attributes = (dict(self.sources.attributes(name, choice.value)) for choice in listed)
        return [choice.model_copy(update={"attributes": each}) for choice, each in zip(listed, attributes, strict=True)]

    def _labelled(self, listed: dict[str, list[tuple[str, str]]]) -> list[Choice]:
        words = {code: dict(pairs) for code, pairs in listed.items()}
        first = listed[self.languages[0]]
        return [
            _build_choice(value, {code: str(words[code].get(value, label)) for code in self.languages})
            for value, label in first
        ]

    def _put(self, name: str, choices: Iterable[Choice]) -> None:
        """Add a list under its name, each value as XLSForms accept it: without blanks and signs of XPath."""
        # A list without choices would leave no row in the sheet, and pyxform refuses a question whose list isn't there.
        self.lists[name] = list(choices) or [_build_choice("none", dict.fromkeys(self.languages, "—"))]
        # Values that need no change come first: a changed one must never take the name of one that is written as it is.
        taken: set[str] = {choice.value for choice in self.lists[name] if PLAIN.fullmatch(choice.value)}
        for position, choice in enumerate(self.lists[name], start=1):
            value = choice.value
            written = value
            if not PLAIN.fullmatch(value):
                written = re.sub(r"\W+", "_", value).strip("_") or f"choice_{position}"
                while written in taken:
                    written = f"{written}_{position}"
                taken.add(written)
            self.written[name, value] = written

    def rows(self) -> list[tuple[str, Choice, str, dict[str, str]]]:
        """Return (list, choice, its value there, {column: text}) for the sheet."""
        return [
            (
                name,
                choice,
                self.written[name, choice.value],
                {get_column(key): value for key, value in choice.attributes.items()},
            )
            for name, choices in self.lists.items()
            for choice in choices
        ]


def _build_choice(value: str, label: dict[str, str]) -> Choice:
    return Choice.model_validate({"value": value, "label": label})
