"""The base class of question types: what a type must be able to do, and what it is given."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Protocol, runtime_checkable

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import normalize_newlines
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE, LocalizedText, localize_to
from case_forms import expressions

from .question import Question

Choice = tuple[str, str]
Cell = str | int | float | bool | None

# The properties that the page's script reads an answer by.
LIVE = ("min", "max", "step", "max_length", "coarsen")
NOT_ABOUT_SOMEBODY = ("public", "internal")
# What an answer is to a condition: which operators fit it, and which widget its value is written with.
VALUE_KINDS = ("text", "number", "date", "datetime", "time", "boolean", "choice", "choices", "object", "none")


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
    """The lists that `choices_from` names.

    municipalities, regions, units, countries, languages, partners, sessions, outreach_visits, colleagues.
    """

    def choices(self, name: str, language: str) -> list[Choice]:
        """Return (value, label) pairs in the order people should see them. An unknown list is empty."""
        ...

    def has(self, name: str, value: str) -> bool: ...

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        """Return what a `choice_filter` may read of an entry beside its value: {"region": "vlore"}.

        Empty when unknown.
        """
        ...


@runtime_checkable
class FactWords(Protocol):
    """A source that knows the catalogue of facts, too."""

    def in_words_of_fact(self, key: str, value: str, language: str) -> str:
        """Return how the catalogue words this value of a fact with choices; "" for any other."""
        ...


def word_computed(value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
    """Word a text that nobody chose and that is remembered as a fact: its code is read by the fact's choices.

    "" where it isn't one of them.
    """
    if not question.writes_fact or not isinstance(value, str) or not isinstance(sources, FactWords):
        return ""
    return sources.in_words_of_fact(question.writes_fact, value, language)


class Attachments(Protocol):
    """The files that this person has uploaded for this form."""

    def has(self, identity: str) -> bool:
        """Return whether there is one of this id (a UUID in its usual writing, small letters)."""
        ...


class Posted(Protocol):
    """The interface that `from_post` reads: a Django QueryDict, or anything like it."""

    def get(self, name: str) -> Any: ...

    def getlist(self, name: str) -> Sequence[Any]: ...


@dataclass(frozen=True)
class CleanContext:
    """The surroundings in which an answer is checked. `today` is needed by dates that end "today".

    `scope` is what expressions may read at this place; without it no `choice_filter` is looked at.
    Without `attachments` there are no files to name.
    """

    sources: ChoiceSource
    language: str = DEFAULT_LANGUAGE
    today: date | None = None
    scope: Mapping[str, Any] | None = field(default=None, repr=False)
    attachments: Attachments | None = None


class QuestionType(ABC):
    """One type of question. Stateless: one instance stands in the registry."""

    name: ClassVar[str]
    icon: ClassVar[str]
    # what its answer is to a condition, one of VALUE_KINDS; ask `kind_of`, which knows the question too
    value_kind: ClassVar[str] = "text"
    # optional properties of a question that mean something to this type; the checker refuses the others
    properties: ClassVar[frozenset[str]] = frozenset()
    # the list of choices this type always has, without the question saying so
    list_name: ClassVar[str] = ""
    # whether people see it and may answer it on the page
    is_shown: ClassVar[bool] = True

    @property
    def template(self) -> str:
        """The widget's template. Context: question, name, value, errors, choices, language, required, id, scope."""
        return f"questions/{self.name}.html"

    def kind_of(self, question: Question) -> str:
        """Return the kind of this question's answers, one of VALUE_KINDS."""
        return self.value_kind

    def group_role(self, question: Question) -> str:
        """Return "radiogroup" or "group" when the widget is several inputs under one legend.

        "" when it is one input.
        """
        return ""

    @abstractmethod
    def clean(self, raw: Any, question: Question, context: CleanContext) -> Any:
        """Check an answer: JSON value in, JSON value out. Raises AnswerError, and nothing else whatever `raw` is."""

    @abstractmethod
    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        """Build the JSON Schema (2020-12) of the answer."""

    @abstractmethod
    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Write a cleaned answer for people, in this language."""

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read the raw JSON value that a form's fields stand for, None when nothing was entered. `clean` judges it.

        A browser sends each end of a line as two characters; it counts as the one that was typed.
        """
        entered = post.get(name)
        return normalize_newlines(entered).strip() or None if isinstance(entered, str) else None

    def unanswered_parts(self, value: Any, question: Question) -> list[str]:
        """List JSON pointers inside a cleaned answer that are still to be answered when the question is required."""
        return []

    def choices(
        self,
        question: Question,
        language: str,
        sources: ChoiceSource,
        scope: Mapping[str, Any] | None = None,
    ) -> list[Choice]:
        """List what one can choose from; empty for types without choices.

        With a scope: what the filter lets through.
        """
        listed = self.listed(question, language, sources)
        # Without a scope nothing is known of the other answers, so the filter can't be judged.
        if scope is None or not question.is_filtered:
            return listed
        return [choice for choice in listed if self.is_offered(choice[0], question, sources, scope)]

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        """List all choices, whatever the filter says."""
        named = self.list_of(question)
        if named:
            return sources.choices(named, language)
        return [(choice.value, text_in(choice.label, language)) for choice in question.choices]

    def list_of(self, question: Question) -> str:
        """Return the list its choices come from, "" when they stand in the question or it has none."""
        return self.list_name or question.choices_from

    def attributes(self, value: str, question: Question, sources: ChoiceSource) -> Mapping[str, str]:
        """Return what a choice has beside its value, for `choice_filter`."""
        named = self.list_of(question)
        if named:
            return sources.attributes(named, value)
        return next((choice.attributes for choice in question.choices if choice.value == value), {})

    def is_offered(self, value: str, question: Question, sources: ChoiceSource, scope: Mapping[str, Any]) -> bool:
        """Return whether the filter lets a choice through. One that can't be worked out lets nothing through."""
        if not question.is_filtered:
            return True
        choice = {**self.attributes(value, question, sources), "value": value}
        try:
            return expressions.truthy(expressions.evaluate(question.choice_filter, {**scope, "choice": choice}))
        except expressions.LogicError:
            return False

    def live(self, question: Question, today: date) -> dict[str, Any]:
        """Return what static/js/answers.js must know of the question to read its answer: its bounds, and the like."""
        stored = question.properties
        # "today" is written out by the server, whose day counts and not the phone's.
        return {name: today.isoformat() if stored[name] == "today" else stored[name] for name in LIVE if name in stored}

    def filterable(self, question: Question, language: str, sources: ChoiceSource) -> list[dict[str, Any]]:
        """List every choice as the page's script filters it: {"value", "label", "with"}.

        Empty without a `choice_filter`.
        """
        if not question.is_filtered:
            return []
        # All of them, offered now or not: answers change while the page is open.
        return [
            {"value": value, "label": label, "with": dict(self.attributes(value, question, sources))}
            for value, label in self.listed(question, language, sources)
        ]

    # ---- answers out ----

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        """List the columns of an export, each as (suffix of its name, what it says beside the question's label).

        The first suffix is "".
        """
        return [("", "")]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        """Return one cell for each column of a cleaned answer.

        With `labels` as people read it, else as it is stored.
        """
        if value is None:
            return [None] * len(self.export_columns(question, language))
        return [self.formatted(value, question, language, sources) if labels else value]

    def is_countable(self, question: Question, part: str) -> bool:
        """Return whether this part of an answer (a suffix of `export_columns`) may stand in a file without names.

        Only what comes from a closed list or is a small number: nobody can type a name into it. No, unless a type says
        so.
        """
        return False

    def is_counted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> bool:
        """Return whether this value of a countable answer may stand there: always, unless a text was worked out."""
        return True

    def redacted(self, question: Question) -> str:
        """Return what stands where a reader may not see the answer. The same whether there is one or not."""
        return gettext("Not shown to you")

    def xlsform(self, question: Question) -> tuple[str, str]:
        """Return the nearest type and appearance of XLSForm, such as ("select_one", "minimal")."""
        return "text", ""


