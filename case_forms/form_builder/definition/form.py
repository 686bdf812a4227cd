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
    """An item and where it stands in the form.

    `path`: its JSON pointer; `repeats`: the repeat groups around it, the outermost first.
    """

    path: str
    section: Section
    repeats: tuple[Repeat, ...]
    item: AnyItem

    @property
    def question(self) -> Question:
        """The item as a question. Raises TypeError when it is something else."""
        if not isinstance(self.item, Question):
            raise TypeError(f"{self.path} is no question")
        return self.item

    @property
    def repeat(self) -> Repeat | None:
        """The innermost repeat around the item, None outside of any."""
        return self.repeats[-1] if self.repeats else None


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """One place in the answers where a question can be answered.

    `value`: the answer, None when there is none; `rows`: the position in each repeat, the outermost first; `scope`: the
    values that expressions see there in addition to the answers.
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
        """The JSON pointer to the answer, for example /answers/household/0/children/1/age."""
        steps = [f"{repeat.key}/{row}/" for repeat, row in zip(self.located.repeats, self.rows, strict=True)]
        return f"/answers/{''.join(steps)}{self.question.key}"


class Form(Node):
    """A form definition. Whatever walking through it yields is computed once and shared by all readers."""

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
        """Iterate over every item in document order, depth first: a repeat, then the items inside it."""
        return iter(self._located)

    def iter_questions(self) -> Iterator[LocatedItem]:
        """Iterate over every question in document order, those inside repeats included."""
        return (located for located in self._located if isinstance(located.item, Question))

    def iter_repeats(self) -> Iterator[Repeat]:
        """Iterate over every repeat in document order, those inside others included."""
        return (located.item for located in self._located if isinstance(located.item, Repeat))

    def iter_sections(self) -> Iterator[tuple[str, Section]]:
        """Iterate over (JSON pointer, section) in document order."""
        return ((f"/sections/{position}", section) for position, section in enumerate(self.sections))

    def iter_answer_places(self, answers: Mapping[str, Any]) -> Iterator[AnswerPlace]:
        """Iterate over every place where these answers can answer a question, row by row, in document order."""
        for section in self.sections:
            yield from self._places(section.items, (), answers, {})

    def iter_answers_of(self, kind: str, answers: Mapping[str, Any]) -> Iterator[AnswerPlace]:
        """Iterate over the places as above of questions of this type alone. Most forms have none of a rare one."""
        if kind in self._types:
            yield from (place for place in self.iter_answer_places(answers) if place.question.type == kind)

    @cached_property
    def _types(self) -> frozenset[str]:
        return frozenset(located.question.type for located in self.iter_questions())

    @cached_property
    def shares_on_conditions(self) -> bool:
        """Whether any answer is shared on a condition."""
        return any(located.question.sharing_reads for located in self.iter_questions())

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
                    # `_position` counts from 1, as position(..) of XLSForms does.
                    within = {**scope, **row, "_position": index + 1}
                    yield from self._places(item.items, (*rows, index), row, within)

    @cached_property
    def _located_by_id(self) -> Mapping[int, LocatedItem]:
        # By identity: a draft may have a key twice, and nodes that are equal still stand at different places. The form
        # holds its nodes for as long as this mapping lives, so no id is used again.
        return {id(located.item): located for located in self._located}

    # ---- look-ups ----

    @cached_property
    def by_key(self) -> Mapping[str, LocatedItem]:
        """Items by key. A draft may have a key twice; then the first one wins."""
        found: dict[str, LocatedItem] = {}
        for located in self._located:
            found.setdefault(located.item.key, located)
        return found

    @cached_property
    def questions_by_key(self) -> Mapping[str, LocatedItem]:
        """Questions by key. Where a draft has a key twice, the last one wins."""
        return {located.item.key: located for located in self.iter_questions()}

    @cached_property
    def answer_keys(self) -> frozenset[str]:
        """The keys that an answers object may have: questions outside repeats, and the outermost repeats."""
        return frozenset(item.key for item in self.outer_items if item.is_asked)

    @cached_property
    def outer_items(self) -> tuple[AnyItem, ...]:
        """The items outside repeats, the repeats themselves included, of all sections."""
        return tuple(item for section in self.sections for item in section.items)

    def get_question(self, key: str) -> Question | None:
        """Return the question with this key, inside repeats too; None when there is none."""
        located = self.questions_by_key.get(key)
        return located.question if located else None

    def get_section(self, key: str) -> Section | None:
        """Return the first section with this key."""
        return next((section for section in self.sections if section.key == key), None)

    def parts_at(self, path: str) -> list[Section | AnyItem]:
        """Return the section and items around a JSON pointer into the definition, the outermost first.

        Empty for a pointer to the form itself.
        """
        found: list[Section | AnyItem] = []
        here: Any = self
        steps = path.split("/")[1:]
        # Steps come in pairs: "sections", "2", "items", "0". A pointer into a part ends with a property's name, which
        # has no partner and is left out.
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
