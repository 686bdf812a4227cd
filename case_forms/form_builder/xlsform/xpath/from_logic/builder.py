"""The builder of XPath's nodes from JSON-Logic: names, and the registry of which function builds which operator.

The modules beside this one register their operators here, so that none of them has to know the others.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..elements import Element, ElementContext
from ..facts import Keys, operation, variable
from ..nodes import EMPTY, ITSELF, Call, Node, Number, Operation, Path, Ref, Text

NOT_EQUAL_TO_NOTHING = ("text", "date", "choice")


class InexpressibleError(Exception):
    """Raised for what XPath can't express. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TypedNode(NamedTuple):
    """A part of an XPath expression, and the type of its value (elements.KINDS)."""

    node: Node
    kind: str


Build = Callable[["XPathBuilder", list[Any]], TypedNode]
VALUES: dict[str, Build] = {}  # operators that give a number, a text or a day
CONDITIONS: dict[str, Build] = {}  # operators that say whether something is so


def builds_value(*operators: str) -> Callable[[Build], Build]:
    """Register the function that builds these operators' values."""

    def register(build: Build) -> Build:
        VALUES.update(dict.fromkeys(operators, build))
        return build

    return register


def builds_condition(*operators: str) -> Callable[[Build], Build]:
    """Register the function that builds these operators' truth."""

    def register(build: Build) -> Build:
        CONDITIONS.update(dict.fromkeys(operators, build))
        return build

    return register


class XPathBuilder(ElementContext):
    """A builder of the expressions of one element. `attributes`: {attribute: column of the choices sheet}."""

    # ---- what an expression is worth ----

    def value(self, logic: Any) -> TypedNode:
        """Build an expression's value. Raises InexpressibleError."""
        found = operation(logic)
        if found is None:
            return build_constant(logic)
        operator, arguments = found
        name = variable(logic)
        if name is not None:
            return self.reference(name)
        if operator in CONDITIONS:
            return self.condition(logic)
        if operator not in VALUES:
            raise InexpressibleError("no_xpath")
        return VALUES[operator](self, arguments)

    def condition(self, logic: Any) -> TypedNode:
        """Build an expression of which only the truth matters."""
        if isinstance(logic, bool):
            return build_constant(logic)
        found = operation(logic)
        if found is None:
            raise InexpressibleError("no_xpath")
        operator, arguments = found
        if operator in CONDITIONS:
            return CONDITIONS[operator](self, arguments)
        name = variable(logic)
        if name is not None:
            return self.truth_of_answer(name)
        if operator == "missing":
            return self.condition({"or": [{"!": [{"answered": [key]}]} for key in arguments]})
        return build_truth(self.value(logic))

    def truth_of_answer(self, name: str) -> TypedNode:
        """Build the truth of a variable on its own: answered, and neither false nor 0."""
        element = self.find(name)
        if element is not None and element.kind == "yesno":
            return build_operation("=", self.reference(name).node, Text("true"))
        if element is not None and element.kind in ("number", "boolean"):
            return build_truth(self.reference(name))
        return self.condition({"answered": [name]})

    def number(self, logic: Any) -> TypedNode:
        """Build an operand of arithmetic.

        XPath reads a text as a number where one is wanted, as JSON-Logic does.
        """
        found = self.value(logic)
        if found.kind not in ("number", "text", "choice", "boolean") or logic is None:
            raise InexpressibleError("not_a_number")
        return found

    def text(self, logic: Any) -> TypedNode:
        """Build a part of a text."""
        found = self.value(logic)
        if found.kind not in ("number", "text", "choice", "date", "boolean"):
            raise InexpressibleError("not_a_text")
        return found

    def day(self, logic: Any) -> TypedNode:
        """Build a date."""
        if isinstance(logic, str):
            return TypedNode(Call("date", (Text(logic),)), "date")
        found = self.value(logic)
        if found.kind not in ("date", "datetime"):
            raise InexpressibleError("not_a_date")
        return found

    def kind_of(self, logic: Any) -> str:
        """Return the type of an operation's value; "" of a constant."""
        return self.value(logic).kind if isinstance(logic, dict) else ""

    # ---- names ----

    def find_answer(self, logic: Any) -> Element | None:
        """Return the element that a plain {"var": key} reads."""
        name = variable(logic)
        return self.find(name) if name else None

    def reference(self, name: str) -> TypedNode:
        """Build an answer, or one of the variables that are always known."""
        if name == "_today":
            return TypedNode(Call("today"), "date")
        if name == "_now":
            return TypedNode(Call("now"), "datetime")
        # Within [ ], `..` would lead away from the row that is looked at.
        if name == "_position" and self.here.repeats and not self.row:
            return TypedNode(Call("position", (self._path_to_row(),)), "number")
        if self.attributes is not None and name.startswith("choice."):
            column = self.attributes.get(name.removeprefix("choice."))
            if column is None:
                raise InexpressibleError("no_column")
            return TypedNode(Path((column,)), "text")
        element = self.form.keyed.get(name)
        if element is None or element.why_not or element.sort != "question":
            raise InexpressibleError("not_in_the_form")
        return TypedNode(self.name_of(element), element.kind)

    def name_of(self, element: Element) -> Node:
        """Return how the element is read from here.

        ${name}, "." or, in the rows of a condition, the path from the row.
        """
        if element is self.itself:
            return ITSELF
        around = (*self.row.repeats, self.row) if self.row else self.here.repeats
        shared = element.repeats == around[: len(element.repeats)]
        # From outside, a question in a repeat has as many answers as there are rows.
        if not shared or (self.row and len(element.repeats) < len(around)):
            raise InexpressibleError("several_answers")
        return Path(steps_between(self.row, element)) if self.row else Ref(element.name)

    def _path_to_row(self) -> Path:
        """Return the steps from here to the row of the innermost repeat group."""
        steps = []
        for above in self.here.iter_ancestors():
            steps.append("..")
            if above.sort == "repeat":
                break
        return Path(tuple(steps))

    def in_rows(self, repeat: Element) -> "XPathBuilder":
        """Return a builder for a condition that goes through the rows of a repeat group."""
        return XPathBuilder(self.form, self.here, row=repeat)

    def knows(self, keys: Keys | frozenset[str]) -> None:
        self.known |= frozenset(keys)


def steps_between(start: Element, element: Element) -> tuple[str, ...]:
    """Return the names from one element down to another."""
    steps = [element.name]
    for above in element.iter_ancestors():
        if above is start:
            return tuple(reversed(steps))
        steps.append(above.name)
    raise InexpressibleError("several_answers")


# ---- small parts ----


def build_constant(value: Any) -> TypedNode:
    if isinstance(value, bool):
        return TypedNode(Call("true" if value else "false"), "boolean")
    if isinstance(value, int | float):
        return TypedNode(Number(value), "number")
    if value is None:
        return TypedNode(EMPTY, "text")
    if not isinstance(value, str):
        raise InexpressibleError("no_xpath")
    return TypedNode(Text(value), "text")


def build_call(name: str, *arguments: Node, kind: str = "boolean") -> TypedNode:
    return TypedNode(Call(name, arguments), kind)


def build_operation(sign: str, *parts: Node, kind: str = "boolean") -> TypedNode:
    return TypedNode(Operation(sign, parts), kind)


def build_truth(found: TypedNode) -> TypedNode:
    """Build whether a value counts as true."""
    if found.kind == "boolean":
        return found
    if found.kind == "number":
        return build_call("boolean", found.node)
    if found.kind in NOT_EQUAL_TO_NOTHING:
        return build_operation("!=", found.node, EMPTY)
    raise InexpressibleError("no_xpath")
