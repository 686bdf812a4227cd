"""The export of a definition as an XLSForm that pyxform converts and ODK Validate accepts.

What XLSForms have no place for goes into columns beginning with vatra::, which other programs skip and our own import
reads; what can't be expressed in XPath is reported, with what it was, in a sheet of its own.
"""

import re
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from case_forms.questions.base import ChoiceSource

from .. import canonical
from ..definition import Form, parse_form
from ..lists import Shared, unresolved
from ..models import shared_lists
from ..sources import Lists
from .export_lists import ExportLists
from .export_names import ExportNames
from .languages import get_name
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
MAX_LENGTH_OF_CELL = 32_767


def write_xlsform(
    definition: dict[str, Any], *, sources: ChoiceSource | None = None, shared: Shared | None = None
) -> bytes:
    """Return the form as the bytes of a workbook (.xlsx).

    The definition must be one that can be published (checker). `sources`: the built-in lists, written out as choices
    (from the database unless given); `shared`: looks up shared lists (likewise).
    """
    # Lists stay lists: one sheet of choices for all questions that share them, and the same form when read again.
    form = parse_form(unresolved(definition))
    lists = ExportLists(form, sources or Lists(), shared or shared_lists())
    lists.put_own()
    survey = SurveyRows(form, ExportNames(form, lists), lists)
    survey.write()
    sheets = {
        "survey": survey.rows,
        "choices": _choices(lists),
        "settings": [_settings(form)],
        NOTES_SHEET: _notes(survey.lost),
    }
    return _saved({name: rows for name, rows in sheets.items() if rows})


def _choices(lists: ExportLists) -> list[Row]:
    rows = []
    for name, choice, written, columns in lists.rows():
        row = {"list_name": name, "name": written, **columns}
        # "${" would be taken for a reference to a question.
        row |= {f"label::{get_name(code)}": text.replace("${", "$ {") for code, text in choice.label.items() if text}
        if written != choice.value:
            row["vatra_value"] = choice.value
        if choice.exclusive:
            row["vatra_exclusive"] = "yes"
        rows.append(row)
    return rows


def _settings(form: Form) -> Row:
    first = form.languages[0]
    row = {
        "form_title": form.title.get(first) or form.key,
        "form_id": form.key,
        "version": "1",
        "default_language": get_name(first),
        "vatra::kind": form.kind,
    }
    if form.has("audience"):
        row["vatra::audience"] = form.audience
    if form.warnings:
        row["vatra::warnings"] = canonical.dump(form.stored["warnings"])
    row |= {f"vatra::title::{get_name(code)}": text for code, text in form.title.items() if text}
    for key, listed in form.lists.items():
        row |= {f"vatra::list_{key}::{get_name(code)}": text for code, text in listed.title.items() if text}
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
    """Return the columns that some row has, in the order that people know, ours last."""
    order = {column: position for position, column in enumerate(FIRST[name])}
    used = list(dict.fromkeys(column for row in rows for column in row))
    return sorted(used, key=lambda column: order.get(column.partition("::")[0], len(order)))


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """Return a cell with a text, never a formula and never a number, whatever it begins with."""
    if not text:
        return None
    cell = WriteOnlyCell(sheet, UNWRITABLE.sub("�", text)[:MAX_LENGTH_OF_CELL])
    cell.data_type = "s"
    # As with an apostrophe in front: the cell stays a text when somebody edits it in a spreadsheet.
    if text[:1] in "=+-@":
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return cell
