"""A form's words, for reading the procedure's conditions back."""

from collections.abc import Iterator, Mapping
from typing import Any

from access.models import localize
from case_forms.form_builder.outline import questions
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry

from .decide import Labels


def get_labels(definition: dict[str, Any], language: str) -> Labels:
    """A form's words in one language."""
    asked = [placed.question for placed in questions(definition)]
    return Labels(
        questions={question["key"]: localize(question["label"], language) for question in asked},
        choices=ChoiceLabels({question["key"]: question for question in asked}, language),
    )


class ChoiceLabels(Mapping[str, Mapping[str, str]]):
    """{question: {value: label}}, looked up when it is asked for: few conditions name a list from the database."""

    def __init__(self, asked: Mapping[str, dict[str, Any]], language: str) -> None:
        self.asked = asked
        self.language = language
        self.known: dict[str, Mapping[str, str]] = {}

    def __getitem__(self, key: str) -> Mapping[str, str]:
        if key not in self.known:
            question = self.asked[key]
            kind = registry.get(question["type"])
            self.known[key] = {str(value): str(label) for value, label in kind.listed(question, self.language, Lists())}
        return self.known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)
