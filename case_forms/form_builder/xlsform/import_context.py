"""The context that all parts of an import share: the form's elements, its lists, and the report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .cells import clean_texts
from .choices_sheet import ChoiceList
from .findings import Report
from .languages import Languages
from .sheet import Row
from .survey_tree import SurveyNode
from .xpath.elements import FormElements
from .xpath.nodes import Call, Node, XPathError
from .xpath.parser import parse
from .xpath.to_logic import Converter, TypedLogic

Condition = Any
MAX_READ = 400_000  # characters of all expressions together
UNREAD = Call("", ())  # in the place of an expression that can't be parsed
YES, NO = ("yes", "true", "true()"), ("no", "false", "false()")


@dataclass
class ImportContext:
    """The state of one import. `taken`: keys already given; `labels`: {name: {code: label}}."""

    report: Report
    languages: Languages
    lists: dict[str, ChoiceList]
    form: FormElements = field(default_factory=FormElements)
    taken: set[str] = field(default_factory=set)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    sensitivity_was_assumed: bool = False
    read: int = 0  # characters of expressions

    # ---- expressions ----

    def parsed(self, row: Row, *tokens: str) -> Node | None:
        """Parse the expression in a column; None when there is none, UNREAD when it can't be read."""
        written = row.get(*tokens)
        self.read += len(written)
        # A bound over the whole workbook: 3,000 rows of expressions at their own limits would take minutes.
        if self.read > MAX_READ:
            self.report.error("expressions_too_long", row.sheet.name, most=MAX_READ)
            return UNREAD
        return self.try_convert(lambda: parse(written), row, *tokens) or UNREAD if written else None

    def condition(self, part: Node, row: Row, node: SurveyNode, *tokens: str, **context: Any) -> Condition:
        """Convert to JSON-Logic that is true when the expression is, or left_over()."""
        converter = self.converter(node, **context)
        found = None if part is UNREAD else self.try_convert(lambda: converter.boolean(part), row, *tokens)
        return found.logic if found else self.left_over(row, *tokens)

    def value(self, part: Node, row: Row, node: SurveyNode, *tokens: str) -> TypedLogic:
        """Convert to the expression's value, or left_over()."""
        converter = self.converter(node)
        found = None if part is UNREAD else self.try_convert(lambda: converter.scalar(part), row, *tokens)
        return found or TypedLogic(self.left_over(row, *tokens))

    def left_over(self, row: Row, *tokens: str) -> Condition:
        """Return what stands for an expression that can't be carried over, and has been reported.

        It keeps the workbook's words. There is no such operator, so the editor marks the place, and the form isn't
        published before somebody has decided about it.
        """
        return {"xpath": row.get(*tokens)}

    def converter(self, node: SurveyNode, **context: Any) -> Converter:
        assert node.element is not None
        return Converter(self.form, node.element, **context)

    def try_convert(self, convert: Callable[[], Any], row: Row, *tokens: str) -> Any:
        """Call `convert`; report a finding and return None when the expression can't be carried over."""
        try:
            return convert()
        except XPathError as error:
            values = {"at": error.at, **error.values}
            self.report.error(error.code, row.sheet.name, row.number, row.header(*tokens), **values)
            return None

    def relevant(self, node: SurveyNode) -> Condition:
        """Return when a row is asked; True for always."""
        return self.truth(node, "relevant")

    def truth(self, node: SurveyNode, column: str) -> Condition:
        """Return a column of bindings that holds yes, no or an expression; None for an empty one."""
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
        """Return {code: text} of a column, as people will read it."""
        texts = clean_texts(self.languages.texts(row, *tokens), row, self.report, *tokens, label_of=self.label_of)
        return {code: text for code, text in texts.items() if text}

    def label_of(self, name: str, code: str) -> str:
        labels = self.labels.get(name, {})
        return labels.get(code) or next(iter(labels.values()), name)

    # ---- the report ----

    def where(self, row: Row, *tokens: str) -> tuple[str, int, str]:
        return row.sheet.name, row.number, row.header(*tokens) if tokens else ""


def combine_conditions(outer: Condition, own: Condition) -> Condition:
    """Join two conditions; None and True are no condition."""
    asked = [condition for condition in (outer, own) if condition is not None and condition is not True]
    if not asked:
        return own if own is True and outer is None else None
    return asked[0] if len(asked) == 1 else {"and": asked}


def count_parts(condition: Condition) -> int:
    """Count the parts of a condition."""
    if isinstance(condition, dict):
        return 1 + sum(map(count_parts, condition.values()))
    return 1 + sum(map(count_parts, condition)) if isinstance(condition, list) else 1
