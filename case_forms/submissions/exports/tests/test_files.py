"""Files that spreadsheets open, and never compute."""

import csv
import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from access import table_files
from access.csv_files import FORMULA_STARTS, iter_csv
from access.table_files import (
    Sheet,
    sheet_name,
    xlsx_pieces,
    zip_pieces,
)

ROWS: list[list[Any]] = [["a", "b"], ["=1+1", 2], ["ëç\n\"'", None], [True, -5.5]]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_csv_opens_as_utf8_and_keeps_lines_and_quotes_inside_its_cells():
    content = b"".join(iter_csv(iter(ROWS)))
    assert content.startswith("\ufeff".encode())
    assert read_csv(content) == [["a", "b"], ["'=1+1", "2"], ["ëç\n\"'", ""], ["true", "-5.5"]]


@given(st.text(max_size=20).filter(lambda text: "\0" not in text))
def test_no_text_in_a_csv_begins_like_a_formula(text):
    written = read_csv(b"".join(iter_csv([[text, "x"]])))
    assert not any(row[0].startswith(FORMULA_STARTS) for row in written if row)


def test_a_long_table_leaves_in_pieces():
    pieces = list(iter_csv([["x" * 1000]] * 1000))
    assert len(pieces) > 10
    assert len(read_csv(b"".join(pieces))) == 1000


def test_several_tables_are_files_of_one_zip():
    content = b"".join(zip_pieces([Sheet("form", ROWS), Sheet("persons.children", [["c"], ["@SUM(A1)"]])]))
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert archive.namelist() == ["form.csv", "persons.children.csv"]
    assert read_csv(archive.read("persons.children.csv")) == [["c"], ["'@SUM(A1)"]]


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+355691234567", "http://x.example", "007", "{=1}"])
def test_a_text_in_a_workbook_stays_the_text_it_was(text):
    book = load_workbook(io.BytesIO(b"".join(xlsx_pieces([Sheet("form", [["a"], [text]])]))))
    cell = book["form"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_numbers_and_truth_values_are_themselves_in_a_workbook():
    book = load_workbook(io.BytesIO(b"".join(xlsx_pieces([Sheet("form", ROWS)]))))
    assert [[cell.value for cell in row] for row in book["form"]] == [
        ["a", "b"],
        ["=1+1", 2],
        ["ëç\n\"'", None],
        [True, -5.5],
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_a_table_longer_than_a_sheet_goes_on_in_the_next_and_loses_no_row(monkeypatch, count):
    monkeypatch.setattr(table_files, "MAX_ROWS", 3)
    rows = [["a", "b"], *([number, "x"] for number in range(count))]
    book = load_workbook(io.BytesIO(b"".join(xlsx_pieces([Sheet("form", rows), Sheet("other", ROWS[:2])]))))
    pages = [[[cell.value for cell in row] for row in sheet] for sheet in book]
    assert all(page[0] == ["a", "b"] and len(page) <= 3 for page in pages)
    assert [row for page in pages[:-1] for row in page[1:]] == rows[1:]
    assert book.sheetnames == ["form", *(f"form~{number}" for number in range(2, len(pages))), "other"]


def test_a_text_longer_than_a_cell_is_cut_where_one_can_see_it():
    book = load_workbook(io.BytesIO(b"".join(xlsx_pieces([Sheet("form", [["x" * 40_000]])]))))
    assert book["form"]["A1"].value.endswith("x […]")


def test_sheets_of_one_name_or_with_forbidden_signs_get_names_of_their_own():
    taken: set[str] = set()
    names = [sheet_name(name, taken) for name in ("persons", "Persons", "a/b:c", "x" * 40, "x" * 50, "")]
    assert names == ["persons", "Persons~2", "a_b_c", "x" * 31, "x" * 29 + "~2", "_"]
