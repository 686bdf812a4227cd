"""JSON-Logic to XPath, as XLSForms write it. What it says is what was meant, or it isn't said: Unprintable.

The other way round gives the same expression again for what people build (tests/test_round_trip.py).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from .facts import Keys, operation, variable
from .places import Form, Place

ATOM, NEGATIVE, TIMES, PLUS, ORDER, EQUAL, AND, OR = range(8, 0, -1)
LONGEST_PRINTED = 9_000  # characters; what is longer could not be read back


class Unprintable(Exception):
    """XPath can't say this. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Piece(NamedTuple):
    """A part of an XPath expression. `binding`: how strongly its outermost operator holds it together."""

    text: str
    kind: str
    binding: int = ATOM

    def within(self, binding: int) -> str:
        """The text as an operand of an operator that binds so strongly."""
        return f"({self.text})" if self.binding <= binding else self.text


def printed(logic: Any, form: Form, here: Place, **context: Any) -> str:
    """XPath with the value of the expression. `context`: see Printer. Raises Unprintable."""
    return _bounded(Printer(form, here, **context).value(logic).text)


def printed_condition(logic: Any, form: Form, here: Place, **context: Any) -> str:
    """XPath that is true when the expression is. Raises Unprintable."""
    return _bounded(Printer(form, here, **context).condition(logic).text)


def _bounded(text: str) -> str:
    if len(text) > LONGEST_PRINTED:
        raise Unprintable("too_long")
    return text


class Printer:
    """Prints the expressions of one place.

    itself: the question that a constraint judges; attributes: {attribute: column of the choices sheet}; row: the repeat
    group whose rows a condition goes through.
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

    def value(self, logic: Any) -> Piece:
        from .print_conditions import CONDITIONS
        from .print_values import VALUES, constant

        found = operation(logic)
        if found is None:
            return constant(logic)
        operator, arguments = found
        name = variable(logic)
        if name is not None:
            return self.reference(name)
        if operator in CONDITIONS:
            return self.condition(logic)
        if operator not in VALUES:
            raise Unprintable("no_xpath")
        return VALUES[operator](self, arguments)

    def condition(self, logic: Any) -> Piece:
        from .print_conditions import condition

        return condition(self, logic)

    def number(self, logic: Any) -> Piece:
        """As an operand of arithmetic. XPath reads a text as a number where one is wanted, as JSON-Logic does."""
        piece = self.value(logic)
        if piece.kind not in ("number", "text", "choice", "boolean") or logic is None:
            raise Unprintable("not_a_number")
        return piece

    def text(self, logic: Any) -> Piece:
        """As a part of a text."""
        piece = self.value(logic)
        if piece.kind not in ("number", "text", "choice", "date", "boolean"):
            raise Unprintable("not_a_text")
        return piece

    def day(self, logic: Any) -> Piece:
        """As a date."""
        if isinstance(logic, str):
            return Piece(f"date({quoted(logic)})", "date")
        piece = self.value(logic)
        if piece.kind not in ("date", "datetime"):
            raise Unprintable("not_a_date")
        return piece

    def find(self, key: str) -> Place | None:
        if key.startswith("choice."):
            return Place(key, kind="text")
        return self.form.keyed.get(key)

    def reference(self, name: str) -> Piece:
        """An answer, or one of the things that are always known."""
        if name == "_today":
            return Piece("today()", "date")
        if name == "_now":
            return Piece("now()", "datetime")
        if name == "_position" and self.here.repeats and not self.row:
            return Piece(f"position({self.up_to_row()})", "number")
        if self.attributes is not None and name.startswith("choice."):
            column = self.attributes.get(name.removeprefix("choice."))
            if column is None:
                raise Unprintable("no_column")
            return Piece(column, "text")
        place = self.form.keyed.get(name)
        if place is None or place.why_not or place.sort != "question":
            raise Unprintable("not_in_the_form")
        return Piece(self.written(place), place.kind)

    def written(self, place: Place) -> str:
        """The name as it is read from here: ${name}, "." or, in the rows of a condition, name."""
        if place is self.itself:
            return "."
        around = (*self.row.repeats, self.row) if self.row else self.here.repeats
        if place.repeats != around[: len(place.repeats)] or (self.row and len(place.repeats) < len(around)):
            raise Unprintable("several_answers")
        return self.path_below(self.row, place) if self.row else f"${{{place.name}}}"

    def up_to_row(self) -> str:
        """The steps from here to the row of the innermost repeat group."""
        steps = []
        for above in self.here.ancestors:
            steps.append("..")
            if above.sort == "repeat":
                break
        return "/".join(steps)

    @staticmethod
    def path_below(start: Place, place: Place) -> str:
        steps = [place.name]
        for above in place.ancestors:
            if above is start:
                return "/".join(reversed(steps))
            steps.append(above.name)
        raise Unprintable("several_answers")

    def in_rows(self, repeat: Place) -> "Printer":
        return Printer(self.form, self.here, row=repeat)

    def knows(self, keys: Keys | frozenset[str]) -> None:
        self.known |= frozenset(keys)


def quoted(text: str) -> str:
    """A text in quotes; XPath has no way to write both kinds in one."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = [f"'{part}'" for part in text.split("'")]
    return "concat(" + ', "\'", '.join(parts) + ")"


def plain_number(value: int | float) -> str:
    """Digits, a point and a sign; XPath knows no exponents."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
