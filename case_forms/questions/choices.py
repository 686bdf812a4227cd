"""Types whose answer is chosen: one or many from a list, yes or no, a municipality, a partner."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .base import (
    AnswerError,
    Choice,
    ChoiceSource,
    CleanContext,
    Posted,
    Question,
    QuestionType,
    wrong_type,
)

LONGEST_VALUE = 200
MOST_VALUES = 300
MOST_RADIOS = 12


def is_choice(value: str, kind: QuestionType, question: Question, sources: ChoiceSource) -> bool:
    named = kind.list_name or question.get("choices_from", "")
    if named:
        return len(value) <= LONGEST_VALUE and value.isprintable() and sources.has(named, value)
    return any(choice["value"] == value for choice in question.get("choices", []))


def not_a_choice(*, path: str = "") -> AnswerError:
    return AnswerError("not_a_choice", _("Choose from the list."), path=path)


class SelectOne(QuestionType):
    """One value of `choices`, or of the list that `choices_from` names. `appearance`: "list" folds it into a select."""

    name = "select_one"
    icon = "choose-one"
    properties = frozenset({"choices", "choices_from"})

    def group_role(self, question: Question) -> str:
        """A list from elsewhere, a long one, or one whose appearance is "list" is a select; the others are radios."""
        folded = self.list_name or "choices_from" in question or question.get("appearance") == "list"
        return "" if folded or len(question.get("choices", [])) > MOST_RADIOS else "radiogroup"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Choose from the list."))
        if not is_choice(raw, self, question, context.sources):
            raise not_a_choice()
        return raw

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "enum": [value for value, _label in self.choices(question, "sq", sources)]}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return dict(self.choices(question, language, sources)).get(value, str(value))


class SelectMany(SelectOne):
    """Several values, none twice, in the order given. `min` and `max` bound how many."""

    name = "select_many"
    icon = "choose-many"
    properties = frozenset({"choices", "choices_from", "min", "max"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> list[str]:  # type: ignore[override]
        if not isinstance(raw, list):
            raise wrong_type(_("Choose from the list."))
        smallest, largest = question.get("min", 0), min(question.get("max", MOST_VALUES), MOST_VALUES)
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
            if not is_choice(value, self, question, context.sources):
                raise not_a_choice(path=f"/{position}")
            seen.add(value)
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return [value for value in dict.fromkeys(post.getlist(name)) if isinstance(value, str) and value] or None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        bounded = {
            "minItems": max(question.get("min", 1), 1),
            "maxItems": min(question.get("max", MOST_VALUES), MOST_VALUES),
        }
        return {"type": "array", "items": super().schema(question, sources), "uniqueItems": True, **bounded}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        labels = dict(self.choices(question, language, sources))
        return ", ".join(labels.get(chosen, str(chosen)) for chosen in value)


class YesNoUnknown(SelectOne):
    """yes, no, or unknown: the third is an answer, and not the same as none."""

    name = "yes_no_unknown"
    icon = "question"
    properties = frozenset()

    def choices(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        with translation.override(language):
            return [("yes", gettext("Yes")), ("no", gettext("No")), ("unknown", gettext("Not known"))]

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Choose from the list."))
        if raw not in ("yes", "no", "unknown"):
            raise not_a_choice()
        return raw


class Boolean(QuestionType):
    """True or false, asked as two radio buttons, so that no answer can be told from "no"."""

    name = "boolean"
    icon = "check"

    def group_role(self, question: Question) -> str:
        return "radiogroup"

    def choices(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        with translation.override(language):
            return [("true", gettext("Yes")), ("false", gettext("No"))]

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
        return dict(self.choices(question, language, sources))["true" if value else "false"]


class MunicipalityChoice(SelectOne):
    """A municipality, by its key."""

    name = "municipality"
    icon = "place"
    properties = frozenset()
    list_name = "municipalities"


class PartnerChoice(SelectOne):
    """A protection service we work with, by its key."""

    name = "partner"
    icon = "partner"
    properties = frozenset()
    list_name = "partners"
