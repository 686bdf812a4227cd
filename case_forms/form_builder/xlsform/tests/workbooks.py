"""Workbooks for tests, made when they are needed."""

import struct
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


def old_workbook(**sheets: Sheet) -> bytes:
    """The same as an .xls file: BIFF 8 in an OLE container, as little of both as Excel would open."""
    begin, end = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)), _record(0x0A)
    pages = []
    for rows in sheets.values():
        headers = list(dict.fromkeys(header for row in rows for header in row))
        lines = [headers, *([row.get(header, "") for header in headers] for row in rows)]
        cells = [(row, column, str(cell)) for row, line in enumerate(lines) for column, cell in enumerate(line) if cell]
        labels = [
            _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
            for row, column, text in cells
        ]
        pages.append(begin + b"".join(labels) + end)
    names = [name.encode() for name in sheets]
    place = len(begin) + sum(12 + len(name) for name in names) + len(end)
    listed = b""
    for name, page in zip(names, pages, strict=True):
        listed += _record(0x85, struct.pack("<IHBB", place, 0, len(name), 0) + name)
        place += len(page)
    return _in_ole(_record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + listed + end + b"".join(pages))


def _record(code: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(content)) + content


def _in_ole(stream: bytes) -> bytes:
    """A container of one stream: a table of sectors, a directory, and the stream, long enough to stand alone."""
    free, last = 0xFFFFFFFF, 0xFFFFFFFE
    sectors = max(-(-len(stream) // 512), 8)
    assert sectors < 120
    table = [0xFFFFFFFD, last, *range(3, sectors + 2), last]
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, free, free, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
        for name, kind, child, start, size in (("Root Entry", 5, 1, last, 0), ("Workbook", 2, free, 2, sectors * 512))
    )
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<I", 0)
    return b"".join(
        [
            head.ljust(512, b"\xff"),
            struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff"),
            entries.ljust(512, b"\0"),
            stream.ljust(sectors * 512, b"\0"),
        ]
    )


def separated(separator: str = ",", **sheets: Sheet) -> bytes:
    """The same as a CSV, the name of each sheet in its first column."""
    lines = []
    for name, rows in sheets.items():
        headers = list(dict.fromkeys(header for row in rows for header in row))
        lines += [
            [name],
            *(["", *line] for line in [headers, *([row.get(head, "") for head in headers] for row in rows)]),
        ]
    return "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines).encode("utf-8-sig")


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
