"""A part of an expression on its way to JSON-Logic: what it says, of which kind it is, and how large it has become."""

from dataclasses import dataclass, replace
from typing import Any

from .nodes import XPathError
from .places import Place

LARGEST = 2_000  # parts; case_forms.expressions takes no more


@dataclass(frozen=True)
class Typed:
    """`kind` as in places.KINDS. `place`: the question whose answer this is. `day`: the same as a date, when a number
    stands for one (XPath counts dates in days since 1970)."""

    logic: Any
    kind: str = "text"
    size: int = 1
    place: Place | None = None
    day: "Typed | None" = None

    @property
    def is_literal(self) -> bool:
        return not isinstance(self.logic, dict | list)

    def as_kind(self, kind: str) -> "Typed":
        return replace(self, kind=kind, place=None)


@dataclass(frozen=True)
class Rows:
    """Several nodes: the rows of a repeat group, or one question's answers in each of them.

    rows: JSON-Logic of the list; condition: what a row must fulfil; value: what is read in each row, None for the rows.
    """

    rows: Any
    repeat: Place
    size: int
    condition: Typed | None = None
    value: Any = None
    kind: str = "rows"
    is_always_asked: bool = True

    @property
    def listed(self) -> Typed:
        """The list of rows or values."""
        some = self.rows if self.condition is None else {"filter": [self.rows, self.condition.logic]}
        size = self.size + (self.condition.size + 1 if self.condition else 0)
        if self.value is None:
            return Typed(some, "rows", size)
        return Typed({"map": [some, self.value]}, "rows", size + 2)


def made(operator: str, *arguments: Any, kind: str = "text") -> Typed:
    """{operator: arguments}. Each argument is Typed, or a constant or list of constants. Raises XPathError when it has
    become too large: parts that stand in it twice count twice."""
    logic = [argument.logic if isinstance(argument, Typed) else argument for argument in arguments]
    size = 1 + sum(argument.size if isinstance(argument, Typed) else _size(argument) for argument in arguments)
    if size > LARGEST:
        raise XPathError("expression_too_large", most=LARGEST)
    return Typed({operator: logic}, kind, size)


def _size(constant: Any) -> int:
    return 1 + sum(map(_size, constant)) if isinstance(constant, list) else 1


def literal(value: Any) -> Typed:
    if isinstance(value, bool):
        return Typed(value, "boolean")
    return Typed(value, "number" if isinstance(value, int | float) else "text")
