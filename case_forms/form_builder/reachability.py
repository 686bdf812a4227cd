"""Reachability: conditions that can never hold, and required questions that nobody can reach.

A condition is considered together with the conditions around it (the relevance of its section, repeats, question), and
with those of the questions it reads: one that isn't asked has no answer, and an answer meets its constraint. Only what
is proven is reported (`case_forms.expressions.satisfiability`); nothing else is.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.expressions.satisfiability import can_hold
from case_forms.expressions.type_checker import KindInfo

from .answer_types import get_kinds
from .definition import AnyItem, AskedItem, Form, Problem, Question, Repeat, Section, names_read

Conditions = tuple[Any, ...]
MAX_CONDITIONS = 16  # looked at together; what lies further off is left out, which only makes the proof weaker

ALONE = _("This can never be true.")
TOGETHER = _("This can never be true here: it contradicts the conditions it depends on.")
NEVER_ASKED = _("This must be answered, but no answers lead to it.")
NOT_TYPED = _("This must be answered, but nobody can type an answer: give it a default or an initial value.")


def reach_problems(form: Form) -> list[Problem]:
    """Return the reachability problems of a resolved form that has no other problems."""
    return list(_Reach(form).problems())


class _Reach:
    """One walk in document order.

    `under`: the conditions around each key; `never`: the keys that are never asked.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.kinds: Mapping[str, KindInfo] = get_kinds(form)
        self.under: dict[str, Conditions] = {}
        self.items: dict[str, Question | Repeat] = {}
        self.never: set[str] = set()

    def problems(self) -> Iterator[Problem]:
        for path, section in self.form.iter_sections():
            under, is_reached = yield from self._relevance(section, path, (), is_reached=True)
            yield from self._items(section.items, path, under, is_reached)

    def _items(self, items: tuple[AnyItem, ...], path: str, around: Conditions, is_reached: bool) -> Iterator[Problem]:
        for position, item in enumerate(items):
            here = f"{path}/items/{position}"
            under, is_asked = yield from self._relevance(item, here, around, is_reached=is_reached)
            if not isinstance(item, AskedItem):
                continue
            key = item.key
            self.under[key], self.items[key] = under, item
            if not is_asked:
                self.never.add(key)
            if isinstance(item, Repeat):
                yield from self._items(item.items, here, under, is_asked)
            else:
                yield from self._question(item, here, under, is_asked)

    def _relevance(self, part: Section | AnyItem, path: str, around: Conditions, *, is_reached: bool) -> Any:
        """Yield what is wrong with a relevance.

        Returns (the conditions that the items inside are under, whether they are reached).
        """
        own = part.relevant
        if own is True:
            return around, is_reached
        if is_reached:
            words = self._never(own, around)
            if words:
                yield Problem(f"{path}/relevant", "never_holds", words)
            return (*around, own), not words
        # Conditions inside something unreachable aren't examined: one message at the outermost condition is enough.
        # Required questions inside are still reported.
        return (*around, own), False

    def _question(self, question: Question, path: str, under: Conditions, is_asked: bool) -> Iterator[Problem]:
        required = question.required
        if required is not False and not is_asked:
            yield Problem(f"{path}/required", "unreachable_required", NEVER_ASKED)
        elif required is not False and not _can_be_given(question):
            yield Problem(f"{path}/required", "unreachable_required", NOT_TYPED)
        if not is_asked:
            return
        if not isinstance(required, bool):
            words = self._never(required, under)
            if words:
                yield Problem(f"{path}/required", "never_holds", words)
        if question.constraint is not None:
            # A constraint is only asked about an answer that is there.
            words = self._never(question.constraint.expr, (*under, {"answered": [question.key]}))
            if words:
                yield Problem(f"{path}/constraint/expr", "never_holds", words)

    def _never(self, condition: Any, under: Conditions) -> "str | Promise | None":
        """Return why a condition can never be true, None when it may be."""
        # `is False`: None means that nothing could be proven. Alone first, since that gives the more helpful message.
        if can_hold(condition, self.kinds) is False:
            return ALONE
        known = [condition, *under, *self._known_of(condition, *under)]
        if len(known) > 1 and can_hold({"and": known}, self.kinds) is False:
            return TOGETHER
        return None

    def _known_of(self, *conditions: Any) -> Iterator[Any]:
        """Yield what is known of the questions that these conditions read.

        Goes on to the questions which the conditions of those read.
        """
        left, seen, given = list(conditions), set[str](), 0
        while left and given < MAX_CONDITIONS:
            # Breadth first, so that the bound cuts what is furthest from the condition; sorted, so that the same form
            # always gets the same verdict. `items` holds what the walk has passed.
            for key in sorted(names_read(left.pop(0)) & self.items.keys() - seen):
                seen.add(key)
                for fact in self._facts_of(key):
                    given += 1
                    left.append(fact)
                    yield fact

    def _facts_of(self, key: str) -> Iterator[Any]:
        # Each fact allows for no answer: without it the proof would assume that everything has been answered.
        unanswered = {"!": [{"answered": [key]}]}
        if key in self.never:
            yield unanswered
            return
        if self.under[key]:
            yield {"or": [unanswered, {"and": list(self.under[key])}]}
        item = self.items[key]
        if isinstance(item, Question) and item.constraint is not None:
            yield {"or": [unanswered, item.constraint.expr]}


def _can_be_given(question: Question) -> bool:
    """Return whether an answer can come about on the page.

    A case's reference is filled in when a form begins at a case.
    """
    typed = not question.read_only and question.type != "hidden"
    return typed or question.is_worked_out or question.type == "case_reference"


class Surroundings:
    """The facts that a resolved form states about its questions beside their types, for conditions from elsewhere."""

    def __init__(self, form: Form) -> None:
        self._walk = _Unproven(form)
        for _problem in self._walk.problems():
            pass  # the walk remembers the conditions around each key; problems of the form are reported elsewhere

    def known_of(self, *conditions: Any) -> list[Any]:
        """Return what is known of the questions that these conditions read: when they are asked, what they can hold."""
        read = set().union(*(names_read(condition) for condition in conditions)) if conditions else set()
        return [*self._walk._known_of(*conditions), *(fact for key in sorted(read) for fact in self._given(key))]

    def required_of(self, keys: Iterable[str]) -> list[Any]:
        """Return the facts that these questions are answered where they must be."""
        return [fact for key in keys if key in self._walk.items for fact in self._required(key)]

    def can_be_answered(self, key: str) -> bool:
        item = self._walk.items.get(key)
        return not isinstance(item, Question) or item.type == "calculated" or _can_be_given(item)

    def _required(self, key: str) -> Iterator[Any]:
        item = self._walk.items[key]
        required = isinstance(item, Question) and item.required
        if required is not False:
            under = [condition for condition in (*self._walk.under[key], required) if condition is not True]
            answered = {"answered": [key]}
            yield {"or": [{"!": [{"and": under}]}, answered]} if under else answered

    def _given(self, key: str) -> Iterator[Any]:
        """Yield that a question which nobody can type has the value that it is given."""
        item = self._walk.items.get(key)
        if not isinstance(item, Question):
            return
        untyped = item.read_only or item.type == "hidden"
        # An initial value is an expression and may give anything; only a plain default is certain.
        if untyped and not item.has("initial") and isinstance(item.default, str | int | float):
            yield {"or": [{"!": [{"answered": [key]}]}, {"==": [{"var": key}, item.default]}]}


class _Unproven(_Reach):
    """The walk alone, without proofs."""

    def _never(self, condition: Any, under: Conditions) -> "str | Promise | None":
        return None
