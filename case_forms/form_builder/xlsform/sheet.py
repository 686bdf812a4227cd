"""The rows of a sheet by what their columns mean, whatever their headers are called."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyxform.aliases import yes_no

Tokens = tuple[str, ...]


@dataclass
class Row:
    """One row. `cells`: {tokens: text}; tokens are pyxform's names for columns, ("bind", "relevant")."""

    sheet: "Sheet"
    number: int
    cells: dict[Tokens, str]
    seen: set[Tokens] = field(default_factory=set)

    def get(self, *tokens: str) -> str:
        """Return the text in a column, "" when there is none."""
        return self.cells.get(tokens, "").strip()

    def texts(self, *tokens: str) -> dict[str, str]:
        """Return {language as written in the header, "" for none: text} of a column that may be there several times."""
        size = len(tokens)
        return {
            (key[size] if len(key) > size else ""): text.strip()
            for key, text in self.cells.items()
            if key[:size] == tokens and len(key) <= size + 1 and text.strip()
        }

    def header(self, *tokens: str) -> str:
        """Return what the column is called in this workbook."""
        return self.sheet.header(*tokens)

    def truth(self, *tokens: str) -> bool | None:
        """Return yes or no as a truth value; None for anything else."""
        return yes_no.get(self.get(*tokens))


@dataclass
class Sheet:
    """One sheet. `headers`: {tokens: header}; `letters`: {letter of the column: header}."""

    name: str
    headers: dict[Tokens, str]
    letters: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, read: dict[str, Any]) -> "Sheet":
        """Build a sheet from what workbook.read_book returns."""
        tokens = {entry["header"]: tuple(entry["tokens"]) for entry in read["headers"]}
        letters = {entry["column"]: entry["header"] for entry in read["headers"] if entry["column"]}
        sheet = cls(name, {each: header for header, each in tokens.items()}, letters)
        for number, cells in read["rows"]:
            found = {tokens[header]: str(text) for header, text in cells.items() if header in tokens and text}
            if found:
                sheet.rows.append(Row(sheet, number, found))
        return sheet

    def header(self, *tokens: str) -> str:
        """Return the header of a column, or of the first that begins with these tokens."""
        exact = self.headers.get(tokens)
        if exact is not None:
            return exact
        alike = (header for key, header in self.headers.items() if key[: len(tokens)] == tokens)
        return next(alike, tokens[-1])

    def columns(self, *start: str) -> Iterator[Tokens]:
        """Iterate over the columns whose tokens begin with these."""
        return (key for key in self.headers if key[: len(start)] == start)

    def cell(self, row: int, letter: str) -> str:
        """Return the text in a cell, by its row and letter."""
        header = self.letters.get(letter)
        tokens = next((key for key, name in self.headers.items() if name == header), None)
        found = next((each for each in self.rows if each.number == row), None)
        return found.cells.get(tokens, "") if found and tokens else ""
