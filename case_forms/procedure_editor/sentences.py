"""A procedure's parts in words, in the reader's language, for the page that is read from top to bottom.

Works on half-done drafts: what can't be said is said to be unknown, and never an error.
"""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from access.models import localize
from case_forms import expressions
from case_forms.cases.models import CaseStatus
from case_forms.expressions.wording import SENTENCES, get_words
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.procedures.decide import Labels
from case_forms.procedures.definition import Procedure, Rule
from case_forms.procedures.descriptions import Words
from case_forms.procedures.events.dates import DateReached
from case_forms.procedures.events.registry import EVENTS
from case_forms.procedures.labels import get_labels
from case_forms.procedures.rule_actions.base import RuleAction, UnknownAction
from case_forms.procedures.rule_actions.parameters import LADDER

from .drawings import Drawing, draw_ladder

# How a sentence begins, by the code of the event. An event without one is told by its own `words`.
BEGINNINGS = {
    "submission_received": gettext_noop("When %(forms)s comes in"),
    "signal_received": gettext_noop("When somebody of the public sends %(forms)s"),
    "signal_added": gettext_noop("When somebody adds to %(forms)s that they sent before"),
    "case_opened": gettext_noop("When a case has been opened by %(forms)s"),
    "status_changed": gettext_noop("When the status of a case has changed by %(forms)s"),
    "notice_opened": gettext_noop("When a notice about %(forms)s is opened for the first time"),
    "notice_accepted": gettext_noop("When a notice about %(forms)s is accepted"),
    "notice_declined": gettext_noop("When a recipient declines a notice about %(forms)s"),
    "notice_question": gettext_noop("When a recipient asks something about a notice about %(forms)s"),
    "notice_outcome": gettext_noop("When a recipient reports the outcome of a notice about %(forms)s"),
    "notice_unanswered": gettext_noop("When nobody accepts a notice about %(forms)s and a coordinator has to call"),
    "referral_accepted": gettext_noop("When a service accepts a referral made by %(forms)s"),
    "referral_declined": gettext_noop("When a service declines a referral made by %(forms)s"),
    "referral_arrived": gettext_noop("When a person referred by %(forms)s has arrived at the service"),
    "referral_not_arrived": gettext_noop("When a person referred by %(forms)s has not arrived by the agreed time"),
    "referral_ended": gettext_noop("When a referral made by %(forms)s has ended"),
    "consent_given": gettext_noop("When a consent is given by %(forms)s"),
    "consent_withdrawn": gettext_noop("When a consent that %(forms)s holds is refused or withdrawn"),
    "session_held": gettext_noop("When a unit records that an informative session was held"),
    "session_reported": gettext_noop("When the report of an informative session comes in by %(forms)s"),
    "phone_alarm": gettext_noop("When a worker without a network sends the alarm of their phone"),
    "task_due": gettext_noop("When a duty that %(forms)s started is due"),
    "task_overdue": gettext_noop("When a duty that %(forms)s started is overdue"),
    "task_done": gettext_noop("When a duty that %(forms)s started is done"),
    "case_closed": gettext_noop("When a case that %(forms)s opened is closed"),
    "case_reopened": gettext_noop("When a case that %(forms)s opened is opened again after closing"),
}

# Names that events offer whose values are statuses of a case.
STATUS_NAMES = frozenset({"_case_status", "_status_before"})


@dataclass(frozen=True)
class ActionWords:
    """One action of a rule: its sentence, and the line of minutes of the ladder that it names."""

    sentence: str
    drawing: Drawing | None


@dataclass(frozen=True)
class RuleWords:
    """A rule as one sentence: when, if, then. `condition`: "" when it always applies."""

    key: str
    title: str
    beginning: str
    condition: str
    actions: tuple[ActionWords, ...]
    words: str


