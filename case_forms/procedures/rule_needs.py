"""The needs of a rule towards a form: the questions it reads, their kinds, the values it compares them with. Pure.

A rule is looked at with the procedure's facts written into it, so that what a fact reads, the rule reads.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from case_forms import expressions
from case_forms.expressions.operators import LOOPS, get_arguments
from case_forms.expressions.type_checker import KindInfo
from case_forms.form_builder.answer_types import get_kinds
from case_forms.form_builder.audience import is_public, is_session_request
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.reachability import Surroundings
from case_forms.questions import registry

from .definition import Procedure, Rule
from .events.registry import EVENTS, scope_names
from .organisation_settings import kinds_of_settings
from .rule_actions.parameters import FORM, Parameter

Expression = Any


@dataclass(frozen=True)
class Break:
    """One thing that a rule needs of a form and doesn't find. `name` is a question's key, `value` a choice's.

    code: not_asked, not_answerable, value, kind, source; never (no answers make the rule apply), never_with (none do
    in which the question has this value), unanswered (what is done needs an answer that may be missing), audience (the
    form's answers come in as another kind of event), archived.
    """

    code: str
    name: str = ""
    value: str = ""


# What was proven of conditions, by their text and the kinds of what they read. Of most edits nothing that a rule reads
# is touched, and each procedure that is published or seeded asks the same again about most of its rules.
_proven: dict[bytes, bool] = {}
MAX_PROVEN = 50_000  # a bound on memory, about 5 MB; what is dropped is proven again
MAX_BUILT = 1_000  # rules whose needs are cached in a process
MAX_FOUND = 4_000  # what rules miss, cached for each form
# Reported only when it was otherwise before: a rule may well be written so.
ONLY_WHEN_NEW = frozenset({"never_with", "unanswered"})
# These need a form without problems of its own, and take longer.
DEEP = frozenset({"never", "never_with", "unanswered"})


@dataclass(frozen=True, eq=False)
class FormSide:
    """A resolved form as rules see it: what stands in a repeat group isn't theirs to read."""

    form: Form = field(repr=False)
    found: dict[Any, Any] = field(default_factory=dict, repr=False)  # what was worked out about it before

    @cached_property
    def kinds(self) -> dict[str, KindInfo]:
        asked = self.form.answer_keys
        return {key: info for key, info in get_kinds(self.form).items() if key in asked}

    @cached_property
    def questions(self) -> dict[str, Question]:
        return {item.key: item for item in self.form.outer_items if isinstance(item, Question)}

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.form)

    @cached_property
    def is_public(self) -> bool:
        return is_public(self.form)

    @cached_property
    def names_cases(self) -> bool:
        return any(question.type == "case_reference" for question in self.questions.values())

    def offers(self, key: str, value: str) -> bool:
        """Return whether a question has a choice of this value that its filter can ever let through.

        True when unknown.
        """
        question, info = self.questions.get(key), self.kinds.get(key)
        if question is None or info is None or info.choices is None:
            return True
        if value not in info.choices:
            return False
        if not question.is_filtered or not question.has("choices"):
            return True
        chosen = next(choice for choice in question.choices if choice.value == value)
        parts = {**chosen.attributes, "value": value}
        return expressions.can_hold(_of_choice(question.choice_filter, parts), self.kinds) is not False


