"""A whole form: its sections and items, with look-ups by key and by path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import StrictInt, StrictStr

from .limits import AUDIENCES, FORMAT, KINDS, MAX_LANGUAGES, MAX_LISTS, MAX_SECTIONS, MAX_WARNINGS
from .nodes import (
    AnyItem,
    ChoiceList,
    Node,
    Question,
    Repeat,
    Section,
    SendWarning,
    Shape,
    Texts,
    needed,
)
from .value_checks import language, list_of, name, one_of, texts


@dataclass(frozen=True, slots=True)
class LocatedItem:
    """An item and where it stands. `path`: its JSON pointer; `repeats`: the groups around it, the outermost first."""

    path: str
    section: Section
    repeats: tuple[Repeat, ...]
    item: AnyItem

    @property
    def question(self) -> Question:
        """The item, for those who iterate over questions."""
        if not isinstance(self.item, Question):
            raise TypeError(f"{self.path} is no question")
        return self.item

    @property
    def repeat(self) -> Repeat | None:
        """The innermost repeat around the item, None outside of any."""
        return self.repeats[-1] if self.repeats else None


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """One place in the answers where a question can be answered. `value` is None when it isn't.

    rows: the position in each repeat, the outermost first; scope: what lies over the answers there.
    """

    located: LocatedItem
    rows: tuple[int, ...]
    value: Any
    scope: Mapping[str, Any]

    @property
    def question(self) -> Question:
        return self.located.question

    @property
    def path(self) -> str:
        """A JSON pointer: /answers/household/0/children/1/age."""
        steps = [f"{repeat.key}/{row}/" for repeat, row in zip(self.located.repeats, self.rows, strict=True)]
        return f"/answers/{''.join(steps)}{self.question.key}"


class Form(Node):
    """A form definition. Everything that walks through it is worked out once and shared."""

    format: Annotated[StrictInt, needed(one_of(FORMAT))] = FORMAT
    key: Annotated[StrictStr, needed(name)] = ""
    kind: Annotated[StrictStr, needed(one_of(*KINDS))] = ""
    audience: Annotated[StrictStr, Shape(one_of(*AUDIENCES))] = "staff"
    title: Annotated[Texts, needed(texts)] = {}
    intro: Annotated[Texts, Shape(texts)] = {}
    languages: Annotated[tuple[StrictStr, ...], needed(list_of(language, MAX_LANGUAGES))] = ()
    lists: Annotated[dict[StrictStr, ChoiceList], Shape(entries=MAX_LISTS)] = {}
    sections: Annotated[tuple[Section, ...], Shape(is_needed=True, entries=MAX_SECTIONS)] = ()
    warnings: Annotated[tuple[SendWarning, ...], Shape(entries=MAX_WARNINGS)] = ()

    # ---- walking ----

    def iter_items(self) -> Iterator[LocatedItem]:
        """Every item in document order, depth first: a repeat, then what stands in it."""
        return iter(self._located)

    def iter_questions(self) -> Iterator[LocatedItem]:
        """Every question in document order, those inside repeats included."""
        return (located for located in self._located if isinstance(located.item, Question))

    def iter_repeats(self) -> Iterator[Repeat]:
        """Every repeat in document order, those inside others included."""
        return (located.item for located in self._located if isinstance(located.item, Repeat))

    def iter_sections(self) -> Iterator[tuple[str, Section]]:
        """(JSON pointer, section) in document order."""
        return ((f"/sections/{position}", section) for position, section in enumerate(self.sections))

    def iter_answer_places(self, answers: Mapping[str, Any]) -> Iterator[AnswerPlace]:
        """Every place where these answers can answer a question, row by row, in document order."""
        for section in self.sections:
            yield from self._places(section.items, (), answers, {})

    @cached_property
    def _located(self) -> tuple[LocatedItem, ...]:
        return tuple(
            located for path, section in self.iter_sections() for located in _locate(section.items, path, section, ())
        )

    def _places(
        self, items: tuple[AnyItem, ...], rows: tuple[int, ...], answers: Mapping[str, Any], scope: Mapping[str, Any]
    ) -> Iterator[AnswerPlace]:
        for item in items:
            if isinstance(item, Question):
                yield AnswerPlace(self._located_by_id[id(item)], rows, answers.get(item.key), scope)
            elif isinstance(item, Repeat):
                for index, row in enumerate(answers.get(item.key) or ()):
                    within = {**scope, **row, "_position": index + 1}
                    yield from self._places(item.items, (*rows, index), row, within)

    @cached_property
    def _located_by_id(self) -> Mapping[int, LocatedItem]:
        return {id(located.item): located for located in self._located}

    # ---- look-ups ----

    @cached_property
    def by_key(self) -> Mapping[str, LocatedItem]:
        """Items by key. A draft may have a key twice; then the first has it."""
        found: dict[str, LocatedItem] = {}
        for located in self._located:
            found.setdefault(located.item.key, located)
        return found

    @cached_property
    def questions_by_key(self) -> Mapping[str, LocatedItem]:
        """Questions by key. Where a draft has a key twice, the last has it."""
        return {located.item.key: located for located in self.iter_questions()}

    @cached_property
    def answer_keys(self) -> frozenset[str]:
        """The keys an answers object may have: questions outside repeats, and the outermost repeats."""
        return frozenset(item.key for item in self.outer_items if item.is_asked)

    @cached_property
    def outer_items(self) -> tuple[AnyItem, ...]:
        """The items outside repeats, the repeats themselves included, of all sections."""
        return tuple(item for section in self.sections for item in section.items)

    def get_question(self, key: str) -> Question | None:
        """The question of this key, wherever it stands."""
        located = self.questions_by_key.get(key)
        return located.question if located else None

    def get_section(self, key: str) -> Section | None:
        """The first section of this key."""
        return next((section for section in self.sections if section.key == key), None)

    def parts_at(self, path: str) -> list[Section | AnyItem]:
        """The section and items around a JSON pointer into the definition, the outermost first; empty for the form."""
        found: list[Section | AnyItem] = []
        here: Any = self
        steps = path.split("/")[1:]
        for holder, position in zip(steps[::2], steps[1::2], strict=False):
            inside = getattr(here, holder, ()) if holder in ("sections", "items") else ()
            if not position.isdigit() or int(position) >= len(inside):
                break
            here = inside[int(position)]
            found.append(here)
        return found


def _locate(
    items: tuple[AnyItem, ...], path: str, section: Section, repeats: tuple[Repeat, ...]
) -> Iterator[LocatedItem]:
    for position, item in enumerate(items):
        here = f"{path}/items/{position}"
        yield LocatedItem(here, section, repeats, item)
        if isinstance(item, Repeat):
            yield from _locate(item.items, here, section, (*repeats, item))
