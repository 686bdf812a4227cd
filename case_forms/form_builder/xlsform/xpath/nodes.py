"""What an XPath expression is made of, and what can be wrong with one.

`at` is where a node begins in the text. Nodes that say the same are equal wherever they stand.
"""

from dataclasses import dataclass, field
from typing import Any


class XPathError(Exception):
    """An expression that can't be read or carried over. `at` counts characters from 0; `values` fill in the words."""

    def __init__(self, code: str, at: int = 0, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
        self.values = values


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """${name}"""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: "tuple[Node, ...]"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """`sign`: or and = != < <= > >= + - * div mod, with two parts or (or, and, +, *) more; "negative" with one."""

    sign: str
    parts: "tuple[Node, ...]"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps such as "..", "name", ".": from `base` when there is one, from the root when absolute, else from here."""

    steps: tuple[str, ...]
    base: "Node | None" = None
    is_absolute: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Filtered:
    """base[condition]: those of its nodes for which the condition holds."""

    base: "Node"
    condition: "Node"
    at: int = field(default=0, compare=False)


Node = Number | Text | Ref | Call | Operation | Path | Filtered
