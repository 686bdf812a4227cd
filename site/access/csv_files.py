"""Tables as CSV, for whoever opens them in a spreadsheet: nothing in them is computed.

UTF-8 with its mark, so that spreadsheets read ë and ç; a text that begins like a formula gets an apostrophe in front
(OWASP, "CSV injection"). Nothing is written to disk.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | bool | None

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
PIECE = 64 * 1024  # bytes


def iter_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """One table, in pieces of some 64 kB."""
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
