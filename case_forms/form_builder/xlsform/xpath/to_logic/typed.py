"""A part of an expression on its way to JSON-Logic: its logic, its type, and how large it has become."""

from dataclasses import dataclass, replace
from typing import Any

from ..elements import Element
from ..nodes import XPathError

MAX_SIZE = 2_000  # parts; case_forms.expressions takes no more


@dataclass(frozen=True)
class TypedLogic:
    """One value.

    `kind` as in elements.KINDS; `element`: the question whose answer this is; `day`: the same as a date, when a number
    stands for one (XPath counts dates in days since 1970).
    """

    logic: Any
    kind: str = "text"
    size: int = 1
    element: Element | None = None
    day: "TypedLogic | None" = None

    @property
    def is_literal(self) -> bool:
        return not isinstance(self.logic, dict | list)

    def as_kind(self, kind: str) -> "TypedLogic":
        return replace(self, kind=kind, element=None)


@dataclass(frozen=True)
class Rows:
    """Several nodes: the rows of a repeat group, or one question's answers in each of them.

    `rows`: JSON-Logic of the list; `condition`: what a row must meet; `value`: what is read in each row, None for the
    rows.
    """

    rows: Any
    repeat: Element
    size: int
    condition: TypedLogic | None = None
    value: Any = None
    kind: str = "rows"
    is_always_asked: bool = True

    def reading(self, element: Element, grows_by: int) -> "Rows":
        """Return the same rows, of which one question's answers are read."""
        return replace(
            self,
            size=self.size + grows_by,
            value=element.read,
            kind=element.kind,
            is_always_asked=element.is_always_asked,
        )

    @property
    def listed(self) -> TypedLogic:
        """The list of rows or values."""
        some = self.rows if self.condition is None else {"filter": [self.rows, self.condition.logic]}
        size = self.size + (self.condition.size + 1 if self.condition else 0)
        if self.value is None:
            return TypedLogic(some, "rows", size)
        return TypedLogic({"map": [some, self.value]}, "rows", size + 2)


def build(operator: str, *arguments: Any, kind: str = "text") -> TypedLogic:
    """Build {operator: arguments}. Each argument is TypedLogic, or a constant or list of constants.

    Raises XPathError when it has become too large: parts that stand in it twice count twice.
    """
    logic = [argument.logic if isinstance(argument, TypedLogic) else argument for argument in arguments]
    size = 1 + sum(argument.size if isinstance(argument, TypedLogic) else _size(argument) for argument in arguments)
    # Counted while it grows: parts are shared objects here, and only writing them out would show their size.
    if size > MAX_SIZE:
        raise XPathError("expression_too_large", most=MAX_SIZE)
    return TypedLogic({operator: logic}, kind, size)


def _size(constant: Any) -> int:
    return 1 + sum(map(_size, constant)) if isinstance(constant, list) else 1


def build_literal(value: Any) -> TypedLogic:
    if isinstance(value, bool):
        return TypedLogic(value, "boolean")
    return TypedLogic(value, "number" if isinstance(value, int | float) else "text")
