"""Writers of tables as files. Whatever an answer holds, a spreadsheet never takes it for a formula, link or number.

CSV: as `access.csv_files` writes it; one table is one file, several are a zip. XLSX: one sheet for each table (a
longer one goes on in further sheets), every text written as text. Nothing is written to disk.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xlsxwriter

from .csv_files import PIECE, Cell, iter_csv

MAX_ROWS = 1_048_576  # of a sheet, the header included
MAX_CELL_LENGTH = 32_000  # characters; the format holds 32,767
MAX_SHEET_NAME_LENGTH = 31
MEDIA = {"csv": "text/csv; charset=utf-8", "zip": "application/zip"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """A table to write: a name for its file or sheet, and its rows, the header first."""

    name: str
    rows: Iterable[list[Cell]]


def zip_pieces(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """Write several tables as CSV files into one zip, yielded piece by piece."""
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for sheet in sheets:
            # zip64 from the start: how large a member gets isn't known when its header is written
            with archive.open(f"{sheet.name}.csv", "w", force_zip64=True) as member:
                for piece in iter_csv(sheet.rows):
                    member.write(piece)
                    yield from out.taken()
    yield from out.taken()


class _Outlet:
    """A write-only file; what was written is taken out as one goes, so that the zip never lies in memory as a whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


def xlsx_pieces(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """Write all tables as one workbook, built in memory, then yield it in pieces."""
    held = io.BytesIO()
    # without these xlsxwriter turns "=..." into a formula and an address into a link; and it writes temporary files
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(held, options)
    bold = book.add_format({"bold": True})
    taken: set[str] = set()
    for sheet in sheets:
        header: list[Cell] = []
        page, number = None, 0
        for row in sheet.rows:
            # xlsxwriter passes over what lies beyond a sheet's end without a word: another sheet goes on there.
            if page is None or number == MAX_ROWS:
                page, number = book.add_worksheet(sheet_name(sheet.name, taken)), 0
                page.freeze_panes(1, 0)
                header = header or row
                _write_row(page, 0, header, bold)
                number = 1
                if row is header:
                    continue
            _write_row(page, number, row, None)
            number += 1
    book.close()
    held.seek(0)
    while piece := held.read(PIECE):
        yield piece


def _write_row(page: "xlsxwriter.worksheet.Worksheet", number: int, row: list[Cell], style: object) -> None:
    for column, cell in enumerate(row):
        _write(page, number, column, cell, style)


def _write(page: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell, style: object) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell, style)
    elif isinstance(cell, int | float):
        page.write_number(row, column, cell, style)
    else:
        text = cell if len(cell) <= MAX_CELL_LENGTH else f"{cell[:MAX_CELL_LENGTH]} […]"
        page.write_string(row, column, text, style)


def sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that spreadsheets allow and no other sheet has."""
    plain = re.sub(r"[\[\]:*?/\\']", "_", name)[:MAX_SHEET_NAME_LENGTH] or "_"
    chosen, number = plain, 1
    # spreadsheets compare sheet names without regard to case
    while chosen.lower() in taken:
        number += 1
        tail = f"~{number}"
        chosen = plain[: MAX_SHEET_NAME_LENGTH - len(tail)] + tail
    taken.add(chosen.lower())
    return chosen
