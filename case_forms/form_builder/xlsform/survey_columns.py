"""The columns of the sheet "survey" that many rows have: texts, conditions, privacy; and what couldn't be written."""

import json
from dataclasses import dataclass, field
from typing import Any

from ..definition import AnyItem, Form, Question, Section
from ..expressions import settings_read
from .constraints import add_bounds
from .export_lists import ExportLists
from .export_names import ExportNames
from .languages import get_name
from .messages import EXPORT_NOTES
from .xpath.elements import Element
from .xpath.from_logic import InexpressibleError, condition_to_node, condition_to_xpath, node_to_xpath
from .xpath.nodes import Node

Row = dict[str, str]


@dataclass(frozen=True)
class Lost:
    """Something that XLSForms have no place for: the row's number, the column, why, and what it was."""

    row: int
    column: str
    words: str
    was: str


@dataclass
class SurveyColumns:
    """The rows written so far, and what was lost in them."""

    form: Form
    names: ExportNames
    lists: ExportLists
    rows: list[Row] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    def _constraint(self, row: Row, question: Question, element: Element) -> None:
        if question.constraint is not None:
            expression = question.constraint.expr
            try:
                own = condition_to_node(expression, self.names.form, element, itself=element)
                self._put_constraint(row, add_bounds(question, own))
            except InexpressibleError as reason:
                self._lose("constraint", reason.code, expression)
            else:
                row |= self._texts("constraint_message", question.constraint.message)
                return
        # The author's constraint is lost or absent, but the bounds still stand.
        self._put_constraint(row, add_bounds(question, None))

    @staticmethod
    def _put_constraint(row: Row, whole: Node | None) -> None:
        if whole is not None:
            row["constraint"] = node_to_xpath(whole)

    def _required(self, row: Row, question: Question, element: Element) -> None:
        if not question.has("required"):
            return
        required = question.required
        if isinstance(required, bool):
            row["required"] = "yes" if required else "no"
            return
        text = self._printed("required", required, element)
        # A condition that can't be written becomes “always”; `_printed` has noted what was lost.
        row["required"] = "yes" if text is None else text

    def _key(self, row: Row, item: AnyItem) -> None:
        if row["name"] != item.key:
            row["vatra::key"] = item.key

    def _conditions(self, row: Row, item: Section | AnyItem, element: Element) -> None:
        if not item.has("relevant"):
            return
        text = self._printed("relevant", item.relevant, element)
        if text is not None:
            row["relevant"] = text

    def _privacy(self, row: Row, question: Question, element: Element) -> None:
        if question.has("sensitivity"):
            row["vatra::sensitivity"] = question.sensitivity
        if question.has("paper"):
            row["vatra::paper"] = "no"
        if question.has("brief_part"):
            row["vatra::brief_part"] = question.brief_part
        if question.has("keep_for"):
            row["vatra::keep_for"] = str(question.keep_for)
        for name in ("keep_basis", "writes_fact", "filled_from_fact"):
            if question.has(name):
                row[f"vatra::{name}"] = question.value_of(name)
        lines = []
        for role, rule in question.shared_with.items():
            if rule is True:
                lines.append(role)
                continue
            if settings_read(rule):  # XPath knows no procedure; the column is ours, so it stands there as it is
                lines.append(f"{role} if {json.dumps(rule, ensure_ascii=False)}")
                continue
            text = self._printed("vatra::shared_with", rule, element)
            if text is not None:
                lines.append(f"{role} if {text}")
        if lines:
            row["vatra::shared_with"] = "\n".join(lines)

    def _printed(self, column: str, logic: Any, element: Element, **context: Any) -> str | None:
        """Return a condition as XPath; None, and a note, when XPath can't express it."""
        try:
            return condition_to_xpath(logic, self.names.form, element, **context)
        except InexpressibleError as reason:
            self._lose(column, reason.code, logic)
            return None

    def _texts(self, column: str, texts: dict[str, str]) -> Row:
        return {
            f"{column}::{get_name(code)}": self._plain(text, column) for code, text in texts.items() if text.strip()
        }

    def _plain(self, text: str, column: str) -> str:
        """Return a text that XLSForms don't take for something else."""
        if "${" in text:
            self._lose(column, "reference", text)
            text = text.replace("${", "$ {")
        return text

    def _put(self, row: Row) -> None:
        self.rows.append(row)

    def _lose(self, column: str, code: str, was: Any) -> None:
        words = str(EXPORT_NOTES.get(code, EXPORT_NOTES["no_xpath"]))
        # The number of the row that is being written and isn't in `rows` yet; the headers are row 1.
        self.lost.append(Lost(len(self.rows) + 2, column, words, was if isinstance(was, str) else json.dumps(was)))
