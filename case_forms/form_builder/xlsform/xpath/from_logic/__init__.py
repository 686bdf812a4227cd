"""JSON-Logic to XPath, as XLSForms write it. Either it means the same, or InexpressibleError is raised.

The other direction returns the same expression again for what people build (tests/test_round_trip.py).
"""

from typing import Any

from ..elements import Element, FormElements
from ..nodes import Node
from ..printer import TooLongError, print_xpath
from . import comparisons, conditions, rows, values  # each registers the operators that it builds
from .builder import InexpressibleError, TypedNode, XPathBuilder

__all__ = [
    "InexpressibleError",
    "TypedNode",
    "build_value",
    "comparisons",
    "condition_to_node",
    "condition_to_xpath",
    "conditions",
    "node_to_xpath",
    "rows",
    "value_to_xpath",
    "values",
]  # fmt: skip


def build_value(logic: Any, form: FormElements, here: Element, **context: Any) -> TypedNode:
    """Build the expression's value as nodes, with its type. `context`: see XPathBuilder."""
    return XPathBuilder(form, here, **context).value(logic)


def condition_to_node(logic: Any, form: FormElements, here: Element, **context: Any) -> Node:
    """Build nodes that are true when the expression is. Raises InexpressibleError."""
    return XPathBuilder(form, here, **context).condition(logic).node


def value_to_xpath(logic: Any, form: FormElements, here: Element, **context: Any) -> str:
    """Write XPath with the value of the expression. Raises InexpressibleError."""
    return node_to_xpath(build_value(logic, form, here, **context).node)


def condition_to_xpath(logic: Any, form: FormElements, here: Element, **context: Any) -> str:
    """Write XPath that is true when the expression is. Raises InexpressibleError."""
    return node_to_xpath(condition_to_node(logic, form, here, **context))


def node_to_xpath(node: Node) -> str:
    """Print the nodes. Raises InexpressibleError when the text could not be read back."""
    try:
        return print_xpath(node)
    except TooLongError:
        raise InexpressibleError("too_long") from None
