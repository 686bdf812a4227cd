"""The types whose answer is chosen: one or many from a list, yes or no, a municipality, a partner, a session."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import (
    AnswerError,
    Cell,
    Choice,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    in_our_words,
    text_in,
    wrong_type,
)
from .question import Question

MAX_VALUE_LENGTH = 200
MAX_VALUES = 300
MAX_RADIOS = 12


def is_choice(value: str, kind: QuestionType, question: Question, context: CleanContext) -> bool:
    """Return whether the list has this value and, when something is known of the other answers, offers it now."""
    named = kind.list_of(question)
    if named:
        # Judged before the database is asked: it must not get a NUL or a megabyte from a program.
        listed = len(value) <= MAX_VALUE_LENGTH and value.isprintable() and context.sources.has(named, value)
    else:
        listed = any(choice.value == value for choice in question.choices)
    if not listed or context.scope is None:
        return listed
    return kind.is_offered(value, question, context.sources, context.scope)


def not_a_choice(*, path: str = "") -> AnswerError:
    return AnswerError("not_a_choice", _("Choose from the list."), path=path)


class SelectOne(QuestionType):
    """One value of `choices`, or of the list that `choices_from` names. `appearance`: "list" folds it into a select."""

    name = "select_one"
    icon = "choose-one"
    value_kind = "choice"
    properties = frozenset({"choices", "choices_from", "choice_filter"})

    def group_role(self, question: Question) -> str:
        """Return "" for a select: a list from elsewhere, a long one, or appearance "list"; the others are radios."""
        folded = self.list_of(question) or question.appearance == "list"
        return "" if folded or len(question.choices) > MAX_RADIOS else "radiogroup"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Choose from the list."))
        if not is_choice(raw, self, question, context):
            raise not_a_choice()
        return raw

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "enum": [value for value, _label in self.listed(question, DEFAULT_LANGUAGE, sources)]}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return dict(self.listed(question, language, sources)).get(value, str(value))

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "select_one", "" if self.group_role(question) else "minimal"


def exclusive_values(question: Question) -> list[str]:
    """List the values of choices that stand alone: "do not contact", "nothing more", "not known"."""
    return [choice.value for choice in question.choices if choice.exclusive]


class SelectMany(SelectOne):
    """Several values, none twice, in the order given.

    `min` and `max` bound how many; an `exclusive` one stands alone.
    """

    name = "select_many"
    icon = "choose-many"
    value_kind = "choices"
    properties = frozenset({"choices", "choices_from", "choice_filter", "min", "max"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> list[str]:  # type: ignore[override]
        if not isinstance(raw, list):
            raise wrong_type(_("Choose from the list."))
        # Counted first: a list of a million values isn't compared one by one.
        smallest, largest = _bounds(question, least=0)
        if len(raw) > largest:
            raise AnswerError("too_large", _("Choose at most %(count)s.") % {"count": largest})
        if len(raw) < smallest:
            raise AnswerError("too_small", _("Choose at least %(count)s.") % {"count": smallest})
        seen: set[str] = set()
        for position, value in enumerate(raw):
            if not isinstance(value, str):
                raise wrong_type(_("Choose from the list."), path=f"/{position}")
            if value in seen:
                raise AnswerError("duplicate", _("Choose each only once."), path=f"/{position}")
            if not is_choice(value, self, question, context):
                raise not_a_choice(path=f"/{position}")
            seen.add(value)
        if len(raw) > 1 and not seen.isdisjoint(exclusive_values(question)):
            words = _(
                "One of these can only be chosen on its own. Choose only that one, or remove it and keep the others."
            )
            raise AnswerError("exclusive", words)
        return raw

    def live(self, question: Question, today: date) -> dict[str, Any]:
        alone = exclusive_values(question)
        return super().live(question, today) | ({"exclusive": alone} if alone else {})

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return [value for value in dict.fromkeys(post.getlist(name)) if isinstance(value, str) and value] or None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        # At least one: an empty list is no answer, whatever `min` says.
        least, most = _bounds(question, least=1)
        bounded = {"minItems": max(least, 1), "maxItems": most}
        array = {"type": "array", "items": super().schema(question, sources), "uniqueItems": True, **bounded}
        alone = exclusive_values(question)
        if alone:
            # If it contains an exclusive one, it has no other item.
            array["if"], array["then"] = {"contains": {"enum": alone}}, {"maxItems": 1}
        return array

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Join the labels with commas, or with semicolons where a label holds a comma itself."""
        labels = dict(self.listed(question, language, sources))
        shown = [labels.get(chosen, str(chosen)) for chosen in value]
        return ("; " if any("," in label for label in shown) else ", ").join(shown)

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        """List one column for all of them; then one for each choice, when the choices stand in the question."""
        return [("", ""), *columns_of_choices(question, language)]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        """Return the values with spaces between (labels: as read); then 1 or 0 for each choice.

        Nothing without an answer.
        """
        values = [choice.value for choice in question.choices]
        if value is None:
            return [None] * (1 + len(values))
        all_of_them = self.formatted(value, question, language, sources) if labels else " ".join(value)
        return [all_of_them, *(int(each in value) for each in values)]

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "select_multiple", "minimal" if self.list_of(question) else ""


