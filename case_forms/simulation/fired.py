"""Which rules applied and which didn't, each with its condition read back and the values that it read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES, Texts, in_each_language
from case_forms import expressions
from case_forms.procedures.decide import ConditionReader
from case_forms.procedures.definition import Rule
from case_forms.procedures.events.registry import build_scope

from .witness import Decided

UNKNOWN = _("not answered")
YES_NO = {True: _("yes"), False: _("no")}


@dataclass(frozen=True)
class RuleOutcome:
    """One rule about one event. `values`: (what its `when` reads, what that was), in words.

    The values are answers: they are shown to whoever may see the story's, and stored nowhere.
    """

    key: str
    title: Texts
    event: str
    fired: bool
    words: Texts = field(repr=False)
    values: tuple[tuple[Texts, Texts], ...] = field(repr=False)
    when: Any = field(repr=False)
    readers: Mapping[str, ConditionReader] = field(repr=False, compare=False)

    @cached_property
    def condition(self) -> Texts:
        """Its `when` read back: written for whoever looks at the story, while a run of scenarios asks for none."""
        return {language: reader.explain(self.when) for language, reader in self.readers.items()}


def get_rule_outcomes(decisions: Iterable[Decided]) -> Iterator[RuleOutcome]:
    """Yield the outcome of each rule that listened, decision by decision, in the order of the procedure."""
    for decided in decisions:
        yield from _get_outcomes(decided)


def _get_outcomes(decided: Decided) -> Iterator[RuleOutcome]:
    event, procedure = decided.event, decided.procedure
    fired = {entry["rule"] for entry in decided.decision.explanation}
    scope = {
        **event.answers,
        **decided.decision.settings,
        **build_scope(event),
        **decided.decision.facts,
    }
    readers = {language: ConditionReader(procedure, decided.labels.get(language), language) for language in LANGUAGES}
    about = procedure.rules_about(event.kind, event.form)
    # Rules about what these have caused are named only when they applied: else nothing happened that they listen to.
    caused = [rule for rule in procedure.rules if rule.key in fired and rule not in about]
    for rule in (*about, *caused):
        yield RuleOutcome(
            key=rule.key,
            title=dict(rule.title),
            event=rule.on,
            fired=rule.key in fired,
            words=dict(rule.words),
            values=tuple(_get_values(rule, scope, readers)),
            when=rule.when,
            readers=readers,
        )


def _get_values(
    rule: Rule, scope: Mapping[str, Any], readers: Mapping[str, ConditionReader]
) -> Iterator[tuple[Texts, Texts]]:
    try:
        names = sorted(expressions.references(rule.when))
    except expressions.LogicError:
        return
    for name in names:
        label = {language: reader.labels.get(name, name) for language, reader in readers.items()}
        yield label, _in_words(name, scope.get(name), readers)


def _in_words(name: str, value: Any, readers: Mapping[str, ConditionReader]) -> Texts:
    if value is None or value == "" or value == []:
        return in_each_language(UNKNOWN)
    if isinstance(value, bool):
        return in_each_language(YES_NO[value])
    said = {}
    for language, reader in readers.items():
        known = reader.values.get(name, {})
        each = value if isinstance(value, list) else [value]
        said[language] = ", ".join(str(known.get(str(one), one)) for one in each)
    return said
