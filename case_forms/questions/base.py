"""What a question type must be able to do, and what it is given."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Question = dict[str, Any]
Choice = tuple[str, str]


class AnswerError(Exception):
    """An answer that can't stand. `code` is for programs, `message` for people; neither repeats the answer.

    `path` is a JSON pointer inside the answer ("/2/answer"), empty when the answer as a whole is meant.
    """

    def __init__(self, code: str, message: "str | Promise", *, path: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.path = path


class ChoiceSource(Protocol):
    """The lists that `choices_from` names: municipalities, regions, countries, languages, partners."""

    def choices(self, name: str, language: str) -> list[Choice]:
        """(value, label) pairs in the order people should see them. An unknown list is empty."""
        ...

    def has(self, name: str, value: str) -> bool: ...


class Posted(Protocol):
    """What `from_post` reads: a Django QueryDict, or anything like it."""

    def get(self, name: str) -> Any: ...

    def getlist(self, name: str) -> Sequence[Any]: ...


@dataclass(frozen=True)
class CleanContext:
    """What an answer is checked against besides its question. `today` is needed by dates that end "today"."""

    sources: ChoiceSource
    language: str = "sq"
    today: date | None = None


class QuestionType(ABC):
    """One type of question. Stateless: one instance stands in the registry."""

    name: ClassVar[str]
    icon: ClassVar[str]
    # optional properties of a question that mean something to this type; the checker refuses the others
    properties: ClassVar[frozenset[str]] = frozenset()
    # the list of choices this type always has, without the question saying so
    list_name: ClassVar[str] = ""

    @property
    def template(self) -> str:
        """The widget's template. Context: question, name, value, errors, choices, language, required, id."""
        return f"questions/{self.name}.html"

    def group_role(self, question: Question) -> str:
        """ "radiogroup" or "group" when the widget is several inputs under one legend, "" when it is one input."""
        return ""

    @abstractmethod
    def clean(self, raw: Any, question: Question, context: CleanContext) -> Any:
        """JSON value in, JSON value out. Raises AnswerError, and nothing else whatever `raw` is."""

    @abstractmethod
    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        """JSON Schema 2020-12 of the answer."""

    @abstractmethod
    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """A cleaned answer, for people, in this language."""

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """The raw JSON value a form's fields stand for, None when nothing was entered. `clean` judges it."""
        entered = post.get(name)
        return entered.strip() or None if isinstance(entered, str) else None

    def choices(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        """What one can choose from; empty for types without choices."""
        named = self.list_name or question.get("choices_from", "")
        if named:
            return sources.choices(named, language)
        return [(choice["value"], text_in(choice["label"], language)) for choice in question.get("choices", [])]


def text_in(texts: dict[str, str], language: str) -> str:
    """The text in this language, else in Albanian, else in any."""
    return texts.get(language) or texts.get("sq") or next(iter(texts.values()), "")


def is_unanswered(raw: Any) -> bool:
    """No answer: null, an empty or blank text, an empty list or object."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, list | dict) and not raw)


def wrong_type(message: "str | Promise", *, path: str = "") -> AnswerError:
    return AnswerError("wrong_type", message, path=path)


def checked_text(raw: Any, longest: int, *, path: str = "") -> str:
    """A text that can be stored, shown and encoded anywhere. Raises AnswerError."""
    if not isinstance(raw, str):
        raise wrong_type(_("Write this as text."), path=path)
    if len(raw) > longest:
        raise AnswerError("too_long", _("Write at most %(count)s characters.") % {"count": longest}, path=path)
    if any((character < " " and character not in "\n\r\t") or "\ud800" <= character <= "\udfff" for character in raw):
        raise AnswerError("bad_characters", _("Remove the characters that can't be shown."), path=path)
    return raw
