"""From the bytes of a workbook to plain rows, by pyxform. Knows no Django: it runs in a separate process.

sandbox_child.py is that process. The result:

    {"sheets": {"survey": {"headers": [{"header", "column", "tokens"}], "rows": [[number, {header: text}]]}, ...},
     "notes": [{"code", "sheet", "row", "column", "values"}]}   column: "C", or "" when it isn't known

`tokens` is what pyxform makes of a header: ["bind", "relevant"], ["label", "English (en)"]. Rows count from 1, as in
the spreadsheet, and the first holds the headers.
"""

import csv
import math
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pyxform import aliases
from pyxform.errors import PyXFormError
from pyxform.parsing.sheet_headers import process_header
from pyxform.question import MultipleChoiceQuestion, Option
from pyxform.survey import Survey
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData, get_xlsform

from .archive_checks import CSV, XLSX, RefusedWorkbookError, check_archive

Note = dict[str, Any]
Book = dict[str, Any]

READ = ("survey", "choices", "settings")
IGNORED = ("external_choices", "entities", "osm")
OUR_NOTES = "vatra_notes"  # what couldn't be said when the workbook was written: sheet, row, column, note, was
MAX_ROWS = {"survey": 3_000, "choices": 12_000, "settings": 20}
MAX_COLUMNS = 150
MAX_LENGTH_OF_CELL = 32_767  # what a spreadsheet can hold
MAX_TEXT = 4_000_000  # characters in all
MAX_EMPTY_ROWS = 60  # after which pyxform takes the sheet for ended
MAX_NOTES = 300
NUMBER = re.compile("[1-9][0-9]{0,4}")
ROW_NUMBER = re.compile(r"\[row : (\d+)\]")


def read_book(content: bytes) -> Book:
    """Read the rows of an XLSForm.

    Raises RefusedWorkbookError; the caller catches whatever else a workbook may cause.
    """
    file = check_archive(content)
    content = file.readable()
    notes: list[Note] = [_note("file_left_out", name=name[-80:]) for name in file.left_out[:MAX_NOTES]]
    if file.has_merged_cells:
        notes.append(_note("merged_cells"))
    # The file is read twice: pyxform gives texts only, in which a formula or a date looks like what was typed.
    letters = _look_at_cells(content, notes) if file.type == XLSX else {name: {} for name in READ}
    try:
        data = get_xlsform(BytesIO(_marked(content) if file.type == CSV else content), file_type=file.type)
    except PyXFormError as error:
        raise RefusedWorkbookError("unreadable", reason=_words(error)) from None
    if file.type != XLSX:
        _measure(data)
    notes += [_note("sheet_ignored", name) for name in IGNORED if getattr(data, name)]
    sheets = _sheets(data, letters)
    notes += _verdict(data)
    return {"sheets": sheets, "notes": notes[:MAX_NOTES]}


def _note(code: str, sheet: str = "", row: int | None = None, column: str = "", **values: Any) -> Note:
    return {"code": code, "sheet": sheet, "row": row, "column": column, "values": values}


# ---- what is no .xlsx ----


def _marked(content: bytes) -> bytes:
    """Return a CSV as pyxform has it: commas, and in the first column the name of each sheet that we read.

    Excel writes semicolons in half of Europe, and one sheet alone: then it is the survey.
    """
    text = content.decode("utf-8-sig")
    separator = max(",;\t", key=text[:5_000].count)
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator))
    if rows and {"type", "name"} <= {cell.strip().lower() for cell in rows[0]}:
        rows = [["survey"], *(["", *row] for row in rows)]
    lines, is_read = [], False
    for row in rows:
        name = "".join(row[:1]).strip().lower()
        is_read = name in (*READ, *IGNORED) if name else is_read
        if is_read:
            lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in row))
    return "\r\n".join([*lines, ",,,,"]).encode()  # four commas are the least that pyxform takes for a CSV


def _measure(data: DefinitionData) -> None:
    """Raise RefusedWorkbookError for what `_look_at_cells` would have refused in an .xlsx."""
    text = 0
    for name in READ:
        rows = getattr(data, name) or []
        if len(rows) > MAX_ROWS[name]:
            raise RefusedWorkbookError("too_many_rows", sheet=name, most=MAX_ROWS[name])
        if any(len(row) > MAX_COLUMNS for row in rows):
            raise RefusedWorkbookError("too_many_columns", sheet=name, most=MAX_COLUMNS)
        for number, row in enumerate(rows, start=2):
            text += sum(map(len, row.values()))
            if text > MAX_TEXT:
                raise RefusedWorkbookError("too_much_text", most=MAX_TEXT)
            if any(len(cell) > MAX_LENGTH_OF_CELL for cell in row.values()):
                raise RefusedWorkbookError("cell_too_long", sheet=name, row=number, most=MAX_LENGTH_OF_CELL)


# ---- cells, as openpyxl has them ----


def _look_at_cells(content: bytes, notes: list[Note]) -> dict[str, dict[str, str]]:
    """Find formulas, dates, errors and sheets that are too large, which a reader of plain texts would miss.

    Returns {sheet: {header: column}}.
    """
    letters: dict[str, dict[str, str]] = {name: {} for name in READ}
    book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        names = book.sheetnames
        wanted = [name for name in names if name.lower() in READ or len(names) == 1]
        if len({name.lower() for name in wanted}) < len(wanted):
            raise RefusedWorkbookError("sheet_twice")
        text = 0
        for name in wanted:
            sheet = name.lower() if name.lower() in READ else "survey"
            for row, column, cell in _filled_cells(book[name], MAX_ROWS[sheet], sheet):
                text += _look_at(cell, sheet, row, column, notes)
                if row == 1:
                    letters[sheet].setdefault(" ".join(str(cell.value).split()), get_column_letter(column))
                if text > MAX_TEXT:
                    raise RefusedWorkbookError("too_much_text", most=MAX_TEXT)
        if OUR_NOTES in names:
            notes += _our_notes(book[OUR_NOTES], letters["survey"])
    finally:
        book.close()
    return letters


