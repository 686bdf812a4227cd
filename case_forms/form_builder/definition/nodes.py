"""The parts of a form definition as typed, immutable nodes, made once by `parse.parse_form`.

A node has every property under its Python name; a property that isn't stored has the default that the format gives it
(docs/form-definition.md). `has` tells "not there" from "there, and the same as the default": the two are stored
differently, and a version's sha256 is over what is stored. `stored` is the part as JSON again, property by property.

A draft may be damaged. A property whose value has the wrong type reads as its default and stays unchanged in `stored`.
An entry that is no part at all becomes an empty one (`Unreadable` among items), so that the positions of the others,
and with them the JSON pointers, still count.

Each field also declares, in its `Shape`, what the stored value must look like; `shape.shape_problems` reads the rules
of shape from here, so that a property is declared in one place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from case_forms import expressions
from case_forms.json_nodes import Node, Texts
from notifications.briefs.parts import parts

from .limits import (
    DEFAULT_MAX_ROWS,
    FILE_KINDS,
    KEEP_BASES,
    MAX_ATTRIBUTES,
    MAX_CHOICES,
    MAX_ITEMS,
    MAX_MATRIX_ROWS,
    MAX_MONTHS_STORED,
    MAX_ROWS,
    RESULTS,
    SENSITIVITIES,
)
from .value_checks import (
    Check,
    by_name,
    condition,
    list_of,
    name,
    one_of,
    only_false,
    only_true,
    plain_json,
    sharing,
    text,
    texts,
    whole,
)

PART_KEYS = tuple(parts())  # what a question can be for in a brief
Attributes = dict[StrictStr, StrictStr]
Expression = Any  # JSON of the expression language; read it, never change it
Condition = StrictBool | dict[StrictStr, Any]
# What is worked out about an item while its section is filled in, beside the constraint on its answer.
CONDITIONS = ("relevant", "required", "initial", "calculation", "choice_filter")


@dataclass(frozen=True)
class Shape:
    """The required shape of a property's stored value.

    `entries`: how many parts it may hold, where it holds any.
    """

    check: Check | None = None
    is_needed: bool = False
    entries: int = 0


def needed(check: Check) -> Shape:
    return Shape(check, is_needed=True)


@cache
def text_names(model: type[Node]) -> tuple[str, ...]:
    """Return the stored names of the properties that are texts by language, in their order."""
    fields = model.model_fields.items()
    return tuple(
        field.alias or own
        for own, field in fields
        if any(isinstance(extra, Shape) and extra.check is texts for extra in field.metadata)
    )


def _read_names(rule: Expression) -> frozenset[str] | None:
    try:
        return expressions.references(rule)
    except expressions.LogicError:
        return None


class Choice(Node):
    """One of the choices of a question or a list.

    `attributes` is what choice filters read, for example {"region": "vlore"}.
    """

    value: Annotated[StrictStr, Shape(text)] = ""
    label: Annotated[Texts, needed(texts)] = {}
    exclusive: Annotated[StrictBool, Shape(only_true)] = False
    attributes: Annotated[Attributes, Shape(by_name(text, MAX_ATTRIBUTES))] = Field(default={}, alias="with")


class ChoiceList(Node):
    """A list of choices that several questions of the form share."""

    title: Annotated[Texts, Shape(texts)] = {}
    choices: Annotated[tuple[Choice, ...], Shape(is_needed=True, entries=MAX_CHOICES)] = ()


class MatrixRow(Node):
    """One row of a matrix."""

    value: Annotated[StrictStr, Shape(text)] = ""
    label: Annotated[Texts, needed(texts)] = {}


class Constraint(Node):
    """The condition that an answer must meet, and the message when it doesn't."""

    expr: Annotated[Condition, needed(condition)] = True
    message: Annotated[Texts, needed(texts)] = {}


class Item(Node):
    """Anything that stands in a section or in a repeat: a question, a note, a repeat."""

    is_asked: ClassVar[bool] = False  # whether it has a place in the answers

    item: str
    key: str = ""
    relevant: Condition = True

    @cached_property
    def reads(self) -> frozenset[str]:
        """The keys that its expressions read. Raises LogicError for one that isn't in the language."""
        return frozenset[str]().union(*(expressions.references(each) for each in self._expressions()))

    def _expressions(self) -> Iterator[Expression]:
        found = (self.properties.get(name) for name in CONDITIONS)
        yield from (each for each in found if each is not None and not isinstance(each, bool))


