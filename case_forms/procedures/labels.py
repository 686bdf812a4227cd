"""The labels of a form, for reading the procedure's conditions back."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from functools import cache

from django.utils import translation

from access.models import localize
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.fact_types import KNOWN, FactCatalogue
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from notifications.directory.models import Role
from outreach_pages.records.labels import Audience, PlaceType

from .decide import Labels


def get_labels(form: Form, language: str, facts: FactCatalogue | None = None) -> Labels:
    """Return a form's labels in one language. `facts`: of the case, where conditions read any."""
    asked = {key: located.question for key, located in form.questions_by_key.items()}
    asked |= {f"{KNOWN}.{key}": fact.question for key, fact in (facts or {}).items()}
    return Labels(
        questions={key: localize(question.label, language) for key, question in asked.items()},
        # ChainMap copies nothing: the form's choices are looked up only when a condition quotes them.
        choices=ChainMap(get_event_choices(language), ChoiceLabels(asked, language)),  # type: ignore[arg-type]
    )


@cache
def get_event_choices(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return {name: {value: label}} of what events offer to expressions, where the values have words here.

    They are the code's own, and the same as long as a process lives.
    """
    with translation.override(language):
        return {
            name: {str(value): str(label) for value, label in choices.choices}
            for name, choices in {"_role": Role, "_session_audience": Audience, "_session_place": PlaceType}.items()
        }


class ChoiceLabels(Mapping[str, Mapping[str, str]]):
    """{question: {value: label}}, looked up when it is asked for: few conditions name a list from the database."""

    def __init__(self, asked: Mapping[str, Question], language: str) -> None:
        self.asked = asked
        self.language = language
        self.known: dict[str, Mapping[str, str]] = {}

    def __getitem__(self, key: str) -> Mapping[str, str]:
        if key not in self.known:
            question = self.asked[key]
            listed = registry.get(question.type).listed(question, self.language, Lists())
            self.known[key] = {str(value): str(label) for value, label in listed}
        return self.known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)
