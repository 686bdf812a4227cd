"""Tables as CSV for spreadsheets, which must compute nothing in them.

UTF-8 with a byte order mark, so that spreadsheets read ë and ç; a text that begins like a formula gets an apostrophe in
front (OWASP, "CSV injection"). Nothing is written to disk.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | bool | None

# The last four are the full-width forms, which spreadsheets may read as the plain ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
PIECE = 64 * 1024  # bytes


def iter_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield one table as CSV, in pieces of some 64 kB."""
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
    """Return the cell in a form that no spreadsheet computes.

    Numbers stay numbers: only a text can be a formula.
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
