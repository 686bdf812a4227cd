"""Deciding: an event and a procedure go in, a list of actions with their explanation comes out. Touches nothing.

The steps, in order:

1. The scope is made of the answers, `_today`, `_occurred_on`, `_case_status`, `_case_child`, `_case_consent` and the
   procedure's settings (`_setting_<key>`).
2. The procedure's facts are worked out one after the other; each may use those before it, and a fact hides an answer of
   the same name.
3. Each rule that listens to this kind of event and this form, and whose `when` is true, contributes its actions in the
   order written, with their expressions worked out.

An expression that can't be worked out ends the decision with DecisionFailed: a case is never half decided, and the
sender learns at once that nothing was received.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from case_forms import expressions
from case_forms.expressions.explain import LANGUAGES

from .organisation_settings import choices_of_settings, get_values, labels_of_settings

# The parameters of each action that are expressions; all others are taken as they stand.
EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    "open_case": ("status", "municipality", "child_track"),
    "attach_case": ("case",),
    "update_case": ("status", "child_track", "formal_identification"),
    "notify": ("urgent", "partner"),
    "deadline": (),
    "meet_deadline": (),
    "refer": ("partner", "services"),
}
# Expressions that say yes or no.
FLAGS = frozenset({"child_track", "urgent"})
CASE_CONSENT = "_case_consent"


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
class Event:
    """The event to decide about.

    Both times are aware, in the time zone whose calendar days count for ages and deadlines.
    """

    kind: str
    form: str
    answers: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime
    received_at: datetime
    case_status: str | None = None
    case_child: bool | None = None  # None: no case is named
    # by office, the bases on which a consent to be referred to it is on record; None where nothing asks for it
    case_consent: Mapping[str, list[str]] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Action:
    """One thing to do: `do` is a key of EXPRESSIONS, `params` are the rule's parameters with expressions worked out."""

    rule: str
    do: str
    params: dict[str, Any] = field(repr=False)


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
    procedure: Mapping[str, Any],
    *,
    labels: Mapping[str, Labels] | None = None,
) -> Decision:
    """Decide what this procedure says about this event.

    `labels` ({"sq": ..., "en": ...}) are for reading conditions back. Raises DecisionFailed.
    """
    settings = get_values(procedure)
    scope = {
        **event.answers,
        **settings,
        # From the event, not from the clock: deciding the same event again gives the same result.
        "_today": event.received_at.date().isoformat(),
        "_occurred_on": event.occurred_at.date().isoformat(),
        "_case_status": event.case_status,
        "_case_child": event.case_child,
        CASE_CONSENT: event.case_consent,
    }
    facts = _facts(procedure, scope)
    actions: list[Action] = []
    explanation: list[dict[str, Any]] = []
    for rule in procedure.get("rules", ()):
        if not listens(rule, event):
            continue
        where = f"rules/{rule['key']}"
        condition = rule.get("when", True)
        if not expressions.truthy(_value(condition, scope, where)):
            continue
        actions += [_action(rule["key"], written, scope, where) for written in rule.get("then", ())]
        explanation.append(
            {
                "rule": rule["key"],
                "words": {language: rule.get("words", {}).get(language, "") for language in LANGUAGES},
                "because": _because(condition, procedure, labels or {}),
            }
        )
    return Decision(tuple(actions), tuple(explanation), facts, settings)


def _facts(procedure: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    """Work the facts out and lay each over the scope."""
    facts: dict[str, Any] = {}
    for fact in procedure.get("facts", ()):
        facts[fact["key"]] = scope[fact["key"]] = _value(fact["value"], scope, f"facts/{fact['key']}")
    return facts


def listens(rule: Mapping[str, Any], event: Event) -> bool:
    """Return whether a rule is about this kind of event and this form, whatever was answered."""
    forms = rule.get("forms")
    return rule.get("on") == event.kind and (not forms or event.form in forms)


def _action(rule: str, written: Mapping[str, Any], scope: Mapping[str, Any], where: str) -> Action:
    do = written["do"]
    params: dict[str, Any] = {}
    for name, value in written.items():
        if name == "do":
            continue
        if name in EXPRESSIONS[do]:
            value = _value(value, scope, where)
            # An unanswered question gives null, and the actions expect a bool.
            if name in FLAGS:
                value = expressions.truthy(value)
        params[name] = value
    return Action(rule, do, params)


def _value(expression: Any, scope: Mapping[str, Any], where: str) -> Any:
    try:
        return expressions.evaluate(expression, scope)
    except expressions.LogicError:
        # From None: the original text may quote an answer.
        raise DecisionFailed(where) from None


def _because(condition: Any, procedure: Mapping[str, Any], labels: Mapping[str, Labels]) -> dict[str, str]:
    """Return the condition as a sentence in each language; empty when there is nothing to say."""
    if condition is True:
        return dict.fromkeys(LANGUAGES, "")
    said = {}
    for language in LANGUAGES:
        form = labels.get(language) or Labels({}, {})
        facts = {fact["key"]: fact["label"][language] for fact in procedure.get("facts", ()) if "label" in fact}
        labelled = {**form.questions, **facts, **labels_of_settings(procedure, language)}
        # ChainMap copies nothing: the form's choices are looked up only when a condition quotes them.
        values = ChainMap(choices_of_settings(procedure, language), form.choices)  # type: ignore[arg-type]
        try:
            said[language] = expressions.explain(condition, labels=labelled, values=values, language=language)
        except expressions.LogicError:
            said[language] = ""  # the rule's own words stand; reading back is a courtesy
    return said
