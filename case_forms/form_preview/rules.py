"""What the rules of a form did with the test answers: each as a sentence, whether it held, and on which answers."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from access.models import localize
from case_forms import expressions
from case_forms.form_builder.sentences import Sentences
from case_forms.procedures.decide import Labels
from case_forms.procedures.organisation_settings import Chosen
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered
from case_forms.submissions.validation.validate import Answers, CheckContext, Checked, scope_at
from notifications.directory.models import Role

Item = Mapping[str, Any]

HELD, FAILED, UNSURE, NOT_REACHED = "held", "failed", "unsure", "not_reached"
WORDS: Mapping[str, str | Promise] = {
    "relevant": _("Asked when"),
    "required": _("Must be answered when"),
    "constraint": _("Fits when"),
    "choice_filter": _("Offers choices for which"),
    "initial": _("Initial value"),
    "calculation": _("Calculated as"),
}
GIVEN: Mapping[str, str | Promise] = {
    "_today": _("today"),
    "_occurred_on": _("the day it happened"),
    "_now": _("now"),
    "_position": _("the number of this row"),
    "_case_status": _("the status of the case"),
    "_case_child": _("the case is followed as a child's"),
}


@dataclass(frozen=True)
class Rule:
    """One condition or calculation at one place.

    `outcome`: held, failed, unsure (can't be worked out), not_reached (its question isn't asked or answered now).
    `read`: the answers it looks at; `result`: what came out of it, in words.
    """

    where: str
    kind: str
    sentence: str
    outcome: str
    read: list[tuple[str, str]] = field(repr=False)
    result: str = field(default="", repr=False)

    @property
    def words(self) -> str | Promise:
        """What the rule is for; of sharing, with whom."""
        if self.kind in WORDS:
            return WORDS[self.kind]
        return _("Shared with %(role)s when") % {"role": Role(self.kind).label}


@dataclass(frozen=True)
class SectionRules:
    key: str
    title: str
    rules: list[Rule]

    @property
    def held(self) -> int:
        return sum(rule.outcome == HELD for rule in self.rules)


def get_rules(
    definition: Item,
    checked: Checked,
    context: CheckContext,
    labels: Labels,
    language: str,
    settings: Chosen | None = None,
) -> list[SectionRules]:
    """The rules of each section that has any, in document order. `language` is the reader's, as are `labels`;
    `settings`: those of the procedure in force, which sharing may read."""
    reading = _Reading(definition, checked, context, labels, language, settings or Chosen())
    sections = [
        SectionRules(section["key"], localize(section["title"], language), list(reading.section(section)))
        for section in definition["sections"]
    ]
    return [section for section in sections if section.rules]


class _Reading:
    def __init__(
        self,
        definition: Item,
        checked: Checked,
        context: CheckContext,
        labels: Labels,
        language: str,
        settings: Chosen,
    ) -> None:
        self.context = context
        self.labels = labels
        self.language = language
        self.scope: Answers = {**scope_at(context), **settings.values, **checked.answers}
        self.settings = settings
        self.choices: Mapping[str, Any] = {**labels.choices, **settings.choices}
        self.broken = {problem.path for problem in checked.errors if problem.code == "constraint"}
        self.asked = dict(_by_key(definition))
        self.days = Sentences(dict(definition), language).days
        self.names = {**labels.questions, **settings.labels, **{key: str(words) for key, words in GIVEN.items()}}

    def section(self, section: Item) -> Iterator[Rule]:
        applies = yield from self._condition(section, "relevant", localize(section["title"], self.language), self.scope)
        yield from self._items(section["items"], self.scope, "/answers", "", applies)

    def _items(self, items: list[Item], scope: Answers, path: str, around: str, applies: bool) -> Iterator[Rule]:
        for item in items:
            where = f"{around}{self._name(item)}"
            asked = yield from self._condition(item, "relevant", where, scope, applies)
            here = f"{path}/{item['key']}"
            if item["item"] == "repeat":
                rows = scope.get(item["key"]) if asked else None
                for index, row in enumerate(rows if isinstance(rows, list) else []):
                    within = {**scope, **row, "_position": index + 1}
                    yield from self._items(item["items"], within, f"{here}/{index}", f"{where} {index + 1} › ", asked)
            elif item["item"] == "question":
                yield from self._question(item, where, scope, here, asked)

    def _question(self, question: Item, where: str, scope: Answers, path: str, asked: bool) -> Iterator[Rule]:
        yield from self._condition(question, "required", where, scope, asked)
        if "constraint" in question:
            expression, given = question["constraint"]["expr"], question["key"] in scope
            broken = path in self.broken
            outcome = FAILED if broken else HELD if given and asked else NOT_REACHED
            yield self._rule(where, "constraint", expression, scope, outcome)
        if "choice_filter" in question:
            yield self._filter(question, where, scope, asked)
        for name in ("initial", "calculation"):
            if isinstance(question.get(name), dict | list):
                value = _worked_out(question[name], scope) if asked else None
                outcome = NOT_REACHED if not asked else UNSURE if isinstance(value, expressions.LogicError) else HELD
                said = self._plain(value) if outcome == HELD else ""
                yield self._rule(where, name, question[name], scope, outcome, said)
        for role, expression in question.get("shared_with", {}).items():
            if isinstance(expression, dict) and role in Role.values:
                answered = asked and question["key"] in scope
                yield self._rule(
                    where, role, expression, scope, _outcome(expression, scope) if answered else NOT_REACHED
                )

    def _condition(
        self, part: Item, name: str, where: str, scope: Answers, applies: bool = True
    ) -> Generator[Rule, None, bool]:
        """Tells a written condition; returns whether it lets the part through (one that can't be worked out does)."""
        expression = part.get(name, name == "relevant")
        outcome = _outcome(expression, scope) if applies else NOT_REACHED
        if not isinstance(expression, bool):
            yield self._rule(where, name, expression, scope, outcome)
        return outcome in (HELD, UNSURE)

    def _filter(self, question: Item, where: str, scope: Answers, asked: bool) -> Rule:
        kind, plain = registry.get(question["type"]), dict(question)
        if not asked:
            return self._rule(where, "choice_filter", question["choice_filter"], scope, NOT_REACHED)
        listed = kind.listed(plain, self.language, self.context.sources)
        offered = kind.choices(plain, self.language, self.context.sources, scope)
        said = ngettext("%(offered)s of %(count)s choice", "%(offered)s of %(count)s choices", len(listed))
        result = said % {"offered": len(offered), "count": len(listed)}
        return self._rule(where, "choice_filter", question["choice_filter"], scope, HELD, result)

    def _rule(self, where: str, kind: str, expression: Any, scope: Answers, outcome: str, result: str = "") -> Rule:
        return Rule(where, kind, self._sentence(expression), outcome, list(self._read(expression, scope)), result)

    def _sentence(self, expression: Any) -> str:
        try:
            return expressions.explain(
                expression, labels=self.names, values=self.choices, days=self.days, language=self.language
            )
        except expressions.LogicError:
            return ""

    def _read(self, expression: Any, scope: Answers) -> Iterator[tuple[str, str]]:
        """(label, value in words) of each answer that the expression looks at."""
        try:
            read = expressions.references(expression)
        except expressions.LogicError:
            return
        known = [key for key in self.names if key in read]
        for key in [*known, *sorted(read - self.names.keys() - {"choice"})]:
            yield self.names.get(key, key), self._value(key, scope.get(key))

    def _value(self, key: str, value: Any) -> str:
        if is_unanswered(value):
            return str(_("not answered"))
        if key in self.settings.choices:
            return self.settings.choices[key].get(str(value), str(value))
        item = self.asked.get(key)
        if item is None:
            return self._plain(value)
        if item["item"] == "repeat":
            rows = len(value) if isinstance(value, list) else 0
            return ngettext("%(count)s entry", "%(count)s entries", rows) % {"count": rows}
        return registry.get(item["type"]).formatted(value, dict(item), self.language, self.context.sources)

    def _plain(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if is_unanswered(value):
            return str(_("nothing"))
        if isinstance(value, list):
            return ", ".join(self._plain(part) for part in value)
        return str(value)

    def _name(self, item: Item) -> str:
        if item["item"] == "note":
            text = localize(item["text"], self.language)
            return text if len(text) <= 40 else f"{text[:39]}…"
        return localize(item["label"], self.language) or item["key"]


def _outcome(expression: Any, scope: Answers) -> str:
    if isinstance(expression, bool):
        return HELD if expression else FAILED
    value = _worked_out(expression, scope)
    return UNSURE if isinstance(value, expressions.LogicError) else HELD if expressions.truthy(value) else FAILED


def _worked_out(expression: Any, scope: Answers) -> Any:
    try:
        return expressions.evaluate(expression, scope)
    except expressions.LogicError as failure:
        return failure


def _by_key(definition: Item) -> Iterator[tuple[str, Item]]:
    def within(items: list[Item]) -> Iterator[tuple[str, Item]]:
        for item in items:
            if item["item"] != "note":
                yield item["key"], item
            yield from within(item.get("items", []))

    for section in definition["sections"]:
        yield from within(section["items"])
