"""Workbooks for tests, made when they are needed."""

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from ..findings import Import
from ..reading import read_xlsform

Sheet = list[dict[str, Any]]
SHEETS = Path(__file__).parent / "sheets"


def workbook(**sheets: Sheet) -> bytes:
    """A workbook whose sheets have the columns that their rows name, in the order of their first use."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        headers = list(dict.fromkeys(header for row in rows for header in row))
        sheet.append(headers)
        for row in rows:
            sheet.append([row.get(header) for header in headers])
    return saved(book)


def saved(book: Workbook) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(content: bytes, **more: Any) -> Import:
    given = {"name": "form.xlsx", "key": "sample", "kind": "assessment", "language": "en", **more}
    return read_xlsform(BytesIO(content), **given)


def rows(text: str) -> Sheet:
    """Rows of a sheet written as a table, the headers first: "type | name | label"."""
    headers, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [{header: cell for header, cell in zip(headers, line, strict=False) if cell} for line in lines]


def sheets(name: str) -> dict[str, Sheet]:
    """The sheets of one of the forms in sheets/, each a table in a text file."""
    return {path.suffixes[0][1:]: rows(path.read_text()) for path in sorted(SHEETS.glob(f"{name}.*.txt"))}


def codes(found: Import, severity: str = "error") -> list[str]:
    return [finding.code for finding in found.report if finding.severity == severity]