class RuleNeeds:
    """One rule of a procedure with the facts written into its expressions.

    `settings`: what the organisation may choose, by the names that conditions read. Every choice is reasoned about, for
    tomorrow another one may hold. `answered_by`: the forms that meet what it starts.
    """

    def __init__(
        self,
        rule: Rule,
        facts: Mapping[str, Expression],
        settings: Mapping[str, KindInfo] | None = None,
        answered_by: frozenset[str] = frozenset(),
    ) -> None:
        self.rule = rule
        self.answered_by = answered_by
        self.facts = frozenset(facts)
        self.settings = dict(settings or {})
        self.when = _inlined(rule.when, facts)
        self.params: list[tuple[Parameter, Expression]] = [
            (parameter, _inlined(action.value_of(name), facts))
            for action in rule.then
            for name, parameter in action.parameters().items()
            if parameter.is_expression and action.has(name)
        ]
        read = [self.when, *(expression for _parameter, expression in self.params)]
        self.reads = _references(read, facts) - self.facts - scope_names() - self.settings.keys()
        # The question that gives the date of the rule.
        self.reads |= frozenset({rule.date} - {""})
        self.compared = list(dict.fromkeys(pair for expression in read for pair in compared(expression)))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that the rule names; empty when it listens to all."""
        return self.rule.forms

    @property
    def is_for_public(self) -> bool:
        return EVENTS[self.rule.on].is_public

    @property
    def is_about_what_is_sent(self) -> bool:
        """Whether the rule responds to the form itself, and not to what other rules have done about it."""
        return not EVENTS[self.rule.on].is_caused

    def listens_to(self, key: str, side: FormSide) -> bool:
        event = EVENTS[self.rule.on]
        if self.forms:
            return key in self.forms
        if not event.has_form or event.form_kind not in ("", side.form.kind) or is_session_request(side.form):
            return False
        return side.is_public == self.is_for_public

    def breaks(self, side: FormSide, *, deep: bool = True) -> frozenset[Break]:
        """Return what the rule needs and this form doesn't give. `deep`: also whether it can ever apply."""
        # No event is about a request for a session: the unit answers it without a procedure.
        if side.is_public != self.is_for_public or is_session_request(side.form):
            return frozenset({Break("audience")})
        # Stored with the form: sides are cached by their text, so what was worked out goes with them.
        if (self, deep) not in side.found:
            if len(side.found) >= MAX_FOUND:
                side.found.clear()
            found = frozenset(self._plain(side))
            side.found[self, deep] = found.union(self._deep(side)) if deep else found
        return side.found[self, deep]

    def _plain(self, side: FormSide) -> Iterator[Break]:
        for name in sorted(self.reads):
            if name not in side.kinds:
                yield Break("not_asked", name)
            elif not side.surroundings.can_be_answered(name):
                yield Break("not_answerable", name)
        if self.rule.date in side.kinds and side.kinds[self.rule.date].kind not in ("date", "datetime"):
            yield Break("kind", self.rule.date)
        for name, value in self.compared:
            if name in side.kinds and not side.offers(name, value):
                yield Break("value", name, value)
        for expression in (self.when, *(each for _parameter, each in self.params)):
            for code, _words, name in expressions.kind_problems(expression, {**side.kinds, **self.settings}):
                if code != "unknown_choice_value":
                    yield Break("kind", name)
        for parameter, key in self._read_by_params():
            question = side.questions.get(key)
            wanted = parameter.answered_by
            if wanted and question is not None and not {*wanted} & {*_sources(question)}:
                yield Break("source", key)

    def _deep(self, side: FormSide) -> Iterator[Break]:
        if not self._can(side, self.when):
            # Whatever else is asked of a condition that can't hold is proven as well, and says nothing new.
            yield Break("never")
            return
        for name, value in self.compared:
            # "some of several" holds a value where "one of" is it
            several = side.kinds.get(name, expressions.KindInfo("any")).kind == "choices"
            given = {"in": [value, {"var": name}]} if several else {"==": [{"var": name}, value]}
            if name in side.kinds and not self._can(side, self.when, given):
                yield Break("never_with", name, value)
        for parameter, key in self._read_by_params():
            if parameter.is_indispensable and key in side.kinds:
                without = {"!": [{"answered": [key]}]}
                if self._can(side, self.when, without, *side.surroundings.required_of([key])):
                    yield Break("unanswered", key)

    def _can(self, side: FormSide, *conditions: Expression) -> bool:
        """Return whether these may hold together on this form: False is proven."""
        whole = {"and": [*conditions, *side.surroundings.known_of(*conditions)]}
        known = {**side.kinds, **self.settings}
        kinds = {name: known.get(name) for name in sorted(expressions.references(whole))}
        text = json.dumps([whole, {name: repr(info) for name, info in kinds.items()}], sort_keys=True)
        key = sha256(text.encode()).digest()
        if key not in _proven:
            if len(_proven) >= MAX_PROVEN:
                _proven.clear()
            _proven[key] = expressions.can_hold(whole, known) is not False
        return _proven[key]

    def _read_by_params(self) -> Iterator[tuple[Parameter, str]]:
        """Yield (parameter, question) where an action takes an answer as it stands."""
        for parameter, name in dict.fromkeys((parameter, _plain_variable(each)) for parameter, each in self.params):
            if name and name not in self.facts:
                yield parameter, name


def get_needs(procedure: Procedure) -> list[RuleNeeds]:
    """Return the needs of the rules of a checked procedure.

    The same rule with the same facts and settings has the same needs, and what was proven about it stays known: of a
    draft that is saved again and again, one rule differs.
    """
    facts: dict[str, Expression] = {}
    for fact in procedure.facts:
        facts[fact.key] = _inlined(fact.value, facts)
    settings = kinds_of_settings(procedure)
    around = json.dumps([facts, sorted((name, repr(info)) for name, info in settings.items())], sort_keys=True)
    return [
        _get_rule_needs(rule, around, facts, settings, _answering_forms(procedure, rule)) for rule in procedure.rules
    ]


def _answering_forms(procedure: Procedure, rule: Rule) -> frozenset[str]:
    """Return the forms that meet the deadlines and tasks which a rule starts."""
    found = set()
    for action in rule.then:
        found |= {procedure.deadlines[key].form for key in action.started_deadlines() if key in procedure.deadlines}
        written = action.parameters().items()
        found |= {str(action.value_of(name)) for name, parameter in written if parameter.kind == FORM}
    return frozenset(found - {""})