def columns_of_choices(question: Question, language: str) -> list[tuple[str, str]]:
    """Return (value, label) of the choices that stand in the question, for a column of an export each."""
    return [(choice.value, text_in(choice.label, language)) for choice in question.choices]


def _bounds(question: Question, *, least: int) -> tuple[int, int]:
    """Return how few and how many may be chosen. `least`: how few when the question doesn't say."""
    smallest = least if question.min is None else question.min
    return smallest, MAX_VALUES if question.max is None else min(question.max, MAX_VALUES)


YES_NO_UNKNOWN = (("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known")))


class YesNoUnknown(SelectOne):
    """One of yes, no, or unknown: the third is an answer, and not the same as none."""

    name = "yes_no_unknown"
    icon = "question"
    properties = frozenset()

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        return in_our_words(language, *YES_NO_UNKNOWN)

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Choose from the list."))
        if raw not in dict(YES_NO_UNKNOWN):
            raise not_a_choice()
        return raw


class Boolean(QuestionType):
    """True or false, asked as two radio buttons, so that no answer can be told from "no"."""

    name = "boolean"
    icon = "check"
    value_kind = "boolean"

    def group_role(self, question: Question) -> str:
        return "radiogroup"

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        return in_our_words(language, ("true", _("Yes")), ("false", _("No")))

    def clean(self, raw: Any, question: Question, context: CleanContext) -> bool:
        if not isinstance(raw, bool):
            raise wrong_type(_("Choose yes or no."))
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        entered = super().from_post(post, name, question)
        return {"true": True, "false": False}.get(entered, entered)

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "boolean"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return dict(self.listed(question, language, sources))["true" if value else "false"]

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "select_one", ""


class MunicipalityChoice(SelectOne):
    """A municipality, by its key."""

    name = "municipality"
    icon = "place"
    properties = frozenset({"choice_filter"})
    list_name = "municipalities"


class PartnerChoice(SelectOne):
    """A protection service we work with, by its key."""

    name = "partner"
    icon = "partner"
    properties = frozenset({"choice_filter"})
    list_name = "partners"


class SessionChoice(SelectOne):
    """An informative session of one's units or regions, by its key. Without any, the widget says so."""

    name = "session"
    icon = "session"
    properties = frozenset({"choice_filter"})
    list_name = "sessions"

    def is_countable(self, question: Question, part: str) -> bool:
        return False  # a session has a day and a school


class NamedRecordChoice(SelectOne):
    """The base of choices whose name is read with old answers too, when they can't be chosen any more."""

    properties = frozenset({"choice_filter"})

    def is_countable(self, question: Question, part: str) -> bool:
        return False  # the record of one person, or of one visit

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Return the record's name, its key for who may not see it."""
        return sources.attributes(self.list_name, str(value)).get("name") or str(value)


class ColleagueChoice(NamedRecordChoice):
    """Somebody who works in one of one's units today, oneself left out, by the account's key.

    Named also for whoever was named, and when they no longer work there.
    """

    name = "colleague"
    icon = "group"
    list_name = "colleagues"


class VisitChoice(NamedRecordChoice):
    """A visit from the outreach log of one's units, by its key. Without any, the widget says so.

    Its name is its day and place, also when it is too long ago to be chosen.
    """

    name = "outreach_visit"
    icon = "place"
    list_name = "outreach_visits"
