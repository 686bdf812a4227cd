"""Tables as files. Whatever an answer holds, a spreadsheet never takes it for a formula, a link or a number.

CSV: UTF-8 with its mark, so that spreadsheets read ë and ç; a text that begins like a formula gets an apostrophe in
front. One table is one file; several are a zip. XLSX: one sheet for each table, every text written as text.
Nothing is written to disk.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xlsxwriter

from .tables import Cell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
PIECE = 64 * 1024  # bytes
LONGEST_CELL = 32_000  # characters; the format holds 32,767
LONGEST_SHEET_NAME = 31
MEDIA = {"csv": "text/csv; charset=utf-8", "zip": "application/zip"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """One table on its way out: a name for its file or sheet, and its rows, the header first."""

    name: str
    rows: Iterable[list[Cell]]


def csv_pieces(rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """One table as CSV, in pieces of some 64 kB."""
    held = io.StringIO(newline="")
    held.write(BOM)
    writer = csv.writer(held, lineterminator="\r\n")
    for row in rows:
        writer.writerow([as_plain_text(cell) for cell in row])
        if held.tell() >= PIECE:
            yield held.getvalue().encode()
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode()


def as_plain_text(cell: Cell) -> Cell:
    """A cell that no spreadsheet computes. Numbers stay numbers: only a text can be a formula."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def zip_pieces(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """Several tables as CSV files in one zip, piece by piece."""
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for sheet in sheets:
            with archive.open(f"{sheet.name}.csv", "w", force_zip64=True) as member:
                for piece in csv_pieces(sheet.rows):
                    member.write(piece)
                    yield from out.taken()
    yield from out.taken()


class _Outlet:
    """A file that can only be written to; what was written is taken away as one goes."""

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
    """All tables as one workbook, made in memory, then handed out in pieces."""
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(held, options)
    bold = book.add_format({"bold": True})
    taken: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(sheet_name(sheet.name, taken))
        page.freeze_panes(1, 0)
        for number, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                _write(page, number, column, cell, bold if number == 0 else None)
    book.close()
    held.seek(0)
    while piece := held.read(PIECE):
        yield piece


def _write(page: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell, style: object) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell, style)
    elif isinstance(cell, int | float):
        page.write_number(row, column, cell, style)
    else:
        text = cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]} […]"
        page.write_string(row, column, text, style)


def sheet_name(name: str, taken: set[str]) -> str:
    """A name that spreadsheets allow and no other sheet has."""
    plain = re.sub(r"[\[\]:*?/\\']", "_", name)[:LONGEST_SHEET_NAME] or "_"
    chosen, number = plain, 1
    while chosen.lower() in taken:
        number += 1
        tail = f"~{number}"
        chosen = plain[: LONGEST_SHEET_NAME - len(tail)] + tail
    taken.add(chosen.lower())
    return chosen
