"""Where in an XLSForm a name stands, and what its answer is. Both ways of converting look names up here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# what an answer is: those of QuestionType.value_kind, and two of our own. "yesno" is a question whose answer is true or
# false to us and the choice "true" or "false" to an XLSForm; "rows" is a repeat group.
KINDS = (
    *("number", "text", "date", "datetime", "time", "boolean", "choice", "choices", "object", "none"),
    *("yesno", "rows"),
)


@dataclass(eq=False)
class Place:
    """A question, group or repeat. `name`: in the XLSForm; `key`: in the definition ("grid.row" for a matrix's row).

    logic: what reads it, when that isn't {"var": key}; why_not: a code when it can't be read at all;
    is_always_asked: whether each row of its innermost repeat has it; whole, least: what is known of a number;
    choices: (value here, value in the XLSForm, label in the form's first language).
    """

    name: str
    sort: str = "question"  # root, group, repeat or question
    parent: "Place | None" = None
    key: str = ""
    kind: str = "none"
    logic: Any = None
    why_not: str = ""
    is_always_asked: bool = True
    whole: bool = False
    least: float | None = None
    choices: tuple[tuple[str, str, str], ...] = ()
    children: dict[str, "Place"] = field(default_factory=dict)

    def add(self, place: "Place") -> "Place":
        place.parent = self
        self.children.setdefault(place.name, place)
        return place

    @property
    def ancestors(self) -> "Iterator[Place]":
        """The innermost first, this one not included."""
        place = self.parent
        while place is not None:
            yield place
            place = place.parent

    @property
    def repeats(self) -> "tuple[Place, ...]":
        """The repeat groups around it, the outermost first."""
        return tuple(reversed([place for place in self.ancestors if place.sort == "repeat"]))

    @property
    def read(self) -> Any:
        """JSON-Logic that reads it where its innermost repeat's row is in scope."""
        return {"var": self.key} if self.logic is None else self.logic

    def value_of(self, written: str) -> str:
        """The choice's value here, of the one written in the XLSForm."""
        return next((value for value, other, _label in self.choices if other == written), written)

    def written(self, value: str) -> str:
        """The choice's value in the XLSForm."""
        return next((other for own, other, _label in self.choices if own == value), value)


class Form:
    """All places of a form: `root`, and those of each name."""

    def __init__(self) -> None:
        self.root = Place("data", sort="root")
        self.named: dict[str, list[Place]] = {}
        self.keyed: dict[str, Place] = {}

    def add(self, place: Place, parent: Place) -> Place:
        parent.add(place)
        self.named.setdefault(place.name, []).append(place)
        if place.key:
            self.keyed.setdefault(place.key, place)
        return place

    def give_key(self, place: Place, key: str) -> None:
        place.key = key
        self.keyed.setdefault(key, place)
