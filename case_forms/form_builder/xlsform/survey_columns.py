"""The columns of the sheet "survey" that many rows have: texts, conditions, privacy; and what couldn't be written."""

import json
from dataclasses import dataclass, field
from typing import Any

from ..expressions import settings_read
from .bounds import bounds
from .languages import get_name
from .naming import Names
from .sheet_lists import SheetLists
from .words_out import NOTES_OUT
from .xpath.places import Place
from .xpath.printing import Unprintable, printed_condition

Item = dict[str, Any]
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
    definition: Item
    names: Names
    lists: SheetLists
    rows: list[Row] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    def _constraint(self, row: Row, question: Item, place: Place) -> None:
        conditions = bounds(question)
        if "constraint" in question:
            expression = question["constraint"]["expr"]
            text = self._printed("constraint", expression, place, itself=place)
            if text is not None:
                conditions.append(f"({text})" if conditions and _is_joined(expression) else text)
                row |= self._texts("constraint_message", question["constraint"]["message"])
        if conditions:
            row["constraint"] = " and ".join(conditions)

    def _required(self, row: Row, question: Item, place: Place) -> None:
        if "required" not in question:
            return
        required = question["required"]
        if isinstance(required, bool):
            row["required"] = "yes" if required else "no"
            return
        text = self._printed("required", required, place)
        row["required"] = "yes" if text is None else text

    def _key(self, row: Row, item: Item) -> None:
        if row["name"] != item["key"]:
            row["vatra::key"] = item["key"]

    def _conditions(self, row: Row, item: Item, place: Place) -> None:
        if "relevant" not in item:
            return
        text = self._printed("relevant", item["relevant"], place)
        if text is not None:
            row["relevant"] = text

    def _privacy(self, row: Row, question: Item, place: Place) -> None:
        if "sensitivity" in question:
            row["vatra::sensitivity"] = question["sensitivity"]
        if "paper" in question:
            row["vatra::paper"] = "no"
        if "brief_part" in question:
            row["vatra::brief_part"] = question["brief_part"]
        if "keep_for" in question:
            row["vatra::keep_for"] = str(question["keep_for"])
        lines = []
        for role, rule in question.get("shared_with", {}).items():
            if rule is True:
                lines.append(role)
                continue
            if settings_read(rule):  # XPath knows no procedure; the column is ours, so it stands there as it is
                lines.append(f"{role} if {json.dumps(rule, ensure_ascii=False)}")
                continue
            text = self._printed("vatra::shared_with", rule, place)
            if text is not None:
                lines.append(f"{role} if {text}")
        if lines:
            row["vatra::shared_with"] = "\n".join(lines)

    def _printed(self, column: str, logic: Any, place: Place, **context: Any) -> str | None:
        """A condition as XPath; None, and a note, when XPath can't say it."""
        try:
            return printed_condition(logic, self.names.form, place, **context)
        except Unprintable as reason:
            self._lose(column, reason.code, logic)
            return None

    def _texts(self, column: str, texts: dict[str, str]) -> Row:
        return {
            f"{column}::{get_name(code)}": self._plain(text, column) for code, text in texts.items() if text.strip()
        }

    def _plain(self, text: str, column: str) -> str:
        """A text that XLSForms don't read as something else."""
        if "${" in text:
            self._lose(column, "reference", text)
            text = text.replace("${", "$ {")
        return text

    def _put(self, row: Row) -> None:
        self.rows.append(row)

    def _lose(self, column: str, code: str, was: Any) -> None:
        words = str(NOTES_OUT.get(code, NOTES_OUT["no_xpath"]))
        self.lost.append(Lost(len(self.rows) + 2, column, words, was if isinstance(was, str) else json.dumps(was)))


def _is_joined(expression: Any) -> bool:
    return isinstance(expression, dict) and next(iter(expression), "") in ("and", "or")