def _our_notes(sheet: Any, letters: dict[str, str]) -> Iterator[Note]:
    """Yield the notes that our export left in the workbook about its survey, so that losses then are reported now."""
    sheet.reset_dimensions()
    for row in sheet.iter_rows(min_row=2, max_row=MAX_NOTES, max_col=4, values_only=True):
        about, number, column, words = ["" if value is None else str(value) for value in [*row, *[None] * 4][:4]]
        if about == "survey" and words and NUMBER.fullmatch(number):
            readable = "".join(sign for sign in words[:300] if sign.isprintable())
            yield _note("noted_before", about, int(number), letters.get(column, ""), note=readable)


def _filled_cells(sheet: Any, most: int, name: str) -> Iterator[tuple[int, int, Any]]:
    """Yield (row, column, cell) of every cell with a value.

    Raises RefusedWorkbookError for too many rows or columns.
    """
    # The size that a sheet declares may be wrong; without it openpyxl goes by the rows that there are.
    sheet.reset_dimensions()
    empty = filled = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [(column, cell) for column, cell in enumerate(row[: MAX_COLUMNS + 1], start=1) if _is_filled(cell)]
        empty = 0 if cells else empty + 1
        filled += bool(cells)
        if empty > MAX_EMPTY_ROWS:
            return
        # One more, for the headers.
        if filled > most + 1:
            raise RefusedWorkbookError("too_many_rows", sheet=name, most=most)
        if cells and cells[-1][0] > MAX_COLUMNS:
            raise RefusedWorkbookError("too_many_columns", sheet=name, most=MAX_COLUMNS)
        for column, cell in cells:
            yield number, column, cell


def _is_filled(cell: Any) -> bool:
    value = cell.value
    return value is not None and not (isinstance(value, str) and not value.strip())


def _look_at(cell: Any, sheet: str, row: int, column: int, notes: list[Note]) -> int:
    """Add what there is to report of a cell. Return the length of its text."""
    value, letter = cell.value, get_column_letter(column)
    code = ""
    if cell.data_type == "f":
        code = "formula"
    elif cell.data_type == "e":
        code = "error_value"
    elif isinstance(value, datetime | date | time):
        code = "date_cell"
    elif isinstance(value, float) and not math.isfinite(value):
        code = "not_finite"
    elif isinstance(value, str) and len(value) > MAX_LENGTH_OF_CELL:
        code = "cell_too_long"
    elif isinstance(value, str) and any(sign < " " and sign not in "\t\n\r" for sign in value):
        code = "control_characters"
    if code and len(notes) < MAX_NOTES:
        notes.append(_note(code, sheet, row, letter))
    if code == "cell_too_long":
        raise RefusedWorkbookError("cell_too_long", sheet=sheet, row=row, column=letter, most=MAX_LENGTH_OF_CELL)
    # A number or a date counts as so many characters; it can't become a much longer text.
    return len(value) if isinstance(value, str) else 8


# ---- rows, as pyxform has them ----


def _sheets(data: DefinitionData, letters: dict[str, dict[str, str]]) -> dict[str, Any]:
    columns = {
        "survey": (aliases.survey_header, set(MultipleChoiceQuestion.get_slot_names())),
        "choices": (aliases.list_header, set(Option.get_slot_names())),
        "settings": (aliases.settings_header, set(Survey.get_slot_names())),
    }
    return {name: _sheet(name, data, letters[name], *columns[name]) for name in READ}


def _sheet(
    name: str, data: DefinitionData, letters: dict[str, str], header_aliases: Any, known: set[str]
) -> dict[str, Any]:
    rows, headers = getattr(data, name) or [], getattr(data, f"{name}_header") or []
    names = [header for header in (headers[0] if headers else {}) if header]
    # As pyxform does: with "::" anywhere in a sheet, a single ":" in its other headers is no separator.
    double = any("::" in header for header in names)
    tokens = [process_header(header, double, header_aliases, known)[1] for header in names]
    return {
        "headers": [
            {"header": header, "column": letters.get(" ".join(header.split()), ""), "tokens": list(each)}
            for header, each in zip(names, tokens, strict=True)
        ],
        "rows": [[number, dict(row)] for number, row in enumerate(rows, start=2) if row],
    }


# ---- what pyxform says ----


def _verdict(data: DefinitionData) -> list[Note]:
    """Return pyxform's own verdict on the form: its first error."""
    warnings: list[str] = []
    try:
        workbook_to_json(workbook_dict=data, warnings=warnings)
    except PyXFormError as error:
        context = getattr(error, "context", None) or {}
        words = _words(error)
        row = context.get("row") or next(iter(ROW_NUMBER.findall(words)), None)
        sheet = str(context.get("sheet") or ("survey" if row else ""))
        column = str(context.get("column") or "")
        return [_note("pyxform", sheet, int(row) if row else None, column, words=ROW_NUMBER.sub("", words).strip())]
    except Exception as error:  # noqa: BLE001 - whatever it stumbles on, it is the form that is wrong
        return [_note("pyxform", words=type(error).__name__)]
    return []


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:400]
