"""The nodes that an XPath expression consists of, and the error for one that can't be used.

`at` is where a node begins in the text. Nodes that say the same are equal wherever they stand.
"""

from dataclasses import dataclass, field
from typing import Any


class XPathError(Exception):
    """Raised for an expression that can't be read or carried over.

    `at` counts characters from 0; `values` fill in the message.
    """

    def __init__(self, code: str, at: int = 0, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
        self.values = values


@dataclass(frozen=True, slots=True)
class Number:
    """A number written out."""

    value: int | float
    # Not compared: the converters recognise patterns by comparing nodes, wherever they stand in the text.
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference: ${name}."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function."""

    name: str
    arguments: "tuple[Node, ...]" = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands.

    `sign`: or and = != < <= > >= + - * div mod, with two parts or (or, and, +, *) more; "negative" with one.
    """

    sign: str
    parts: "tuple[Node, ...]"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Path:
    """A path of steps such as "..", "name", ".".

    It begins at `base` when there is one, at the root when absolute, else at the element of the expression.
    """

    steps: tuple[str, ...]
    base: "Node | None" = None
    is_absolute: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Filtered:
    """base[condition]: those of the base's nodes for which the condition holds."""

    base: "Node"
    condition: "Node"
    at: int = field(default=0, compare=False)


Node = Number | Text | Ref | Call | Operation | Path | Filtered

EMPTY = Text("")
ITSELF = Path((".",))


def get_children(node: Node) -> "tuple[Node, ...]":
    """Return the nodes directly inside this one, in the order of the text."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Operation):
        return node.parts
    if isinstance(node, Filtered):
        return (node.base, node.condition)
    if isinstance(node, Path) and node.base is not None:
        return (node.base,)
    return ()


def replace_refs(node: Node, given: dict[str, Node]) -> Node:
    """Return the node with each ${name} replaced by the node given for it."""
    if isinstance(node, Ref):
        return given.get(node.name, node)
    if isinstance(node, Call):
        return Call(node.name, tuple(replace_refs(each, given) for each in node.arguments))
    if isinstance(node, Operation):
        return Operation(node.sign, tuple(replace_refs(each, given) for each in node.parts))
    if isinstance(node, Filtered):
        return Filtered(replace_refs(node.base, given), replace_refs(node.condition, given))
    if isinstance(node, Path) and node.base is not None:
        return Path(node.steps, replace_refs(node.base, given))
    return node