def is_about_somebody(question: Question) -> bool:
    """Return whether the form calls its answer personal or special, or says nothing about it."""
    return question.sensitivity not in NOT_ABOUT_SOMEBODY


def text_in(texts: Mapping[str, str], language: str) -> LocalizedText:
    """Return the text in this language, else in Albanian, else in any."""
    return localize_to(texts, language)


def in_our_words(language: str, *labels: "tuple[str, str | Promise]") -> list[Choice]:
    """Build choices that the service words itself: in this language when it is one of its own, else in Albanian."""
    # A form may be filled in a language that the service itself isn't translated to.
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(spoken):
        return [(value, LocalizedText(str(label), spoken)) for value, label in labels]


def is_unanswered(raw: Any) -> bool:
    """Return whether there is no answer: null, an empty or blank text, an empty list or object."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, list | dict) and not raw)


def step(key: str) -> str:
    """Write a key as one step of a JSON pointer, the slash in front."""
    # The tilde first, or the one of "~1" would be escaped again (RFC 6901).
    return "/" + key.replace("~", "~0").replace("/", "~1")


def wrong_type(message: "str | Promise", *, path: str = "") -> AnswerError:
    return AnswerError("wrong_type", message, path=path)


def checked_object(raw: Any, known: tuple[str, ...], message: "str | Promise") -> dict[str, Any]:
    """Return an object without other keys than these. Raises AnswerError."""
    if not isinstance(raw, dict):
        raise wrong_type(message)
    if raw.keys() - set(known):
        raise AnswerError("unknown_property", _("There is something here that doesn't belong."))
    return raw


def checked_text(raw: Any, longest: int, *, path: str = "") -> str:
    """Return a text that can be stored, shown and encoded anywhere. Raises AnswerError."""
    if not isinstance(raw, str):
        raise wrong_type(_("Write this as text."), path=path)
    if len(raw) > longest:
        raise AnswerError("too_long", _("Write at most %(count)s characters.") % {"count": longest}, path=path)
    # Half a surrogate pair can't be written as UTF-8, and PostgreSQL stores no NUL.
    if any((character < " " and character not in "\n\r\t") or "\ud800" <= character <= "\udfff" for character in raw):
        raise AnswerError("bad_characters", _("Remove the characters that can't be shown."), path=path)
    return raw
