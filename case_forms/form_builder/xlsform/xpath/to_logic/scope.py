"""The scope of one element: what its expressions can read, and as which JSON-Logic."""

from typing import Any

from ..elements import Element, ElementContext
from ..facts import facts
from ..nodes import Call, Path, Ref, XPathError
from .typed import Rows, TypedLogic


class Scope(ElementContext):
    """The look-up of names from where one element stands. `attributes`: {column of the choices sheet: attribute}."""

    def get_named(self, ref: Ref) -> Element:
        """Return the one element with this name. Raises XPathError: unknown_name, ambiguous_name."""
        named = self.form.named.get(ref.name, [])
        if not named:
            raise XPathError("unknown_name", ref.at, name=ref.name)
        if len(named) > 1:
            raise XPathError("ambiguous_name", ref.at, name=ref.name)
        return named[0]

    def is_whole(self, value: TypedLogic) -> bool:
        """Return whether it is always a whole number."""
        return facts(value.logic, self.find).whole

    def is_there(self, value: TypedLogic) -> bool:
        """Return whether it always has a value here."""
        needs = facts(value.logic, self.find).needs
        return needs is not None and self.known.issuperset(needs)

    def read(self, element: Element, at: int) -> TypedLogic | Rows:
        """Return what an element is worth here: one answer, or one per row of the repeats between here and there."""
        if element.why_not:
            raise XPathError(element.why_not, at, name=element.name)
        if element.logic is not None and not element.key:
            return TypedLogic(element.logic, element.kind, element=element)
        if element.sort == "group":
            raise XPathError("group_read", at, name=element.name)
        around = (*self.row.repeats, self.row) if self.row else self.here.repeats
        # Repeats that are around both are one and the same row: only those beyond them have several answers.
        shared = 0
        while shared < min(len(around), len(element.repeats)) and around[shared] is element.repeats[shared]:
            shared += 1
        # In the rows of a loop JSON-Logic sees the row's own keys and nothing around it.
        if self.row and shared < len(around):
            raise XPathError("outside_of_rows", at, name=element.name)
        between = element.repeats[shared:]
        if element.sort == "repeat":
            return Rows(_all_rows([*between, element]), element, size=4 * len(between) + 2)
        if not between:
            return TypedLogic(element.read, element.kind, 2, element=element)
        return Rows(_all_rows(list(between)), between[-1], size=6 * len(between)).reading(element, grows_by=0)

    def read_path(self, node: Path) -> TypedLogic | Rows:
        """Return what a path that doesn't begin at rows is worth here."""
        is_single = node.base is None and not node.is_absolute and len(node.steps) == 1
        if is_single and node.steps == (".",):
            if self.itself is None:
                raise XPathError("no_itself", node.at)
            return TypedLogic(self.itself.read, self.itself.kind, 2, element=self.itself)
        if is_single and self.attributes is not None:
            return self._read_attribute(node)
        start = self.here
        if node.is_absolute:
            start = self.form.root
        elif self.row and node.base is None:
            start = self.row
        steps = node.steps[1:] if node.is_absolute else node.steps
        return self.read(walk(start, steps, node.at), node.at)

    def _read_attribute(self, node: Path) -> TypedLogic:
        """Return a bare name in a choice filter: a column of the choices sheet."""
        name = node.steps[0]
        assert self.attributes is not None
        if name not in self.attributes:
            raise XPathError("no_column", node.at, name=name)
        return TypedLogic({"var": f"choice.{self.attributes[name]}"}, "text", 2)

    @staticmethod
    def read_below(rows: Rows, node: Path) -> Rows:
        """Return answers in the rows of a repeat group: ${r}/name, ${r}[condition]/name."""
        if rows.value is not None:
            raise XPathError("no_rows", node.at)
        element = walk(rows.repeat, node.steps, node.at)
        between = element.repeats[len(rows.repeat.repeats) + 1 :]
        if element.why_not or element.sort == "group":
            raise XPathError(element.why_not or "group_read", node.at, name=element.name)
        if not between and element.sort == "question":
            return rows.reading(element, grows_by=2)
        inner = [*between, *([element] if element.sort == "repeat" else [])]
        listed = rows.listed
        for repeat in inner:
            listed = TypedLogic(_rows_inside(listed.logic, repeat), "rows", listed.size + 12)
        found = Rows(listed.logic, inner[-1], listed.size, is_always_asked=element.is_always_asked)
        return found if element.sort == "repeat" else found.reading(element, grows_by=0)

    def today(self) -> TypedLogic:
        """Return today; in the rows of a loop only the operator knows it."""
        return TypedLogic({"today": []} if self.row else {"var": "_today"}, "date", 2)


def begins_at_rows(node: Path) -> bool:
    """Return whether a path goes on from a nodeset; current() is where the expression stands."""
    return node.base is not None and not (isinstance(node.base, Call) and node.base.name == "current")


def walk(start: Element, steps: tuple[str, ...], at: int) -> Element:
    """Return the element at the end of a path. Raises XPathError: unknown_name."""
    element: Element | None = start
    for step in steps:
        if element is None:
            break
        if step == "..":
            element = element.parent
        elif step != ".":
            element = element.children.get(step)
    if element is None:
        raise XPathError("unknown_name", at, name="/".join(steps))
    return element


def _all_rows(repeats: list[Element]) -> Any:
    """Return all rows of the last of these repeats, each inside the one before."""
    rows: Any = {"var": repeats[0].key}
    for repeat in repeats[1:]:
        rows = _rows_inside(rows, repeat)
    return rows


def _rows_inside(rows: Any, inner: Element) -> Any:
    """Return the rows of a repeat inside others, all in one list."""
    current = {"var": "current"}
    # A row whose inner repeat was never asked has no list there.
    some = {"if": [current, current, []]}
    return {"reduce": [{"map": [rows, {"var": inner.key}]}, {"merge": [{"var": "accumulator"}, some]}, []]}
