"""The printer of XPath expressions from their nodes, with parentheses where the operators need them.

`parse(print_xpath(node)) == node` for what the parser can return (tests/test_xpath_printer.py).
"""

from collections.abc import Iterator
from decimal import Decimal

from .nodes import Call, Node, Number, Operation, Path, Ref, Text

OR, AND, EQUAL, ORDER, PLUS, TIMES, NEGATIVE, ATOM = range(1, 9)
BINDING = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("=", "!="), EQUAL),
    **dict.fromkeys(("<", "<=", ">", ">="), ORDER),
    **dict.fromkeys(("+", "-"), PLUS),
    **dict.fromkeys(("*", "div", "mod"), TIMES),
    "negative": NEGATIVE,
}
LEFT_TO_RIGHT = frozenset({"-", "div", "mod", "<", "<=", ">", ">="})  # "a - b - c" is "(a - b) - c"
MAX_PRINTED = 9_000  # characters; what is longer could not be read back


class TooLongError(Exception):
    """Raised when the expression has more than MAX_PRINTED characters."""


def print_xpath(node: Node) -> str:
    """Return the expression as text. Raises TooLongError as soon as there is too much of it."""
    pieces: list[str] = []
    length = 0
    # Piece by piece: what stands in an expression twice can double it again and again (docs/adr/0086).
    for piece in _pieces(node):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_PRINTED:
            raise TooLongError
    return "".join(pieces)


def quote(text: str) -> str:
    """Return a text in quotes; XPath has no way to write both kinds in one."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = [f"'{part}'" for part in text.split("'")]
    return "concat(" + ', "\'", '.join(parts) + ")"


def format_number(value: int | float) -> str:
    """Write a number with digits, a point and a sign; XPath knows no exponents."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _binding(node: Node) -> int:
    """Return how strongly the outermost operator of a node binds."""
    if isinstance(node, Operation):
        return BINDING[node.sign]
    return NEGATIVE if isinstance(node, Number) and node.value < 0 else ATOM


def _pieces(node: Node) -> Iterator[str]:
    if isinstance(node, Number):
        yield format_number(node.value)
    elif isinstance(node, Text):
        yield quote(node.value)
    elif isinstance(node, Ref):
        yield f"${{{node.name}}}"
    elif isinstance(node, Call):
        yield f"{node.name}("
        for position, argument in enumerate(node.arguments):
            yield ", " if position else ""
            yield from _pieces(argument)
        yield ")"
    elif isinstance(node, Operation):
        yield from _operation(node)
    elif isinstance(node, Path):
        yield from _path(node)
    else:
        yield from _within(node.base, NEGATIVE)
        yield "["
        yield from _pieces(node.condition)
        yield "]"


def _operation(node: Operation) -> Iterator[str]:
    binding = BINDING[node.sign]
    if node.sign == "negative":
        yield "-"
        yield from _within(node.parts[0], binding)
        return
    for position, part in enumerate(node.parts):
        yield f" {node.sign} " if position else ""
        # The left operand of such an operator needs no parentheses around an operator of its own strength; the right
        # one does.
        is_left = position == 0 and node.sign in LEFT_TO_RIGHT
        yield from _within(part, binding - 1 if is_left else binding)


def _within(node: Node, binding: int) -> Iterator[str]:
    """Print a node as an operand of an operator that binds so strongly."""
    if _binding(node) > binding:
        yield from _pieces(node)
        return
    yield "("
    yield from _pieces(node)
    yield ")"


def _path(node: Path) -> Iterator[str]:
    steps = "/".join(node.steps)
    if node.base is not None:
        yield from _within(node.base, NEGATIVE)
        yield f"/{steps}"
    else:
        yield f"/{steps}" if node.is_absolute else steps
