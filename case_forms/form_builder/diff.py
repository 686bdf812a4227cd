"""The differences between two definitions, for people: parts added, removed, moved and changed, in words. Pure.

Parts are identified by their keys, so a part whose key changed counts as one removed and one added.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .definition import AnyItem, Form, Repeat, Section
from .details import Detail, details
from .fact_types import FactCatalogue
from .problem_locations import get_name
from .sentences import Sentences


@dataclass(frozen=True)
class Difference:
    """One difference.

    `change`: added, removed, moved, changed; `what`: form, section, question, note, repeat, list. A part that moved and
    changed is one difference: "moved", with details. `place`: what it lies in, outermost first, as people call it;
    `came_from`: where it was before.
    """

    change: str
    what: str
    key: str
    name: str
    place: tuple[str, ...] = ()
    came_from: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A section or item and what it lies in, outermost first."""

    part: Section | AnyItem
    what: str
    around: tuple[Section | Repeat, ...]

    @property
    def id(self) -> tuple[str, str]:
        return ("section" if self.what == "section" else "item"), self.part.key

    @property
    def parent(self) -> str:
        return self.around[-1].key if self.around else ""


def differences(old: Form, new: Form, *, language: str, facts: FactCatalogue | None = None) -> list[Difference]:
    """Return the differences in the order of the new form, removed parts where they stood.

    `facts`: the catalogue, for naming the facts that questions write and rules read.
    """
    before, after = dict(_first_of_each(_placed(old))), dict(_first_of_each(_placed(new)))
    said_before, said_after = Sentences(old, language, facts), Sentences(new, language, facts)
    moved = _moved(before, after)
    found: list[Difference] = []

    def seen(change: str, place: Placed, came_from: Placed | None = None, more: Iterable[Detail] = ()) -> None:
        found.append(
            Difference(
                change,
                place.what,
                place.part.key,
                get_name(place.part, language),
                tuple(get_name(part, language) for part in place.around),
                tuple(get_name(part, language) for part in came_from.around) if came_from else (),
                tuple(more),
            )
        )

    form = tuple(details(old.stored, new.stored, said_before, said_after))
    if form:
        found.append(Difference("changed", "form", new.key, get_name(new, language), details=form))
    for known, there in _merged(before, after):
        if known not in after:
            seen("removed", there)
        elif known not in before:
            seen("added", there)
        else:
            was, now = before[known].part.stored, after[known].part.stored
            changed = tuple(details(was, now, said_before, said_after))
            if known in moved:
                seen("moved", there, before[known], changed)
            elif changed:
                seen("changed", there, None, changed)
    found += _lists(old, new, said_before, said_after, language)
    return found


def _placed(form: Form) -> Iterator[Placed]:
    for section in form.sections:
        if isinstance(section.stored, dict):  # what is no object at all can't be compared
            yield Placed(section, "section", ())
            yield from _items(section.items, (section,))


def _items(items: Iterable[AnyItem], around: tuple[Section | Repeat, ...]) -> Iterator[Placed]:
    for item in items:
        if isinstance(item.stored, dict):
            yield Placed(item, item.item, around)
        if isinstance(item, Repeat):
            yield from _items(item.items, (*around, item))


def _first_of_each(places: Iterable[Placed]) -> Iterator[tuple[tuple[str, str], Placed]]:
    """Yield the first place of each (type, key).

    A working copy may have a key twice; then the second is skipped.
    """
    known = set()
    for place in places:
        if place.id not in known:
            known.add(place.id)
            yield place.id, place


def _merged(before: dict, after: dict) -> Iterator[tuple[tuple[str, str], Placed]]:
    """Yield the new parts in order, each removed one behind the part that stood before it."""
    left: dict[Any, list] = {}
    behind = None
    for known in before:
        if known in after:
            behind = known
        else:
            left.setdefault(behind, []).append(known)
    for known in left.get(None, ()):
        yield known, before[known]
    for known, place in after.items():
        yield known, place
        for gone in left.get(known, ()):
            yield gone, before[gone]


def _moved(before: dict, after: dict) -> set[tuple[str, str]]:
    """Return what lies in another part than before, and the fewest that must have changed places within one."""
    both = [known for known in after if known in before]
    moved = {known for known in both if before[known].parent != after[known].parent}
    positions = {known: position for position, known in enumerate(before)}
    by_parent: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for known in both:
        if known not in moved:
            by_parent.setdefault((known[0], after[known].parent), []).append(known)
    for siblings in by_parent.values():
        # Moving one question to the front shifts all others; only the one that doesn't fit the old order is called
        # moved.
        in_order = _longest_rising([positions[known] for known in siblings])
        moved |= {known for known in siblings if positions[known] not in in_order}
    return moved


def _longest_rising(numbers: list[int]) -> set[int]:
    """Return the numbers of a longest increasing subsequence; all numbers differ."""
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        # Patience sorting. Counting instead of bisecting is quadratic, which the few hundred parts of one parent allow.
        low = sum(1 for end in ends if end < number)
        previous[number] = ends[low - 1] if low else None
        # `ends[n]` is the smallest number that a rising run of n + 1 can end with.
        ends[low:] = [number] if low == len(ends) else [number, *ends[low + 1 :]]
    in_order: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        in_order.add(last)
        last = previous[last]
    return in_order


def _lists(old: Form, new: Form, before: Sentences, after: Sentences, language: str) -> Iterator[Difference]:
    """Compare the form's own lists of choices."""
    was, now = old.lists, new.lists
    for key in [*now, *(key for key in was if key not in now)]:
        name = get_name(now[key] if key in now else was[key], language, key)
        if key not in was or key not in now:
            yield Difference("added" if key in now else "removed", "list", key, name)
        elif changed := tuple(details(was[key].stored, now[key].stored, before, after)):
            yield Difference("changed", "list", key, name, details=changed)
