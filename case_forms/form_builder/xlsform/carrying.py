"""What all parts of the reading share: the form's places, its lists, and the report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .choice_lists import ChoiceList
from .findings import Report
from .languages import Languages
from .rows import Row
from .texts import clean_texts
from .tree import Node
from .xpath.converting import Converter
from .xpath.nodes import Node as Part
from .xpath.nodes import XPathError
from .xpath.parsing import parse
from .xpath.places import Form
from .xpath.typed import Typed

Condition = Any
MAX_READ = 400_000  # characters of all expressions together
YES, NO = ("yes", "true", "true()"), ("no", "false", "false()")


@dataclass
class Carrying:
    report: Report
    languages: Languages
    lists: dict[str, ChoiceList]
    form: Form = field(default_factory=Form)
    taken: set[str] = field(default_factory=set)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    sensitivity_was_assumed: bool = False
    read: int = 0  # characters of expressions

    # ---- expressions ----

    def parsed(self, row: Row, *tokens: str) -> Part | None:
        """The expression in a column; None when there is none, or it can't be read."""
        written = row.get(*tokens)
        self.read += len(written)
        if self.read > MAX_READ:
            self.report.error("expressions_too_long", row.sheet.name, most=MAX_READ)
            return None
        return self.told(lambda: parse(written), row, *tokens) if written else None

    def condition(self, part: Part, row: Row, node: Node, *tokens: str, **context: Any) -> Condition:
        """JSON-Logic that is true when the expression is; None when it can't be carried over."""
        found: Typed | None = self.told(lambda: self.converter(node, **context).boolean(part), row, *tokens)
        return found.logic if found else None

    def value(self, part: Part, row: Row, node: Node, *tokens: str) -> Typed | None:
        """The expression's value; None when it can't be carried over."""
        found: Typed | None = self.told(lambda: self.converter(node).scalar(part), row, *tokens)
        return found

    def converter(self, node: Node, **context: Any) -> Converter:
        assert node.place is not None
        return Converter(self.form, node.place, **context)

    def told(self, convert: Callable[[], Any], row: Row, *tokens: str) -> Any:
        """What `convert` gives; None, and a finding, when it can't be carried over."""
        try:
            return convert()
        except XPathError as error:
            values = {"at": error.at, **error.values}
            self.report.error(error.code, row.sheet.name, row.number, row.header(*tokens), **values)
            return None

    def relevant(self, node: Node) -> Condition:
        """When a row is asked; True for always."""
        return self.truth(node, "relevant")

    def truth(self, node: Node, column: str) -> Condition:
        """A column of bindings that holds yes, no or an expression. Nothing is None."""
        row = node.here
        written = row.get("bind", column).lower()
        if not written:
            return None
        if written in YES or written in NO:
            return written in YES
        part = self.parsed(row, "bind", column)
        return self.condition(part, row, node, "bind", column) if part is not None else None

    # ---- texts ----

    def texts(self, row: Row, *tokens: str) -> dict[str, str]:
        """{code: text} of a column, as people will read it."""
        texts = clean_texts(self.languages.texts(row, *tokens), row, self.report, *tokens, label_of=self.label_of)
        return {code: text for code, text in texts.items() if text}

    def label_of(self, name: str, code: str) -> str:
        labels = self.labels.get(name, {})
        return labels.get(code) or next(iter(labels.values()), name)

    # ---- the report ----

    def where(self, row: Row, *tokens: str) -> tuple[str, int, str]:
        return row.sheet.name, row.number, row.header(*tokens) if tokens else ""


def both(outer: Condition, own: Condition) -> Condition:
    """Two conditions as one; None and True are no condition."""
    asked = [condition for condition in (outer, own) if condition is not None and condition is not True]
    if not asked:
        return own if own is True and outer is None else None
    return asked[0] if len(asked) == 1 else {"and": asked}


def get_size(condition: Condition) -> int:
    """How many parts it has."""
    if isinstance(condition, dict):
        return 1 + sum(map(get_size, condition.values()))
    return 1 + sum(map(get_size, condition)) if isinstance(condition, list) else 1
