"""The type that the server works out from other answers."""

from typing import Any, ClassVar

from .base import ChoiceSource, CleanContext, Posted, QuestionType, word_computed
from .choices import Boolean
from .numbers import Decimal, Integer
from .question import Question
from .texts import LongText
from .times import Date


class Calculated(QuestionType):
    """The value of `calculation`, when it fits `result`: "text" unless given. Shown on the page, never sent."""

    name = "calculated"
    icon = "calculated"
    properties = frozenset({"calculation", "result"})
    results: ClassVar[dict[str, QuestionType]] = {
        "text": LongText(),
        "integer": Integer(),
        "decimal": Decimal(),
        "date": Date(),
        "boolean": Boolean(),
    }

    def kind_of(self, question: Question) -> str:
        return self._result(question).value_kind

    def clean(self, raw: Any, question: Question, context: CleanContext) -> Any:
        # What doesn't fit `result` is refused as an answer of that type would be.
        return self._result(question).clean(raw, question, context)

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return self._result(question).schema(question, sources)

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        words = word_computed(value, question, language, sources)
        return words or self._result(question).formatted(value, question, language, sources)

    def is_countable(self, question: Question, part: str) -> bool:
        return question.result in ("boolean", "text") or self._result(question).is_countable(question, part)

    def is_counted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> bool:
        return question.result != "text" or bool(word_computed(value, question, language, sources))

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "calculate", ""

    def _result(self, question: Question) -> QuestionType:
        return self.results[question.result]
