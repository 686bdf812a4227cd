"""A definition becomes an XLSForm that pyxform converts and ODK Validate accepts.

What XLSForms have no place for stands in columns beginning with vatra::, which other programs pass over and our own
reading takes back; what can't be said in XPath is told, with what it was, in a sheet of its own.
"""

import re
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from case_forms.questions.base import ChoiceSource

from .. import canonical
from ..lists import Shared, shared_lists, unresolved
from ..sources import Lists
from .languages import get_name
from .naming import Names
from .sheet_lists import SheetLists
from .survey_columns import Lost, Row
from .survey_rows import SurveyRows

NOTES_SHEET = "vatra_notes"
SURVEY = (
    *("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation"),
    *("default", "read_only", "choice_filter", "parameters", "appearance", "repeat_count", "vatra"),
)
FIRST = {
    "survey": SURVEY,
    "choices": ("list_name", "name", "label", "vatra_value", "vatra_exclusive"),
    "settings": ("form_title", "form_id", "version", "default_language", "vatra"),
    NOTES_SHEET: ("sheet", "row", "column", "note", "was"),
}
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_CELL = 32_767


def write_xlsform(
    definition: dict[str, Any], *, sources: ChoiceSource | None = None, shared: Shared | None = None
) -> bytes:
    """The form as the bytes of a workbook (.xlsx).

    The definition must be one that can be published (checker). sources: the lists we always have, written out as
    choices (from the database unless given); shared: looks up shared lists (likewise).
    """
    definition = unresolved(definition)
    lists = SheetLists(definition, sources or Lists(), shared or shared_lists())
    lists.put_own()
    survey = SurveyRows(definition, Names(definition, lists), lists)
    survey.write()
    sheets = {
        "survey": survey.rows,
        "choices": _choices(lists),
        "settings": [_settings(definition)],
        NOTES_SHEET: _notes(survey.lost),
    }
    return _saved({name: rows for name, rows in sheets.items() if rows})


def _choices(lists: SheetLists) -> list[Row]:
    rows = []
    for name, choice, written, columns in lists.rows():
        row = {"list_name": name, "name": written, **columns}
        row |= {f"label::{get_name(code)}": text.replace("${", "$ {") for code, text in choice["label"].items() if text}
        if written != choice["value"]:
            row["vatra_value"] = choice["value"]
        if choice.get("exclusive"):
            row["vatra_exclusive"] = "yes"
        rows.append(row)
    return rows


def _settings(definition: dict[str, Any]) -> Row:
    first = definition["languages"][0]
    row = {
        "form_title": definition["title"].get(first) or definition["key"],
        "form_id": definition["key"],
        "version": "1",
        "default_language": get_name(first),
        "vatra::kind": definition["kind"],
    }
    if "audience" in definition:
        row["vatra::audience"] = definition["audience"]
    if definition.get("warnings"):
        row["vatra::warnings"] = canonical.dump(definition["warnings"])
    row |= {f"vatra::title::{get_name(code)}": text for code, text in definition["title"].items() if text}
    for key, listed in definition.get("lists", {}).items():
        row |= {f"vatra::list_{key}::{get_name(code)}": text for code, text in listed.get("title", {}).items() if text}
    return row


def _notes(lost: list[Lost]) -> list[Row]:
    return [
        {"sheet": "survey", "row": str(each.row), "column": each.column, "note": each.words, "was": each.was}
        for each in lost
    ]


# ---- the workbook ----


def _saved(sheets: dict[str, list[Row]]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        columns = _columns(name, rows)
        sheet.append([_cell(sheet, column, bold=True) for column in columns])
        for row in rows:
            sheet.append([_cell(sheet, row.get(column, "")) for column in columns])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _columns(name: str, rows: list[Row]) -> list[str]:
    """The columns that some row has, in the order that people know, ours behind."""
    order = {column: position for position, column in enumerate(FIRST[name])}
    used = list(dict.fromkeys(column for row in rows for column in row))
    return sorted(used, key=lambda column: order.get(column.partition("::")[0], len(order)))


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A text, never a formula and never a number, whatever it begins with."""
    if not text:
        return None
    cell = WriteOnlyCell(sheet, UNWRITABLE.sub("�", text)[:LONGEST_CELL])
    cell.data_type = "s"
    if text[:1] in "=+-@":
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return cell
