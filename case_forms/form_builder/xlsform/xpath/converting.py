"""XPath to JSON-Logic. The meaning is kept, that of no answer too: docs/xlsform.md has the table.

An unanswered question is an empty text to XPath, and no number; here it is null, and null counts as 0 in an order.
Where that makes a difference the converted expression asks `answered` first.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .comparing import equal, in_order
from .facts import facts
from .functions import call
from .guarding import guarantees
from .idioms import idiom
from .nodes import Call, Filtered, Node, Number, Operation, Path, Ref, Text, XPathError
from .parsing import parse
from .places import Form, Place
from .typed import Rows, Typed, literal, made
from .values import as_boolean, as_number

ORDERS = frozenset({"<", "<=", ">", ">="})
ARITHMETIC = {"+": "+", "-": "-", "*": "*", "div": "/", "mod": "%"}


def converted(written: str, form: Form, here: Place, **context: Any) -> Typed:
    """An expression's value where `here` stands. `context`: see Converter. Raises XPathError, and nothing else."""
    return Converter(form, here, **context).scalar(parse(written))


def converted_condition(written: str, form: Form, here: Place, **context: Any) -> Any:
    """JSON-Logic that is true when the expression is. Raises XPathError, and nothing else."""
    return Converter(form, here, **context).boolean(parse(written)).logic


