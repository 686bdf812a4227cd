"""Report of a form's rules on the test answers: each as a sentence, whether it held, and on which answers."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from access.models import localize
from case_forms import expressions
from case_forms.form_builder.definition import AnyItem, Form, Note, Question, Repeat, Section
from case_forms.form_builder.sentences import Sentences
from case_forms.procedures.decide import Labels
from case_forms.procedures.organisation_settings import Chosen
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered
from case_forms.submissions.validation.validate import Answers, CheckContext, Checked, scope_at
from notifications.directory.models import Role

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
    """A condition or calculation at one place.

    `outcome`: held, failed, unsure (can't be evaluated), not_reached (its question isn't asked or answered now).
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
        """Return what the rule is for; of sharing, with whom."""
        if self.kind in WORDS:
            return WORDS[self.kind]
        return _("Shared with %(role)s when") % {"role": Role(self.kind).label}


@dataclass(frozen=True)
class SectionRules:
    """The rules of one section."""

    key: str
    title: str
    rules: list[Rule]

    @property
    def held(self) -> int:
        return sum(rule.outcome == HELD for rule in self.rules)


def get_rules(
    form: Form,
    checked: Checked,
    context: CheckContext,
    labels: Labels,
    language: str,
    settings: Chosen | None = None,
) -> list[SectionRules]:
    """Return the rules of each section that has any, in document order.

    `language` is the reader's, as are `labels`; `settings`: those of the procedure in force, which sharing may read.
    """
    reading = _Reading(form, checked, context, labels, language, settings or Chosen())
    sections = [
        SectionRules(section.key, localize(section.title, language), list(reading.section(section)))
        for section in form.sections
    ]
    return [section for section in sections if section.rules]


class _Reading:
    def __init__(
        self,
        form: Form,
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
        self.asked = form.by_key
        self.days = Sentences(form, language).days
        self.names = {**labels.questions, **settings.labels, **{key: str(words) for key, words in GIVEN.items()}}

    def section(self, section: Section) -> Iterator[Rule]:
        applies = yield from self._condition(section, "relevant", localize(section.title, self.language), self.scope)
        yield from self._items(section.items, self.scope, "/answers", "", applies)

    def _items(self, items: Iterable[AnyItem], scope: Answers, path: str, around: str, applies: bool) -> Iterator[Rule]:
        for item in items:
            where = f"{around}{self._name(item)}"
            asked = yield from self._condition(item, "relevant", where, scope, applies)
            here = f"{path}/{item.key}"
            if isinstance(item, Repeat):
                rows = scope.get(item.key) if asked else None
                for index, row in enumerate(rows if isinstance(rows, list) else []):
                    # a row's answers shadow those around it, as in validation
                    within = {**scope, **row, "_position": index + 1}
                    yield from self._items(item.items, within, f"{here}/{index}", f"{where} {index + 1} › ", asked)
            elif isinstance(item, Question):
                yield from self._question(item, where, scope, here, asked)

    def _question(self, question: Question, where: str, scope: Answers, path: str, asked: bool) -> Iterator[Rule]:
        yield from self._condition(question, "required", where, scope, asked)
        if question.constraint is not None:
            expression, given = question.constraint.expr, question.key in scope
            # from the validation's errors: a value that breaks its constraint isn't in scope, so it can't be tried here
            broken = path in self.broken
            outcome = FAILED if broken else HELD if given and asked else NOT_REACHED
            yield self._rule(where, "constraint", expression, scope, outcome)
        if question.is_filtered:
            yield self._filter(question, where, scope, asked)
        for name in ("initial", "calculation"):
            expression = question.value_of(name)
            if isinstance(expression, dict | list):
                value = _worked_out(expression, scope) if asked else None
                outcome = NOT_REACHED if not asked else UNSURE if isinstance(value, expressions.LogicError) else HELD
                said = self._plain(value) if outcome == HELD else ""
                yield self._rule(where, name, expression, scope, outcome, said)
        for role, expression in question.shared_with.items():
            if isinstance(expression, dict) and role in Role.values:
                answered = asked and question.key in scope
                yield self._rule(
                    where, role, expression, scope, _outcome(expression, scope) if answered else NOT_REACHED
                )

    def _condition(
        self, part: Section | AnyItem, name: str, where: str, scope: Answers, applies: bool = True
    ) -> Generator[Rule, None, bool]:
        """Yield a written condition; return whether it lets the part through (one that can't be evaluated does)."""
        expression = part.value_of(name)
        outcome = _outcome(expression, scope) if applies else NOT_REACHED
        if not isinstance(expression, bool):
            yield self._rule(where, name, expression, scope, outcome)
        return outcome in (HELD, UNSURE)

    def _filter(self, question: Question, where: str, scope: Answers, asked: bool) -> Rule:
        kind = registry.get(question.type)
        if not asked:
            return self._rule(where, "choice_filter", question.choice_filter, scope, NOT_REACHED)
        listed = kind.listed(question, self.language, self.context.sources)
        offered = kind.choices(question, self.language, self.context.sources, scope)
        said = ngettext("%(offered)s of %(count)s choice", "%(offered)s of %(count)s choices", len(listed))
        result = said % {"offered": len(offered), "count": len(listed)}
        return self._rule(where, "choice_filter", question.choice_filter, scope, HELD, result)

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
        """Yield (label, value in words) of each answer that the expression looks at."""
        try:
            read = expressions.references(expression)
        except expressions.LogicError:
            return
        # in the form's order, then settings and facts, then unknown keys (mistyped ones); "choice" is no answer
        known = [key for key in self.names if key in read]
        for key in [*known, *sorted(read - self.names.keys() - {"choice"})]:
            yield self.names.get(key, key), self._value(key, scope.get(key))

    def _value(self, key: str, value: Any) -> str:
        if is_unanswered(value):
            return str(_("not answered"))
        if key in self.settings.choices:
            return self.settings.choices[key].get(str(value), str(value))
        item = self.asked[key].item if key in self.asked else None
        if isinstance(item, Repeat):
            rows = len(value) if isinstance(value, list) else 0
            return ngettext("%(count)s entry", "%(count)s entries", rows) % {"count": rows}
        if not isinstance(item, Question):
            return self._plain(value)
        return registry.get(item.type).formatted(value, item, self.language, self.context.sources)

    def _plain(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if is_unanswered(value):
            return str(_("nothing"))
        if isinstance(value, list):
            return ", ".join(self._plain(part) for part in value)
        return str(value)

    def _name(self, item: AnyItem) -> str:
        if isinstance(item, Note):
            text = localize(item.text, self.language)
            return text if len(text) <= 40 else f"{text[:39]}…"
        return localize(item.texts_of("label"), self.language) or item.key


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