_built: dict[tuple[str, str, frozenset[str]], RuleNeeds] = {}


def _get_rule_needs(
    rule: Rule,
    around: str,
    facts: Mapping[str, Expression],
    settings: Mapping[str, KindInfo],
    answering: frozenset[str],
) -> RuleNeeds:
    key = (json.dumps(rule.stored, sort_keys=True), around, answering)
    found = _built.get(key)
    if found is None:
        # A bound on memory; what is dropped is built again.
        if len(_built) >= MAX_BUILT:
            _built.clear()
        found = _built[key] = RuleNeeds(rule, facts, settings, answering)
    return found


def may_match_none(needs: list[RuleNeeds], key: str, side: FormSide) -> bool:
    """Return whether there may be answers to this form about which no rule says anything; False is proven."""
    # Rules about what other rules have done come after them, and match nothing that those didn't.
    conditions = [each.when for each in needs if each.is_about_what_is_sent and each.listens_to(key, side)]
    if not conditions or any(condition is True for condition in conditions):
        return False
    kinds = {**side.kinds, **needs[0].settings}
    # The plainest conditions alone often prove it; all of them together may be too much to look through.
    conditions.sort(key=lambda condition: len(expressions.references(condition)))
    for count in dict.fromkeys((sum(len(expressions.references(each)) < 2 for each in conditions), len(conditions))):
        plain = conditions[:count]
        read = sorted(frozenset[str]().union(*(expressions.references(condition) for condition in plain)))
        known = [*side.surroundings.known_of(*plain), *side.surroundings.required_of(read)]
        if expressions.can_hold({"and": [*({"!": [each]} for each in plain), *known]}, kinds) is False:
            return False
    return True


def _inlined(expression: Expression, facts: Mapping[str, Expression]) -> Expression:
    """Return the expression with facts written in where it reads one as it stands, outside of loops' bodies."""
    if isinstance(expression, list):
        return [_inlined(part, facts) for part in expression]
    if not isinstance(expression, dict) or len(expression) != 1:
        return expression
    operator, given = next(iter(expression.items()))
    name = _plain_variable(expression)
    if name:
        return facts.get(name, expression)
    arguments = get_arguments(operator, given)
    return {
        operator: [
            # A loop's body has names of its own: `var` in it means the element, not an answer.
            part if operator in LOOPS and position == 1 else _inlined(part, facts)
            for position, part in enumerate(arguments)
        ]
    }


def _of_choice(expression: Expression, parts: Mapping[str, str]) -> Expression:
    """Return a choice filter with one choice written into it."""
    if isinstance(expression, list):
        return [_of_choice(part, parts) for part in expression]
    if not isinstance(expression, dict) or len(expression) != 1:
        return expression
    operator, given = next(iter(expression.items()))
    name = next(iter(get_arguments(operator, given)), "") if operator == "var" else ""
    if isinstance(name, str) and name.startswith("choice."):
        return parts.get(name.removeprefix("choice."))
    return {operator: _of_choice(given, parts)}


def _plain_variable(expression: Expression) -> str:
    """Return "x" for {"var": "x"} and {"var": ["x"]}, "" for everything else."""
    if isinstance(expression, dict) and list(expression) == ["var"]:
        arguments = get_arguments("var", expression["var"])
        if len(arguments) == 1 and isinstance(arguments[0], str) and "." not in arguments[0]:
            return arguments[0]
    return ""


def _references(several: list[Expression], facts: Mapping[str, Expression]) -> frozenset[str]:
    """Return what these read; a fact that is read otherwise than as it stands ({"answered": [fact]}) reads its own."""
    read = frozenset[str]().union(*(expressions.references(expression) for expression in several))
    return read.union(*(expressions.references(facts[name]) for name in read if name in facts))


def compared(expression: Expression) -> Iterator[tuple[str, str]]:
    """Yield each (question, value) that an expression compares, outside of loops' bodies."""
    if isinstance(expression, list):
        for part in expression:
            yield from compared(part)
    if not isinstance(expression, dict) or len(expression) != 1:
        return
    operator, given = next(iter(expression.items()))
    arguments = get_arguments(operator, given)
    if operator in ("==", "!=", "===", "!==", "in") and len(arguments) == 2:
        for part, other in (arguments, arguments[::-1]):
            for value in other if isinstance(other, list) else [other]:
                if isinstance(value, str) and value and (name := _plain_variable(part)):
                    yield name, value
    yield from compared(arguments[:1] + arguments[2:] if operator in LOOPS else arguments)


def _sources(question: Question) -> set[str]:
    """Return where a question's answers come from: its type, and the list it offers."""
    name = question.type
    listed = registry.get(name).list_of(question) if name in registry.names() else ""
    return {name, listed or question.from_list}
