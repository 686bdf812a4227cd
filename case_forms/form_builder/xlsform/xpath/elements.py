"""The elements of an XLSForm that expressions can name. Both directions of conversion look names up here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# what an answer is: those of QuestionType.value_kind, and two of our own. "yesno" is a question whose answer is true or
# false to us and the choice "true" or "false" to an XLSForm; "rows" is a repeat group.
KINDS = (
    *("number", "text", "date", "datetime", "time", "boolean", "choice", "choices", "object", "none"),
    *("yesno", "rows"),
)


@dataclass(eq=False)
class Element:
    """A question, group or repeat.

    `name`: in the XLSForm; `key`: in the definition ("grid.row" for a matrix's row); `logic`: the JSON-Logic that reads
    it, when that isn't {"var": key}; `why_not`: a code when it can't be read at all; `is_always_asked`: whether each
    row of its innermost repeat has it; `whole`, `least`: what is known of a number; `choices`: (value here, value in
    the XLSForm, label in the form's first language).
    """

    name: str
    sort: str = "question"  # root, group, repeat or question
    parent: "Element | None" = None
    key: str = ""
    kind: str = "none"
    logic: Any = None
    why_not: str = ""
    is_always_asked: bool = True
    whole: bool = False
    least: float | None = None
    choices: tuple[tuple[str, str, str], ...] = ()
    children: dict[str, "Element"] = field(default_factory=dict)

    def add(self, element: "Element") -> "Element":
        element.parent = self
        self.children.setdefault(element.name, element)
        return element

    def iter_ancestors(self) -> "Iterator[Element]":
        """Iterate over its ancestors, the innermost first."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    @property
    def repeats(self) -> "tuple[Element, ...]":
        """The repeat groups around it, the outermost first."""
        return tuple(reversed([element for element in self.iter_ancestors() if element.sort == "repeat"]))

    @property
    def read(self) -> Any:
        """The JSON-Logic that reads it where its innermost repeat's row is in scope."""
        return {"var": self.key} if self.logic is None else self.logic

    def get_own_value(self, written: str) -> str:
        """Return the choice's value here, for the one written in the XLSForm."""
        return next((value for value, other, _label in self.choices if other == written), written)

    def get_written_value(self, value: str) -> str:
        """Return the choice's value in the XLSForm."""
        return next((other for own, other, _label in self.choices if own == value), value)


class FormElements:
    """All elements of a form: `root`, those of each name, and the one of each key."""

    def __init__(self) -> None:
        self.root = Element("data", sort="root")
        self.named: dict[str, list[Element]] = {}
        self.keyed: dict[str, Element] = {}

    def add(self, element: Element, parent: Element) -> Element:
        parent.add(element)
        self.named.setdefault(element.name, []).append(element)
        if element.key:
            self.keyed.setdefault(element.key, element)
        return element

    def give_key(self, element: Element, key: str) -> None:
        element.key = key
        self.keyed.setdefault(key, element)


class ElementContext:
    """What the expressions of one element can name.

    `itself`: the question that a constraint validates, the "." of XPath; `attributes`: the choices' columns, in a
    choice filter; `row`: the repeat group whose rows a condition in [] goes through; `known`: the keys that have an
    answer where the expression is asked.
    """

    def __init__(
        self,
        form: FormElements,
        here: Element,
        *,
        itself: Element | None = None,
        attributes: Mapping[str, str] | None = None,
        row: Element | None = None,
    ) -> None:
        self.form = form
        self.here = here
        self.itself = itself
        self.attributes = attributes
        self.row = row
        # ODK asks a constraint only of an answer that is there.
        self.known = frozenset({itself.key}) if itself else frozenset()

    def find(self, key: str) -> Element | None:
        """Return what a variable of JSON-Logic stands for."""
        if key.startswith("choice."):
            return Element(key, kind="text")
        return self.form.keyed.get(key)
