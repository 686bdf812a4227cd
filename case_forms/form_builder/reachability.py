"""Which conditions can never hold, and which required questions nobody ever reaches.

A condition is looked at together with what it stands under (the relevance of its section, repeats, question), and with
what the questions it reads stand under: one that isn't asked has no answer, and an answer fits its constraint.
Only what is proven is told (`case_forms.expressions.possible`); what can't be said is let pass.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.expressions.kinds import KindInfo
from case_forms.expressions.possible import can_hold

from .answer_types import get_kinds
from .outline import Definition, is_worked_out
from .references import names_read
from .shapes import Problem

Item = dict[str, Any]
Conditions = tuple[Any, ...]
MAX_CONDITIONS = 16  # looked at together; what lies further off is left out, which only makes the proof weaker

ALONE = _("This can never be true.")
TOGETHER = _("This can never be true here: it contradicts the conditions it depends on.")
NEVER_ASKED = _("This must be answered, but no answers lead to it.")
NOT_TYPED = _("This must be answered, but nobody can type an answer: give it a default or an initial value.")


def reach_problems(definition: Definition) -> list[Problem]:
    """Problems of a resolved definition that has no others."""
    return list(_Reach(definition).problems())


class _Reach:
    """One walk in document order. `under`: the conditions each key stands under; `never`: the keys never asked."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.kinds: Mapping[str, KindInfo] = get_kinds(definition)
        self.under: dict[str, Conditions] = {}
        self.items: dict[str, Item] = {}
        self.never: set[str] = set()

    def problems(self) -> Iterator[Problem]:
        for position, section in enumerate(self.definition["sections"]):
            path = f"/sections/{position}"
            under, is_reached = yield from self._relevance(section, path, (), is_reached=True)
            yield from self._items(section["items"], path, under, is_reached)

    def _items(self, items: list[Item], path: str, around: Conditions, is_reached: bool) -> Iterator[Problem]:
        for position, item in enumerate(items):
            here = f"{path}/items/{position}"
            under, is_asked = yield from self._relevance(item, here, around, is_reached=is_reached)
            if item["item"] == "note":
                continue
            key = item["key"]
            self.under[key], self.items[key] = under, item
            if not is_asked:
                self.never.add(key)
            if item["item"] == "repeat":
                yield from self._items(item["items"], here, under, is_asked)
            else:
                yield from self._question(item, here, under, is_asked)

    def _relevance(self, part: Item, path: str, around: Conditions, *, is_reached: bool) -> Any:
        """Yields what is wrong with the relevance; gives (what its items stand under, whether they are reached)."""
        own = part.get("relevant", True)
        if own is True:
            return around, is_reached
        if is_reached:
            words = self._never(own, around)
            if words:
                yield Problem(f"{path}/relevant", "never_holds", words)
            return (*around, own), not words
        return (*around, own), False

    def _question(self, question: Item, path: str, under: Conditions, is_asked: bool) -> Iterator[Problem]:
        required = question.get("required", False)
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
        if "constraint" in question:
            words = self._never(question["constraint"]["expr"], (*under, {"answered": [question["key"]]}))
            if words:
                yield Problem(f"{path}/constraint/expr", "never_holds", words)

    def _never(self, condition: Any, under: Conditions) -> "str | Promise | None":
        """Why a condition can never be true, None when it may."""
        if can_hold(condition, self.kinds) is False:
            return ALONE
        known = [condition, *under, *self._known_of(condition, *under)]
        if len(known) > 1 and can_hold({"and": known}, self.kinds) is False:
            return TOGETHER
        return None

    def _known_of(self, *conditions: Any) -> Iterator[Any]:
        """What is known of the questions that these read, and of those that their conditions read."""
        left, seen, given = list(conditions), set[str](), 0
        while left and given < MAX_CONDITIONS:
            for key in sorted(names_read(left.pop(0)) & self.items.keys() - seen):
                seen.add(key)
                for fact in self._facts_of(key):
                    given += 1
                    left.append(fact)
                    yield fact

    def _facts_of(self, key: str) -> Iterator[Any]:
        unanswered = {"!": [{"answered": [key]}]}
        if key in self.never:
            yield unanswered
            return
        if self.under[key]:
            yield {"or": [unanswered, {"and": list(self.under[key])}]}
        if "constraint" in self.items[key]:
            yield {"or": [unanswered, self.items[key]["constraint"]["expr"]]}


def _can_be_given(question: Item) -> bool:
    """Whether an answer can come about on the page. A case's reference is filled in when a form begins at a case."""
    typed = question.get("read_only") is not True and question["type"] != "hidden"
    return typed or is_worked_out(question) or question["type"] == "case_reference"


class Surroundings:
    """What a resolved definition says of its questions beside their kinds, for conditions that come from elsewhere."""

    def __init__(self, definition: Definition) -> None:
        self._walk = _Unproven(definition)
        for _problem in self._walk.problems():
            pass  # the walk remembers what each key stands under; what is wrong with the form is told elsewhere

    def known_of(self, *conditions: Any) -> list[Any]:
        """What is known of the questions that these conditions read: when they are asked, what they can hold."""
        read = set().union(*(names_read(condition) for condition in conditions)) if conditions else set()
        return [*self._walk._known_of(*conditions), *(fact for key in sorted(read) for fact in self._given(key))]

    def required_of(self, keys: Iterable[str]) -> list[Any]:
        """That these are answered where they must be."""
        return [fact for key in keys if key in self._walk.items for fact in self._required(key)]

    def can_be_answered(self, key: str) -> bool:
        item = self._walk.items.get(key)
        return item is None or item["item"] == "repeat" or item["type"] == "calculated" or _can_be_given(item)

    def _required(self, key: str) -> Iterator[Any]:
        required = self._walk.items[key].get("required", False)
        if required is not False:
            under = [condition for condition in (*self._walk.under[key], required) if condition is not True]
            answered = {"answered": [key]}
            yield {"or": [{"!": [{"and": under}]}, answered]} if under else answered

    def _given(self, key: str) -> Iterator[Any]:
        """What nobody can type is what it is given."""
        item = self._walk.items.get(key, {})
        untyped = item.get("read_only") is True or item.get("type") == "hidden"
        if untyped and "initial" not in item and isinstance(item.get("default"), str | int | float):
            yield {"or": [{"!": [{"answered": [key]}]}, {"==": [{"var": key}, item["default"]]}]}


class _Unproven(_Reach):
    """The walk alone."""

    def _never(self, condition: Any, under: Conditions) -> "str | Promise | None":
        return None