class Question(Item):
    """One question. Which properties mean something depends on its type (`case_forms.questions`)."""

    is_asked: ClassVar[bool] = True

    item: Annotated[Literal["question"], needed(one_of("question"))] = "question"
    key: Annotated[StrictStr, needed(name)] = ""
    type: Annotated[StrictStr, needed(name)] = ""
    label: Annotated[Texts, needed(texts)] = {}
    recipient_label: Annotated[Texts, Shape(texts)] = {}
    hint: Annotated[Texts, Shape(texts)] = {}
    required: Annotated[Condition, Shape(condition)] = False
    relevant: Annotated[Condition, Shape(condition)] = True
    constraint: Annotated[Constraint | None, Shape(entries=1)] = None
    default: Annotated[Any, Shape(plain_json)] = None
    initial: Annotated[Expression, Shape(plain_json)] = None
    read_only: Annotated[StrictBool, Shape(only_true)] = False
    sensitivity: Annotated[StrictStr, Shape(one_of(*SENSITIVITIES))] = ""
    shared_with: Annotated[dict[StrictStr, Any], Shape(sharing)] = {}
    paper: Annotated[StrictBool, Shape(only_false)] = True
    brief_part: Annotated[StrictStr, Shape(one_of(*PART_KEYS))] = ""
    keep_for: Annotated[StrictInt | None, Shape(whole(1, MAX_MONTHS_STORED))] = None
    keep_basis: Annotated[StrictStr, Shape(one_of(*KEEP_BASES))] = ""
    writes_fact: Annotated[StrictStr, Shape(name)] = ""
    filled_from_fact: Annotated[StrictStr, Shape(name)] = ""
    appearance: Annotated[StrictStr, Shape(name)] = ""
    choices: Annotated[tuple[Choice, ...], Shape(entries=MAX_CHOICES)] = ()
    choices_from: Annotated[StrictStr, Shape(name)] = ""
    from_list: Annotated[StrictStr, Shape(name)] = Field(default="", alias="list")
    choice_filter: Annotated[Condition, Shape(condition)] = True
    rows: Annotated[tuple[MatrixRow, ...], Shape(entries=MAX_MATRIX_ROWS)] = ()
    of: Annotated[StrictStr, Shape(name)] = ""
    min: Annotated[Any, Shape(plain_json)] = None
    max: Annotated[Any, Shape(plain_json)] = None
    step: Annotated[Any, Shape(plain_json)] = None
    low_label: Annotated[Texts, Shape(texts)] = {}
    high_label: Annotated[Texts, Shape(texts)] = {}
    max_length: Annotated[StrictInt | None, Shape(whole(1, 20_000))] = None
    calculation: Annotated[Expression, Shape(plain_json)] = None
    result: Annotated[StrictStr, Shape(one_of(*RESULTS))] = "text"
    coarsen: Annotated[StrictStr, Shape(one_of("municipality"))] = ""
    accept: Annotated[tuple[StrictStr, ...], Shape(list_of(one_of(*FILE_KINDS), len(FILE_KINDS)))] = ()

    def _expressions(self) -> Iterator[Expression]:
        yield from super()._expressions()
        if self.constraint is not None and not isinstance(self.constraint.expr, bool):
            yield self.constraint.expr

    @property
    def is_typed(self) -> bool:
        """Whether people are asked for the answer; a read-only or hidden one is set by the server or a program only."""
        return not self.read_only and self.type not in ("hidden", "calculated")

    @property
    def has_own_value(self) -> bool:
        """Whether the question defines its answer for when nobody gives one."""
        return self.has("default") or self.has("initial")

    @property
    def is_filtered(self) -> bool:
        """Whether a condition chooses which of the choices are offered."""
        return self.has("choice_filter")

    @cached_property
    def sharing_reads(self) -> Mapping[str, frozenset[str] | None]:
        """The names that each condition of `shared_with` reads, by its role; None where it isn't in the language."""
        return {role: _read_names(rule) for role, rule in self.shared_with.items() if isinstance(rule, dict)}

    @property
    def is_worked_out(self) -> bool:
        """Whether the server provides the answer and nobody types it; then it is in the answers of programs, too."""
        return (self.read_only or self.type == "hidden") and self.has_own_value


class Note(Item):
    """Text between the questions. Nobody answers it."""

    item: Annotated[Literal["note"], needed(one_of("note"))] = "note"
    key: Annotated[StrictStr, needed(name)] = ""
    text: Annotated[Texts, needed(texts)] = {}
    relevant: Annotated[Condition, Shape(condition)] = True


class Repeat(Item):
    """A repeat group: items that are asked once for each row."""

    is_asked: ClassVar[bool] = True

    item: Annotated[Literal["repeat"], needed(one_of("repeat"))] = "repeat"
    key: Annotated[StrictStr, needed(name)] = ""
    label: Annotated[Texts, needed(texts)] = {}
    hint: Annotated[Texts, Shape(texts)] = {}
    min: Annotated[StrictInt, Shape(whole(0, MAX_ROWS))] = 0
    max: Annotated[StrictInt, Shape(whole(1, MAX_ROWS))] = DEFAULT_MAX_ROWS
    relevant: Annotated[Condition, Shape(condition)] = True
    items: Annotated["tuple[StoredItem, ...]", Shape(is_needed=True, entries=MAX_ITEMS)] = ()

    @property
    def asked_items(self) -> "Iterator[Question | Repeat]":
        """The items that have a place in the answers."""
        return (item for item in self.items if isinstance(item, Question | Repeat))


class Unreadable(Item):
    """An entry of a damaged draft that is no question, note or repeat; `stored` holds it unchanged."""


AnyItem = Question | Note | Repeat | Unreadable
AskedItem = Question | Repeat  # what has a place in the answers
StoredItem = Annotated[Question | Note | Repeat, Field(discriminator="item")]


class Section(Node):
    """One page of the form."""

    key: Annotated[StrictStr, needed(name)] = ""
    title: Annotated[Texts, needed(texts)] = {}
    recipient_title: Annotated[Texts, Shape(texts)] = {}
    intro: Annotated[Texts, Shape(texts)] = {}
    relevant: Annotated[Condition, Shape(condition)] = True
    items: Annotated[tuple[StoredItem, ...], Shape(is_needed=True, entries=MAX_ITEMS)] = ()


class SendWarning(Node):
    """A question asked before sending, about answers that may be right but that the sender must confirm."""

    key: Annotated[StrictStr, needed(name)] = ""
    when: Annotated[Condition, needed(condition)] = True
    message: Annotated[Texts, needed(texts)] = {}
    question: Annotated[StrictStr, Shape(name)] = ""
