"""The converter of XPath's nodes to JSON-Logic, with the registry of which function converts which call.

The modules beside this one register functions, operations and idioms here, so that none has to know the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..nodes import Call, Filtered, Node, Number, Operation, Path, Ref, Text, XPathError
from ..null_guards import guarantees
from .coercion import as_boolean, as_number, as_text
from .scope import Scope, begins_at_rows
from .typed import Rows, TypedLogic, build, build_literal

ARITHMETIC = {"+": "+", "-": "-", "*": "*", "div": "/", "mod": "%"}
FROM_FILES = frozenset({"pulldata", "instance", "search", "last-saved"})

ConvertCall = Callable[["Converter", Call], TypedLogic]
ConvertOperation = Callable[["Converter", Operation], TypedLogic]
FindIdiom = Callable[["Converter", Any], TypedLogic | None]


@dataclass(frozen=True)
class Function:
    """How a function of XPath is converted, and how many arguments it takes."""

    convert: ConvertCall
    fewest: int
    most: int


FUNCTIONS: dict[str, Function] = {}
OPERATIONS: dict[str, ConvertOperation] = {}
IDIOMS: dict[tuple[type, str], list[FindIdiom]] = {}  # of Call or Operation, by its name or sign


def converts_function(name: str, fewest: int, most: int | None = None) -> Callable[[ConvertCall], ConvertCall]:
    """Register the converter of a function that takes so many arguments."""

    def register(convert: ConvertCall) -> ConvertCall:
        FUNCTIONS[name] = Function(convert, fewest, fewest if most is None else most)
        return convert

    return register


def converts_operation(*signs: str) -> Callable[[ConvertOperation], ConvertOperation]:
    """Register the converter of operations with these signs."""

    def register(convert: ConvertOperation) -> ConvertOperation:
        OPERATIONS.update(dict.fromkeys(signs, convert))
        return convert

    return register


def finds_idiom(sort: type[Call | Operation], *names: str) -> Callable[[FindIdiom], FindIdiom]:
    """Register a function that recognises an idiom among calls or operations with these names.

    The first that finds one decides.
    """

    def register(find: FindIdiom) -> FindIdiom:
        for name in names:
            IDIOMS.setdefault((sort, name), []).append(find)
        return find

    return register


class Converter(Scope):
    """A converter of the expressions of one element."""

    def value(self, node: Node) -> TypedLogic | Rows:
        """Convert a node to one value or to several. Raises XPathError."""
        if isinstance(node, Number | Text):
            return build_literal(node.value)
        if isinstance(node, Ref):
            return self.read(self.get_named(node), node.at)
        if isinstance(node, Path):
            return self.path(node)
        if isinstance(node, Filtered):
            return self.filtered(node)
        # Idioms first: the functions in them would be converted one by one otherwise, correctly but unreadably.
        for find_idiom in IDIOMS.get((type(node), node.name if isinstance(node, Call) else node.sign), ()):
            found = find_idiom(self, node)
            if found is not None:
                return found
        if isinstance(node, Call):
            return self.call(node)
        return self.operation(node)

    def scalar(self, node: Node) -> TypedLogic:
        """Convert to one value. Raises XPathError where there are several answers at once."""
        found = self.value(node)
        if isinstance(found, Rows):
            raise XPathError("several_answers", node.at)
        return found

    def boolean(self, node: Node) -> TypedLogic:
        return as_boolean(self.scalar(node))

    def number(self, node: Node) -> TypedLogic:
        return as_number(self.scalar(node), node.at)

    def text(self, node: Node) -> TypedLogic:
        return as_text(self.scalar(node), node.at)

    def rows(self, node: Node) -> Rows:
        found = self.value(node)
        if not isinstance(found, Rows):
            raise XPathError("no_rows", node.at)
        return found

    # ---- calls and operations ----

    def call(self, node: Call) -> TypedLogic:
        """Convert a call.

        Raises XPathError: unknown_function, wrong_arguments, and what the function itself can't take.
        """
        if node.name in FROM_FILES:
            raise XPathError("from_a_file", node.at, name=node.name)
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise XPathError("unknown_function", node.at, name=node.name[:60])
        if not function.fewest <= len(node.arguments) <= function.most:
            raise XPathError("wrong_arguments", node.at, name=node.name)
        return function.convert(self, node)

    def operation(self, node: Operation) -> TypedLogic:
        if node.sign in ("and", "or"):
            return self.joined(node)
        if node.sign == "negative":
            return build("-", self.number(node.parts[0]), kind="number")
        if node.sign in ARITHMETIC:
            return self.arithmetic(node)
        return OPERATIONS[node.sign](self, node)

    def joined(self, node: Operation) -> TypedLogic:
        """Convert `and` and `or`. What an `and` has asked before counts as known after it."""
        before, parts = self.known, []
        for part in node.parts:
            parts.append(self.boolean(part))
            if node.sign == "and":
                self.known |= guarantees(parts[-1].logic)
        self.known = before
        return build(node.sign, *parts, kind="boolean")

    def given(self, condition: TypedLogic, convert: Callable[[Node], Any], node: Node) -> Any:
        """Convert `node` where the condition is known to hold."""
        before = self.known
        self.known |= guarantees(condition.logic)
        try:
            return convert(node)
        finally:
            self.known = before

    def arithmetic(self, node: Operation) -> TypedLogic:
        parts = [self.scalar(part) for part in node.parts]
        days = [part.kind in ("date", "datetime") or part.day is not None for part in parts]
        if node.sign == "-" and all(days):
            start, end = (as_number(part, node.at).day for part in reversed(parts))
            return build("days_between", start, end, kind="number")
        numbers = [as_number(part, node.at) for part in parts]
        result = build(ARITHMETIC[node.sign], *numbers, kind="number")
        if len(parts) == 2 and node.sign in ("+", "-") and any(days) and not (node.sign == "-" and days[1]):
            return self._moved_day(result, numbers, node.sign)
        return result

    def _moved_day(self, result: TypedLogic, numbers: list[TypedLogic], sign: str) -> TypedLogic:
        """Return a date and so many days: a number to XPath, which `date()` or a comparison makes a date again."""
        start, days = numbers if numbers[0].day is not None else reversed(numbers)
        if days.is_literal and isinstance(days.logic, int | float):
            if days.logic != int(days.logic):
                return result
            days = build_literal(-int(days.logic) if sign == "-" else int(days.logic))
        elif not self.is_whole(days):
            return result
        elif sign == "-":
            days = build("-", days, kind="number")
        day = build("add_days", start.day, days, kind="date")
        return TypedLogic(result.logic, "number", result.size, day=day)

    # ---- nodesets ----

    def path(self, node: Path) -> TypedLogic | Rows:
        if not begins_at_rows(node):
            return self.read_path(node)
        assert node.base is not None
        rows = self.value(node.base)
        if not isinstance(rows, Rows):
            raise XPathError("no_rows", node.at)
        return self.read_below(rows, node)

    def filtered(self, node: Filtered) -> Rows:
        """Convert base[condition]. Raises XPathError where the base isn't plain rows."""
        rows = self.value(node.base)
        # A second condition on the same rows has no counterpart in `Rows`.
        if not isinstance(rows, Rows) or rows.value is not None or rows.condition is not None:
            raise XPathError("no_rows", node.at)
        # A converter of its own: what is known outside of the rows says nothing about each of them.
        condition = Converter(self.form, self.here, row=rows.repeat).scalar(node.condition)
        if condition.kind == "number":
            raise XPathError("position_in_brackets", node.condition.at)
        return Rows(rows.rows, rows.repeat, rows.size, as_boolean(condition))
