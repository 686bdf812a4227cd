"""Deciding: an event and a procedure go in, a list of actions with their explanation comes out. Touches nothing.

The steps, in order:

1. The scope is made of the answers, what this kind of event offers (`events`), and the procedure's settings
   (`_setting_<key>`).
2. The procedure's facts are worked out one after the other; each may use those before it, and a fact hides an answer of
   the same name.
3. Each rule that listens to this kind of event and this form, and whose `when` is true, contributes its actions in the
   order written, with their expressions worked out.
4. What the actions do to the case may be an event itself (`events.cases`): its rules are decided in the same way, on
   the same answers and the case as it then stands, and so on, at most MAX_CHAIN events in a row.

An expression that can't be worked out ends the decision with DecisionFailed: a case is never half decided, and the
sender learns at once that nothing was received.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from case_forms import expressions
from case_forms.expressions.explain import LANGUAGES

from .decided_action import Action
from .definition import Procedure, parse_procedure
from .events.base import CASE_CONSENT, Event
from .events.registry import build_scope, get_caused
from .organisation_settings import choices_of_settings, get_values, labels_of_settings
from .rule_actions.base import RuleAction, UnknownAction
from .rule_actions.parameters import CONDITION

__all__ = ["CASE_CONSENT", "Action", "Decision", "DecisionFailed", "Event", "Labels", "decide"]


MAX_CHAIN = 8  # events in a row, each caused by the rules about the one before it


class DecisionFailed(Exception):
    """A fact or rule that couldn't be worked out.

    `where` names it (`facts/age`, `rules/police`); it never holds an answer.
    """

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


@dataclass(frozen=True)
class Labels:
    """A form's words in one language: of its questions by key, and of their choices by key and value."""

    questions: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Decision:
    """The actions of a decision, in the order to carry them out.

    explanation: one entry for each rule that applied, {"rule": key, "words": {"sq", "en"}, "because": {"sq", "en"}};
    `because` reads the rule's condition back. Both are stored sealed: they show what was answered. facts: {key: value}.
    settings: {`_setting_<key>`: value}, as they stood.
    """

    actions: tuple[Action, ...]
    explanation: tuple[dict[str, Any], ...] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)
    settings: dict[str, str] = field(default_factory=dict)


def decide(
    event: Event,
    procedure: Procedure | Mapping[str, Any],
    *,
    labels: Mapping[str, Labels] | None = None,
) -> Decision:
    """Decide what this procedure says about this event.

    `labels` ({"sq": ..., "en": ...}) are for reading conditions back. Raises DecisionFailed.
    """
    procedure = parse_procedure(procedure)
    settings = get_values(procedure)
    reading = {language: ConditionReader(procedure, (labels or {}).get(language), language) for language in LANGUAGES}
    actions: list[Action] = []
    explanation: list[dict[str, Any]] = []
    facts: dict[str, Any] | None = None
    coming = [event]
    for _link in range(MAX_CHAIN):
        decided = [_Step(procedure, settings, reading, each) for each in coming]
        for step in decided:
            actions += step.actions
            explanation += step.explanation
        # What a brief is written from is what held when the event came in.
        facts = decided[0].facts if facts is None else facts
        coming = [caused for step in decided for caused in step.get_caused()]
        if not coming:
            return Decision(tuple(actions), tuple(explanation), facts, settings)
    # The checker refuses procedures in which rules could go round in a circle.
    raise DecisionFailed(f"rules/{explanation[-1]['rule']}")


class _Step:
    """The rules about one event, in the order in which they are written, each on the case as the event found it."""

    def __init__(
        self, procedure: Procedure, settings: Mapping[str, str], reading: Mapping[str, "ConditionReader"], event: Event
    ) -> None:
        self.procedure = procedure
        self.event = event
        self.case = event.case
        self.actions: list[Action] = []
        self.explanation: list[dict[str, Any]] = []
        scope = {**event.answers, **settings, **build_scope(event)}
        self.facts = _facts(procedure, scope)
        for rule in procedure.rules_about(event.kind, event.form):
            if event.rule and rule.key != event.rule:
                continue
            where = f"rules/{rule.key}"
            if not expressions.truthy(_value(rule.when, scope, where)):
                continue
            for written in rule.then:
                action = _action(rule.key, written, scope, where)
                self.actions.append(action)
                self.case = written.change_case(action, self.case)
            self.explanation.append(
                {
                    "rule": rule.key,
                    "words": {language: rule.words.get(language, "") for language in LANGUAGES},
                    "because": {language: reading[language].explain(rule.when) for language in LANGUAGES},
                }
            )

    def get_caused(self) -> list[Event]:
        """Return the events that follow from what the rules have done to the case, and that a rule responds to."""
        caused = get_caused(self.event, self.case)
        return [each for each in caused if self.procedure.rules_about(each.kind, each.form)]


def _facts(procedure: Procedure, scope: dict[str, Any]) -> dict[str, Any]:
    """Work the facts out and lay each over the scope."""
    facts: dict[str, Any] = {}
    for fact in procedure.facts:
        facts[fact.key] = scope[fact.key] = _value(fact.value, scope, f"facts/{fact.key}")
    return facts


def _action(rule: str, written: RuleAction, scope: Mapping[str, Any], where: str) -> Action:
    # No checked procedure has one; what can't be done must not be passed over.
    if isinstance(written, UnknownAction):
        raise DecisionFailed(where)
    params = {name: value for name, value in written.stored.items() if name != "do"}
    for name, parameter in written.parameters().items():
        if parameter.is_expression and name in params:
            params[name] = _value(params[name], scope, where)
            # An unanswered question gives null, and the actions expect a bool.
            if parameter.kind == CONDITION:
                params[name] = expressions.truthy(params[name])
    return Action(rule, written.code, params)


def _value(expression: Any, scope: Mapping[str, Any], where: str) -> Any:
    try:
        return expressions.evaluate(expression, scope)
    except expressions.LogicError:
        # From None: the original text may quote an answer.
        raise DecisionFailed(where) from None


class ConditionReader:
    """What reading conditions back in one language needs, put together when a decision first needs it."""

    def __init__(self, procedure: Procedure, labels: Labels | None, language: str) -> None:
        self.procedure = procedure
        self.form = labels or Labels({}, {})
        self.language = language

    @cached_property
    def labels(self) -> Mapping[str, str]:
        facts = {each.key: each.label[self.language] for each in self.procedure.facts if self.language in each.label}
        return {**self.form.questions, **facts, **labels_of_settings(self.procedure, self.language)}

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, str]]:
        # ChainMap copies nothing: the form's choices are looked up only when a condition quotes them.
        settings = choices_of_settings(self.procedure, self.language)
        return ChainMap(settings, self.form.choices)  # type: ignore[arg-type]

    def explain(self, condition: Any) -> str:
        """Return the condition as a sentence; empty when there is nothing to say."""
        if condition is True:
            return ""
        try:
            return expressions.explain(condition, labels=self.labels, values=self.values, language=self.language)
        except expressions.LogicError:
            return ""  # the rule's own words stand; reading back is a courtesy
