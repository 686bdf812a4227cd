"""A form's words, for reading the procedure's conditions back."""

from typing import Any

from access.models import in_language
from case_forms.builder.outline import questions

from .decide import Labels


def labels_of(definition: dict[str, Any], language: str) -> Labels:
    """A form's words in one language."""
    asked = [placed.question for placed in questions(definition)]
    return Labels(
        questions={question["key"]: in_language(question["label"], language) for question in asked},
        choices={
            question["key"]: {choice["value"]: in_language(choice["label"], language) for choice in question["choices"]}
            for question in asked
            if "choices" in question
        },
    )
