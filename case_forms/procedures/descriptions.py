"""Words for what a procedure says, for whoever reads or edits it."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import localize
from case_forms import expressions
from case_forms.expressions.wording import SENTENCES, get_words
from case_forms.questions.times import in_hours
from notifications.directory.models import Role

from .decide import Labels
from .definition import Ladder, Procedure
from .labels import get_event_choices
from .organisation_settings import choices_of_settings, labels_of_settings
from .rule_actions import parameters
from .rule_actions.base import Describer
from .rule_actions.parameters import Parameter

DAY = 24 * 60  # minutes


class Words(Describer):
    """The words for describing a procedure's actions, in this language, which must be the active one.

    `labels`: those of the form whose answers an expression reads; without them its questions are shown by their keys.
    """

    def __init__(self, procedure: Procedure, language: str, labels: Labels | None = None) -> None:
        self.procedure = procedure
        self.language = language
        self.quote = get_words(SENTENCES, language)["quote"]
        form = labels or Labels({}, {})
        facts = {fact.key: localize(fact.label, language) for fact in procedure.facts if fact.label}
        self.labels = {**form.questions, **facts, **labels_of_settings(procedure, language)}
        # ChainMap copies nothing: the form's choices are looked up only when a condition quotes them.
        settings = choices_of_settings(procedure, language)
        self.values: Mapping[str, Mapping[str, str]] = ChainMap(settings, get_event_choices(language), form.choices)  # type: ignore[arg-type]

    def translate(self, message: str) -> str:
        return _(message)

    def describe_value(self, parameter: Parameter, value: Any) -> str:
        """Return a parameter's value in words; what isn't in the procedure, as it stands."""
        if parameter.is_expression:
            return self._expression(value)
        if parameter.kind == parameters.MINUTES and isinstance(value, int):
            return describe_minutes(value)
        if parameter.kind == parameters.FLAG:
            return _("yes") if value else _("no")
        if parameter.kind == parameters.CHOICE:
            return _(dict(parameter.choices).get(value, str(value)))
        if parameter.kind == parameters.ROLE and value in Role.values:
            return str(Role(value).label)
        if parameter.kind == parameters.DEADLINE and value in self.procedure.deadlines:
            return localize(self.procedure.deadlines[value].label, self.language)
        if parameter.kind == parameters.LADDER and value in self.procedure.ladders:
            return describe_ladder(self.procedure.ladders[value])
        if parameter.kind == parameters.TEXTS and isinstance(value, dict):
            return localize(value, self.language) if value else ""
        if parameter.kind == parameters.MARKER and value in self.procedure.flags:
            return localize(self.procedure.flags[value].label, self.language)
        return "" if value is None else str(value)

    def _expression(self, expression: Any) -> str:
        if isinstance(expression, bool):
            return _("yes") if expression else _("no")
        if not isinstance(expression, dict | list):
            return "" if expression is None else self.quote.format(expression)
        name = expression.get("var") if isinstance(expression, dict) else None
        if isinstance(name, str):
            return self.quote.format(self.labels.get(name) or name)
        try:
            told = expressions.explain(expression, labels=self.labels, values=self.values, language=self.language)
        except expressions.LogicError:
            return ""
        return told.removesuffix(".")


def describe_minutes(minutes: int) -> str:
    """Return a span of time in words: minutes, hours, or from two days on days."""
    days, rest = divmod(minutes, DAY)
    if days > 1 and not rest:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    return in_hours(minutes)


def describe_ladder(ladder: Ladder) -> str:
    """Return the steps of a ladder as one line of text."""
    return ", ".join(_describe_step(step.do, step.after_minutes, step.repeat_minutes) for step in ladder.steps)


def _describe_step(do: str, after: int, repeat: int | None) -> str:
    words = {"after": describe_minutes(after), "repeat": describe_minutes(repeat or 0)}
    if do == "remind":
        return _("a reminder after %(after)s") % words
    if do == "deputy":
        return _("the deputy after %(after)s") % words
    if repeat:
        return _("a call after %(after)s, and again every %(repeat)s") % words
    return _("a call after %(after)s") % words
