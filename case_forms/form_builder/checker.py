"""The check of a definition: everything that prevents publishing it, each problem with its path.

A definition without problems can be filled. It is parsed once, then the rules (`rules.RULES`) are applied to each part
in document order. Whether conditions can hold is proven (`reachability`) only for a form that meets all the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from . import lists
from .definition import AnyItem, Form, Node, Problem, Question, Repeat, parse_form, shape_problems
from .expressions import ALWAYS_KNOWN, IN_ROWS, Expressions
from .fact_rules import fact_problems
from .fact_types import FactCatalogue
from .lists import Shared, no_shared_lists
from .reachability import reach_problems
from .rules import RULES, Rule, Surrounding


@dataclass(frozen=True)
class CheckedDefinition:
    """A definition after checking.

    `form`: with the choices of its lists written into the questions; None when the definition doesn't have a form's
    shape. `problems`: in document order.
    """

    form: Form | None
    problems: list[Problem]


def check_definition(
    definition: Any, *, shared: Shared = no_shared_lists, facts: FactCatalogue | None = None
) -> list[Problem]:
    """Return every problem of a definition, in document order; empty when it can be published. Never raises.

    `shared` looks up the shared lists that it names, `facts` are the kinds of fact that a case remembers (None: what
    the form says about facts isn't checked); the check itself reads no database.
    """
    return checked(definition, shared=shared, facts=facts).problems


def checked(
    definition: Any, *, shared: Shared = no_shared_lists, facts: FactCatalogue | None = None
) -> CheckedDefinition:
    """Parse, resolve and check a definition. Never raises."""
    draft = parse_form(definition)
    found = shape_problems(definition, draft)
    if found:
        return CheckedDefinition(None, found)
    broken: set[str] = set()
    form = lists.resolved_form(draft, lists.usable(shared, broken))
    # Proofs come last: about conditions that can't be read they would say nothing, or something misleading.
    problems = list(rule_problems(form, broken, facts))
    problems += fact_problems(form, facts) if facts is not None else ()
    problems = problems or [*_lasting_problems(form), *reach_problems(form)]
    return CheckedDefinition(form, problems)


def rule_problems(form: Form, broken_lists: set[str], facts: FactCatalogue | None = None) -> Iterator[Problem]:
    """Find the problems that the rules report of a resolved form.

    `broken_lists`: the shared lists that can't be used, by name.
    """
    yield from _Round(form, broken_lists, facts).problems()


def _lasting_problems(form: Form) -> Iterator[Problem]:
    """Check that whoever begins the form finds something to answer, whatever day it is."""
    if all(section.relevant is not True for section in form.sections):
        words = _("Each section has a condition. At least one must always apply, or nobody can begin the form.")
        yield Problem("/sections/0/relevant", "no_lasting_section", words)


class _Round:
    """One walk through a form that remembers which keys stand before the place it has reached."""

    def __init__(self, form: Form, broken_lists: set[str], facts: FactCatalogue | None) -> None:
        self.form = form
        self.start = Surrounding(form, Expressions(form, facts), broken_lists)

    def problems(self) -> Iterator[Problem]:
        yield from _asked_about(self.form, self.start)
        known = set(ALWAYS_KNOWN)
        for path, section in self.form.iter_sections():
            here = replace(self.start, path=path, known=known)
            yield from _asked_about(section, here)
            yield from self._items(section.items, here, known)
        for position, warning in enumerate(self.form.warnings):
            yield from _asked_about(warning, replace(self.start, path=f"/warnings/{position}", known=known))

    def _items(self, items: tuple[AnyItem, ...], around: Surrounding, known: set[str]) -> Iterator[Problem]:
        """Check the items of a section or of a repeat. `known` grows with them."""
        earlier: dict[str, Question] = {}
        for position, item in enumerate(items):
            path = f"{around.path}/items/{position}"
            here = replace(around, path=path, known=known, earlier=earlier)
            yield from _asked_about(item, here)
            if isinstance(item, Repeat):
                # A copy: what is asked in a row can't be read outside of it, and later rows of the form must not know
                # it.
                inside = known | IN_ROWS
                yield from self._items(item.items, replace(here, within=(*here.within, item.key)), inside)
            if isinstance(item, Question):
                earlier[item.key] = item
            # Only now, behind its own check: nothing may read itself, but for a constraint, which adds its own key.
            if item.is_asked:
                known.add(item.key)


def _asked_about(part: Node, here: Surrounding) -> Iterator[Problem]:
    for rule in RULES_OF.get(type(part), ()):
        yield from rule.check(part, here)


RULES_OF: dict[type[Node], tuple[Rule, ...]] = {
    kind: tuple(rule for rule in RULES if rule.of is kind) for kind in {rule.of for rule in RULES}
}
