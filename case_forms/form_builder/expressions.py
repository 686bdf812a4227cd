"""The check of an expression at its place: names that it can't read there, types that don't fit."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import get_current_language
from case_forms.expressions import SETTING_PREFIX, LogicError, references
from case_forms.expressions import problems as expression_problems
from case_forms.expressions.type_checker import ANY, KindInfo, kind_problems
from case_forms.questions import registry
from case_forms.questions.base import text_in

from .answer_types import choice_kind, get_kind, get_kinds
from .definition import AskedItem, Form, Problem, Question, Repeat
from .fact_types import KNOWN, FactCatalogue
from .references import Circles, Node, parts_read, unknown_in_rows

# `_known`: the facts of the case that the form names (`fact_rules` checks which of them)
ALWAYS_KNOWN = frozenset({"_today", "_occurred_on", "_now", KNOWN})
IN_ROWS = frozenset({"_position"})
# what an organisation has chosen in its procedure: read by conditions of sharing and by warnings
SETTING = re.escape(SETTING_PREFIX) + r"[a-z][a-z0-9_]{0,63}"
# what the case room knows of the case that a form names: its status, whether it is followed as a child's, the keys of
# the forms it holds, and by office the bases on which a consent is on record
OF_THE_CASE: Mapping[str, KindInfo] = {
    "_case_status": KindInfo("text"),
    "_case_child": KindInfo("boolean"),
    "_case_forms": KindInfo("choices"),
    "_case_consent": ANY,
}
WORDS: dict[str, "str | Promise"] = {
    "unknown_reference": _("This refers to something that is not a question of the form."),
    "forward_reference": _("This refers to a question that comes later in the form."),
    "dependency_cycle": _("This depends on a question that itself depends on this one."),
    "out_of_scope": _("This refers to a question inside a repeat group from outside of it."),
    "computed_reference": _("A question's key must be written out."),
    "unknown_operator": _("There is no such operator."),
    "bad_pattern": _("This pattern can't be used."),
    "too_deep": _("This expression is nested too deep."),
    "too_large": _("This expression is too large."),
}
# of each result a value that it can be compared with; days may come as texts
VALUES_OF: dict[str, tuple[Any, ...]] = {
    "text": ("x",),
    "integer": (7,),
    "decimal": (7,),
    "boolean": (True,),
    "date": ({"today": []}, "x"),
}


def settings_read(rule: Any) -> dict[str, KindInfo]:
    """Return the settings of procedures that a condition of sharing or a warning reads.

    Which settings exist, procedures say (`dependents`).
    """
    try:
        read = references(rule) if isinstance(rule, dict) else frozenset()
    except LogicError:
        return {}
    return {name: KindInfo("text") for name in read if re.fullmatch(SETTING, name)}


def kinds_of_facts(facts: FactCatalogue) -> dict[str, KindInfo]:
    """Return what `_known` can hold, for checking conditions that read it."""
    return {KNOWN: KindInfo("object", rows={key: get_kind(fact.question) for key, fact in facts.items()})}


class Expressions:
    """The expressions of one resolved form. `within`: the keys of the repeats around a place."""

    def __init__(self, form: Form, facts: FactCatalogue | None = None) -> None:
        self.circles = Circles(form)
        self.rows: dict[str, frozenset[str]] = {}
        self.labels: dict[str, str] = {}
        self.reader = get_current_language()
        self.kinds = {**get_kinds(form), **kinds_of_facts(facts or {})}
        self.labels |= {f"{KNOWN}.{key}": text_in(fact.label, self.reader) for key, fact in (facts or {}).items()}
        self.top = form.answer_keys
        for located in form.iter_items():
            item = located.item
            if isinstance(item, AskedItem):
                self.labels[item.key] = text_in(item.label, self.reader).strip() or item.key
            if isinstance(item, Repeat):
                self.rows[item.key] = frozenset(inner.key for inner in item.asked_items)

    def problems(
        self,
        expression: Any,
        path: str,
        known: Collection[str],
        *,
        within: tuple[str, ...] = (),
        node: Node = "",
        more: Mapping[str, KindInfo] | None = None,
    ) -> Iterator[Problem]:
        """Find the problems of an expression at a place; true and false are valid anywhere.

        `path`: where it is written; `known`: the keys before it; `more`: types that only this place knows; `node`: the
        part of the form that depends on it, "" when none does.
        """
        if isinstance(expression, bool):
            return
        found = expression_problems(expression, known=known)
        for problem in found:
            code, _colon, reference = problem.partition(": ")
            if code == "unknown_reference":
                code = self._kind_of_reference(reference, node, within)
            yield Problem(path, code, WORDS.get(code, _("This is not an expression.")))
        # Types are only inferred for expressions whose names and operators are known.
        if found:
            return
        if any(unknown_in_rows(expression, self.rows)):
            words = _("The rows of the group that this looks through have no such question.")
            yield Problem(path, "unknown_reference", words)
        kinds = {**self.kinds, **(more or {})}
        for code, told, _variable in kind_problems(expression, kinds, labels=self.labels, language=self.reader):
            yield Problem(path, code, told)

    def of_filter(
        self, question: Question, path: str, before: Collection[str], within: tuple[str, ...]
    ) -> Iterator[Problem]:
        """Find the problems of the question's `choice_filter`, which reads `choice` too."""
        if not question.is_filtered or question.type not in registry.names():
            return
        choice, here = choice_kind(question), f"{path}/choice_filter"
        known = {*before, "choice"}
        yield from self.problems(
            question.choice_filter, here, known, within=within, node=question.key, more={"choice": choice}
        )
        # A misspelt attribute would be null for every choice, and the question would offer none.
        if set(parts_read(question.choice_filter, "choice")) - set(choice.rows or ()):
            words = _("The choices have nothing with this name.")
            yield Problem(here, "unknown_reference", words)

    def of_result(self, question: Question, path: str) -> Iterator[Problem]:
        """Find whether a valid calculation gives another type than the question's `result`."""
        calculation = question.calculation
        # The type checker compares types, it doesn't name them: the calculation is compared with a value of each type
        # that the result may have, and fits when one comparison is in order.
        alike = [{"===": [calculation, value]} for value in VALUES_OF.get(question.result, ())]
        if kind_problems(calculation, self.kinds) or not alike:
            return
        codes = [{code for code, _words, _variable in kind_problems(compared, self.kinds)} for compared in alike]
        if all("type_mismatch" in found for found in codes):
            yield Problem(
                f"{path}/result", "type_mismatch", _("The calculation gives a different type than this result.")
            )

    def reachable_from(self, within: tuple[str, ...]) -> frozenset[str]:
        """Return every key that can be read at a place when the whole form has been answered."""
        return self.top | {name for repeat in within for name in self.rows[repeat]}

    def _kind_of_reference(self, name: str, node: Node, within: tuple[str, ...]) -> str:
        reachable = name in self.reachable_from(within)
        # Said first: moving the question, as "comes later in the form" suggests, can't end a circle.
        if node and reachable and self.circles.holds(node, name):
            return "dependency_cycle"
        if name in IN_ROWS or (not reachable and any(name in keys for keys in self.rows.values())):
            return "out_of_scope"
        return "forward_reference" if reachable else "unknown_reference"
