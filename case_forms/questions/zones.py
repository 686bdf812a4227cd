"""The type for a zone where a mobile unit works: one of those that coordinators maintain."""

from collections.abc import Mapping
from typing import Any

from .base import Choice, ChoiceSource
from .choices import SelectOne
from .question import Question


class ZoneChoice(SelectOne):
    """A zone, by its key. One that is no longer in use is read with old answers and offered to nobody."""

    name = "zone"
    icon = "place"
    properties = frozenset({"choice_filter"})
    list_name = "zones"

    def choices(
        self, question: Question, language: str, sources: ChoiceSource, scope: Mapping[str, Any] | None = None
    ) -> list[Choice]:
        listed = self.listed(question, language, sources)
        # Old answers are read without a scope: a zone that is no longer in use keeps its name.
        if scope is None:
            return listed
        return [choice for choice in listed if self.is_offered(choice[0], question, sources, scope)]

    def is_offered(self, value: str, question: Question, sources: ChoiceSource, scope: Mapping[str, Any]) -> bool:
        return self._in_use(value, sources) and super().is_offered(value, question, sources, scope)

    def filterable(self, question: Question, language: str, sources: ChoiceSource) -> list[dict[str, Any]]:
        offered = super().filterable(question, language, sources)
        return [choice for choice in offered if self._in_use(choice["value"], sources)]

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Return the name also for who can't choose it: whoever reads the answer of another region."""
        name = sources.attributes(self.list_name, str(value)).get("name")
        return name or super().formatted(value, question, language, sources)

    def _in_use(self, value: str, sources: ChoiceSource) -> bool:
        return sources.attributes(self.list_name, value).get("in_use") != "no"