class ProcedureWords:
    """The words for the parts of one procedure, with the titles and questions of the forms that its rules name."""

    def __init__(self, procedure: Procedure, forms: Mapping[str, Form], language: str) -> None:
        self.procedure = procedure
        self.forms = forms
        self.language = language
        self._labels: dict[tuple[str, ...], Labels] = {}
        self._by_form: dict[str, Labels] = {}

    def tell_rule(self, rule: Rule) -> RuleWords:
        words = self._words(rule.forms)
        return RuleWords(
            key=rule.key,
            title=self.text(rule.title) or rule.key,
            beginning=self.begin(rule),
            condition="" if rule.when is True else explain(rule.when, words),
            actions=tuple(self._tell_action(action, words) for action in rule.then),
            words=self.text(rule.words),
        )

    def begin(self, rule: Rule) -> str:
        """Return how the rule's sentence begins: the event, with the forms by their titles."""
        quote = get_words(SENTENCES, self.language)["quote"]
        titles = [quote.format(self.get_title(key)) for key in rule.forms]
        forms = _(" or ").join(titles) if titles else _("any form")
        if rule.on == DateReached.code:
            return self._begin_date(rule, forms)
        if rule.on in BEGINNINGS:
            return _(BEGINNINGS[rule.on]) % {"forms": forms}
        kind = EVENTS.get(rule.on)
        if kind is None:
            return _("When something unknown happens (%(event)s)") % {"event": rule.on}
        return _("When: %(event)s Form: %(forms)s") % {"event": _(kind.words), "forms": forms}

    def _begin_date(self, rule: Rule, forms: str) -> str:
        asked = self.get_labels(rule.forms).questions.get(rule.date, rule.date)
        said = {"days": abs(rule.days), "question": asked, "forms": forms}
        if rule.days < 0:
            return (
                ngettext(
                    "%(days)s day before the date “%(question)s” in %(forms)s",
                    "%(days)s days before the date “%(question)s” in %(forms)s",
                    abs(rule.days),
                )
                % said
            )
        if rule.days > 0:
            return (
                ngettext(
                    "%(days)s day after the date “%(question)s” in %(forms)s",
                    "%(days)s days after the date “%(question)s” in %(forms)s",
                    rule.days,
                )
                % said
            )
        return _("On the date “%(question)s” in %(forms)s") % said

    def tell_fact(self, value: Any) -> str:
        return explain(value, self._words(()))

    def _words(self, forms: Sequence[str]) -> Words:
        words = Words(self.procedure, self.language, self.get_labels(forms))
        # The words of statuses stand in the room of cases, above that of procedures.
        statuses = {each.value: str(each.label) for each in CaseStatus}
        words.values = ChainMap(dict.fromkeys(STATUS_NAMES, statuses), words.values)  # type: ignore[arg-type]
        return words

    def get_title(self, key: str) -> str:
        """Return a form's title; its key when no such form is published."""
        form = self.forms.get(key)
        return (localize(form.title, self.language) if form else "") or key

    def text(self, texts: Any) -> str:
        return localize(texts, self.language) if isinstance(texts, dict) else ""

    def get_labels(self, keys: Sequence[str]) -> Labels:
        """Return the labels of these forms together, of all forms when none is named."""
        known = tuple(key for key in keys if key in self.forms) or tuple(self.forms)
        if known not in self._labels:
            each = [self._labels_of(key) for key in known]
            # A question that two forms have is called as in the first.
            questions: Mapping[str, str] = ChainMap(*(dict(labels.questions) for labels in each))
            choices: Mapping[str, Any] = ChainMap(*(labels.choices for labels in each))  # type: ignore[arg-type]
            self._labels[known] = Labels(questions, choices)
        return self._labels[known]

    def _labels_of(self, key: str) -> Labels:
        if key not in self._by_form:
            self._by_form[key] = get_labels(self.forms[key], self.language, get_fact_catalogue())
        return self._by_form[key]

    def _tell_action(self, action: RuleAction, words: Words) -> ActionWords:
        if isinstance(action, UnknownAction):
            return ActionWords(_("Something that this service doesn't know."), None)
        return ActionWords(action.describe(words), self._draw(action))

    def _draw(self, action: RuleAction) -> Drawing | None:
        parameters = action.parameters()
        named = next((name for name, each in parameters.items() if each.kind == LADDER), "")
        ladder = self.procedure.ladders.get(action.value_of(named) or "") if named else None
        if ladder is None or not ladder.steps:
            return None
        return draw_ladder(ladder)


def explain(expression: Any, words: Words) -> str:
    """Return an expression as a sentence; that it can't be read when it can't."""
    try:
        return expressions.explain(
            expression, labels=words.labels, values=words.values, language=words.language
        ).removesuffix(".")
    except expressions.LogicError:
        return _("a condition that can't be read")