class Converter:
    """Converts the expressions of one place.

    itself: what "." means (in a constraint); attributes: {column of the choices sheet: attribute}, in a choice filter;
    row: the repeat group whose rows a condition in [] goes through.
    """

    def __init__(
        self,
        form: Form,
        here: Place,
        *,
        itself: Place | None = None,
        attributes: Mapping[str, str] | None = None,
        row: Place | None = None,
    ) -> None:
        self.form = form
        self.here = here
        self.itself = itself
        self.attributes = attributes
        self.row = row
        self.known = frozenset({itself.key}) if itself else frozenset()

    # ---- what an expression is worth ----

    def value(self, node: Node) -> Typed | Rows:
        if isinstance(node, Number | Text):
            return literal(node.value)
        if isinstance(node, Ref):
            return self.read(self.named(node), node.at)
        if isinstance(node, Path):
            return self.path(node)
        if isinstance(node, Filtered):
            return self.filtered(node)
        made_of = idiom(self, node)
        if made_of is not None:
            return made_of
        if isinstance(node, Call):
            return call(self, node)
        return self.operation(node)

    def scalar(self, node: Node) -> Typed:
        """One value. Several answers at once have none."""
        found = self.value(node)
        if isinstance(found, Rows):
            raise XPathError("several_answers", node.at)
        return found

    def boolean(self, node: Node) -> Typed:
        return as_boolean(self.scalar(node))

    def number(self, node: Node) -> Typed:
        return as_number(self.scalar(node), node.at)

    def operation(self, node: Operation) -> Typed:
        if node.sign in ("and", "or"):
            return self.joined(node)
        if node.sign in ("=", "!="):
            return equal(self, node)
        if node.sign in ORDERS:
            return in_order(self, node)
        if node.sign == "negative":
            return made("-", self.number(node.parts[0]), kind="number")
        return self.arithmetic(node)

    def joined(self, node: Operation) -> Typed:
        """and, or. What an `and` has asked before counts as known after it."""
        before, parts = self.known, []
        for part in node.parts:
            parts.append(self.boolean(part))
            if node.sign == "and":
                self.known |= guarantees(parts[-1].logic)
        self.known = before
        return made(node.sign, *parts, kind="boolean")

    def given(self, condition: Typed, convert: Callable[[Node], Any], node: Node) -> Any:
        """What `node` converts to where the condition is known to hold."""
        before = self.known
        self.known |= guarantees(condition.logic)
        try:
            return convert(node)
        finally:
            self.known = before

    def arithmetic(self, node: Operation) -> Typed:
        parts = [self.scalar(part) for part in node.parts]
        days = [part.kind in ("date", "datetime") or part.day is not None for part in parts]
        if node.sign == "-" and all(days):
            start, end = (as_number(part, node.at).day for part in reversed(parts))
            return made("days_between", start, end, kind="number")
        numbers = [as_number(part, node.at) for part in parts]
        result = made(ARITHMETIC[node.sign], *numbers, kind="number")
        if len(parts) == 2 and node.sign in ("+", "-") and any(days) and not (node.sign == "-" and days[1]):
            return self.moved(result, numbers, node.sign)
        return result

    def moved(self, result: Typed, numbers: list[Typed], sign: str) -> Typed:
        """A date and so many days: a number to XPath, that `date()` or a comparison makes a date again."""
        start, days = numbers if numbers[0].day is not None else reversed(numbers)
        if days.is_literal and isinstance(days.logic, int | float):
            if days.logic != int(days.logic):
                return result
            days = literal(-int(days.logic) if sign == "-" else int(days.logic))
        elif not self.is_whole(days):
            return result
        elif sign == "-":
            days = made("-", days, kind="number")
        day = made("add_days", start.day, days, kind="date")
        return Typed(result.logic, "number", result.size, day=day)

    # ---- names ----

    def named(self, ref: Ref) -> Place:
        places = self.form.named.get(ref.name, [])
        if not places:
            raise XPathError("unknown_name", ref.at, name=ref.name)
        if len(places) > 1:
            raise XPathError("ambiguous_name", ref.at, name=ref.name)
        return places[0]

    def find(self, key: str) -> Place | None:
        """What a variable of the converted expression stands for."""
        if key.startswith("choice."):
            return Place(key, kind="text")
        return self.form.keyed.get(key)

    def is_whole(self, value: Typed) -> bool:
        return facts(value.logic, self.find).whole

    def read(self, place: Place, at: int) -> Typed | Rows:
        """What a place is worth here: one answer, or one in each row of the repeats between here and there."""
        if place.why_not:
            raise XPathError(place.why_not, at, name=place.name)
        if place.logic is not None and not place.key:
            return Typed(place.logic, place.kind, place=place)
        if place.sort == "group":
            raise XPathError("group_read", at, name=place.name)
        around = (*self.row.repeats, self.row) if self.row else self.here.repeats
        shared = 0
        while shared < min(len(around), len(place.repeats)) and around[shared] is place.repeats[shared]:
            shared += 1
        if self.row and shared < len(around):
            raise XPathError("outside_of_rows", at, name=place.name)
        between = place.repeats[shared:]
        if place.sort == "repeat":
            return Rows(_rows([*between, place]), place, size=4 * len(between) + 2)
        if not between:
            return Typed(place.read, place.kind, 2, place=place)
        return Rows(
            _rows(list(between)),
            between[-1],
            size=6 * len(between),
            value=place.read,
            kind=place.kind,
            is_always_asked=place.is_always_asked,
        )

    def path(self, node: Path) -> Typed | Rows:
        if node.base is not None and not (isinstance(node.base, Call) and node.base.name == "current"):
            return self.below(node)
        if node.steps == (".",) and node.base is None and not node.is_absolute:
            if self.itself is None:
                raise XPathError("no_itself", node.at)
            return Typed(self.itself.read, self.itself.kind, 2, place=self.itself)
        if self.attributes is not None and node.base is None and len(node.steps) == 1 and not node.is_absolute:
            return self.attribute(node)
        start = self.here
        if node.is_absolute:
            start = self.form.root
        elif self.row and node.base is None:
            start = self.row
        steps = node.steps[1:] if node.is_absolute else node.steps
        return self.read(_walked(start, steps, node.at), node.at)

    def attribute(self, node: Path) -> Typed:
        """A bare name in a choice filter: a column of the choices sheet."""
        name = node.steps[0]
        assert self.attributes is not None
        if name not in self.attributes:
            raise XPathError("no_column", node.at, name=name)
        return Typed({"var": f"choice.{self.attributes[name]}"}, "text", 2)

    def below(self, node: Path) -> Rows:
        """Answers in the rows of a repeat group: ${r}/name, ${r}[condition]/name."""
        assert node.base is not None
        rows = self.value(node.base)
        if not isinstance(rows, Rows) or rows.value is not None:
            raise XPathError("no_rows", node.at)
        place = _walked(rows.repeat, node.steps, node.at)
        between = place.repeats[len(rows.repeat.repeats) + 1 :]
        if place.why_not or place.sort == "group":
            raise XPathError(place.why_not or "group_read", node.at, name=place.name)
        if not between and place.sort == "question":
            return Rows(
                rows.rows, rows.repeat, rows.size + 2, rows.condition, place.read, place.kind, place.is_always_asked
            )
        inner = [*between, *([place] if place.sort == "repeat" else [])]
        listed = rows.listed
        for repeat in inner:
            listed = Typed(_get_all(listed.logic, repeat), "rows", listed.size + 12)
        value = None if place.sort == "repeat" else place.read
        return Rows(
            listed.logic, inner[-1], listed.size, None, value, place.kind if value else "rows", place.is_always_asked
        )

    def filtered(self, node: Filtered) -> Rows:
        rows = self.value(node.base)
        if not isinstance(rows, Rows) or rows.value is not None or rows.condition is not None:
            raise XPathError("no_rows", node.at)
        condition = Converter(self.form, self.here, row=rows.repeat).scalar(node.condition)
        if condition.kind == "number":
            raise XPathError("position_in_brackets", node.condition.at)
        return Rows(rows.rows, rows.repeat, rows.size, as_boolean(condition))

    def today(self) -> Typed:
        """In the rows of a loop only the operator knows the day."""
        return Typed({"today": []} if self.row else {"var": "_today"}, "date", 2)


def _rows(repeats: list[Place]) -> Any:
    """All rows of the last of these repeats, each inside the one before."""
    rows: Any = {"var": repeats[0].key}
    for repeat in repeats[1:]:
        rows = _get_all(rows, repeat)
    return rows


def _get_all(rows: Any, inner: Place) -> Any:
    """The rows of a repeat inside others, all in one list."""
    current = {"var": "current"}
    some = {"if": [current, current, []]}
    return {"reduce": [{"map": [rows, {"var": inner.key}]}, {"merge": [{"var": "accumulator"}, some]}, []]}


def _walked(start: Place, steps: tuple[str, ...], at: int) -> Place:
    place: Place | None = start
    for step in steps:
        if place is None:
            break
        if step == "..":
            place = place.parent
        elif step != ".":
            place = place.children.get(step)
    if place is None:
        raise XPathError("unknown_name", at, name="/".join(steps))
    return place
