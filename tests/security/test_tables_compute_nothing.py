"""No table that leaves the service computes anything when a spreadsheet opens it, whoever wrote what is in its cells.

Exports are found in the address table, and by what writes tables in the code: a new one fails here until it is listed.
"""

import ast
import csv
import inspect
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from openpyxl import Workbook, load_workbook
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from access.csv_files import iter_csv
from access.table_files import Sheet, xlsx_pieces, zip_pieces
from tests.legs import ROOMS, ROOT

HOSTILE = [f"{start}HYPERLINK(A1)" for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠")]

# Addresses whose name or view speaks of tables and files: what writes their cells.
SHARED, OWN, NONE = "access.csv_files and access.table_files", "form_builder.xlsform.writing", "they have no cells"
FILES = {
    "accountability:breaches_file": NONE,
    "accountability:record_file": NONE,
    "agreement_account_file": SHARED,
    "cases:right_file": NONE,
    "cases_case_modeladmin_export": SHARED,
    "cases_deadline_modeladmin_export": SHARED,
    "cases_referral_modeladmin_export": SHARED,
    "intake:drop_export": NONE,
    "intake:export": NONE,
    "intake:fetch_export": SHARED,
    "intake_submission_modeladmin_export": SHARED,
    "mfa_download_recovery_codes": NONE,
    "outbox_notice_modeladmin_export": SHARED,
    "sessions:month_file": NONE,
    "sessions:numbers_file": SHARED,
    "silence": SHARED,
    "wagtail_localize:download_pofile": NONE,
    "wagtailsnippets_builder_formdefinition:export": NONE,
    "wagtailsnippets_builder_formdefinition:export_xlsform": OWN,
    "wagtailsnippets_procedures_procedure:export": NONE,
}
NAMES_OF_FILES = re.compile(r"export|csv|xlsx|ods|spreadsheet|download|_file$", re.IGNORECASE)
WORDS_OF_TABLES = re.compile(r"csv|xlsx|_pieces|spreadsheet", re.IGNORECASE)
NAMES_OF_LIBRARIES = re.compile(r"csv|xlsxwriter|odf|pyexcel|tablib|openpyxl")
# Modules that write tables; each other one that does so is refused.
WRITERS = {"site/access/csv_files.py", "site/access/table_files.py", "case_forms/form_builder/xlsform/writing.py"}


def iter_views(resolver: URLResolver, names: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield ":".join((*names, entry.name or "")), entry.callback
        else:
            yield from iter_views(entry, (*names, entry.namespace) if entry.namespace else names)


def get_view_class(view: Any) -> Any:
    while view is not None and not hasattr(view, "view_class"):
        view = getattr(view, "__wrapped__", None)
    return view and view.view_class


VIEWS = list(iter_views(get_resolver()))
CLASSES = {found for _name, view in VIEWS if (found := get_view_class(view)) is not None}
OF_THE_ADMIN = sorted(
    {found for found in CLASSES if issubclass(found, SpreadsheetExportMixin)},
    key=lambda found: (found.__module__, found.__qualname__),
)


def find_table_writers(source: str) -> set[str]:
    """Return what a module uses that writes a table itself."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & {"xlsxwriter", "odf", "ezodf", "pyexcel", "tablib"}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names if (node.module, alias.name) == ("openpyxl", "Workbook")}
            found |= {alias.name for alias in node.names if node.module == "csv" and "riter" in alias.name}
        elif isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter", "Workbook"):
            found.add(node.attr)
    return found


def test_the_walk_sees_the_exports() -> None:
    assert len(OF_THE_ADMIN) > 20
    assert "content.reports.views" in {found.__module__ for found in OF_THE_ADMIN}


def speaks_of_tables(view: Any) -> bool:
    """Whether the code of a view of ours does; what it calls is found by its writer."""
    own = get_view_class(view) or inspect.unwrap(view)
    own = getattr(own, "func", own)  # of a partial
    if not inspect.isroutine(own) and not inspect.isclass(own):
        own = type(own)
    path = Path(inspect.getsourcefile(own) or "")
    is_ours = path.is_relative_to(ROOT) and ".venv" not in path.relative_to(ROOT).parts
    return is_ours and bool(WORDS_OF_TABLES.search(inspect.getsource(own)))


def test_each_address_that_answers_with_a_table_is_listed() -> None:
    found = {name for name, view in VIEWS if NAMES_OF_FILES.search(name) or speaks_of_tables(view)}
    assert found == set(FILES), "say here what writes the cells"


def test_nothing_else_writes_tables() -> None:
    writers = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if re.search(r"/(tests|migrations)/", name):
                continue
            source = path.read_text(encoding="utf-8")
            if NAMES_OF_LIBRARIES.search(source) and find_table_writers(source):
                writers.add(name)
    assert writers == WRITERS


@pytest.mark.parametrize("view", OF_THE_ADMIN, ids=lambda view: f"{view.__module__}.{view.__name__}")
def test_a_list_of_the_admin_as_a_file_computes_nothing(view: Any) -> None:
    """What an editor calls a page is a cell of other people's reports."""

    class Said:
        def __init__(self, words: str) -> None:
            self.words = words

        def __str__(self) -> str:
            return self.words

    made = object.__new__(view)
    fields = [f"cell{number}" for number in range(2 * len(HOSTILE))]
    row = dict(zip(fields, [*HOSTILE, *map(Said, HOSTILE)], strict=True))
    written = io.StringIO(newline="")
    made.write_csv_row(csv.DictWriter(written, fields), row)
    assert_plain(next(csv.reader(io.StringIO(written.getvalue(), newline=""))))
    sheet = Workbook(write_only=True).create_sheet()
    texts = dict(zip(fields, HOSTILE, strict=False))
    assert {cell.data_type for cell in made.generate_xlsx_row(sheet, texts)} == {"s"}


def assert_plain(cells: list[str]) -> None:
    assert [cell for cell in cells if not cell.startswith("'")] == []


def test_our_own_tables_compute_nothing() -> None:
    assert_plain(next(csv.reader(io.StringIO(b"".join(iter_csv([HOSTILE])).decode("utf-8-sig"), newline=""))))
    with zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces([Sheet("a", [HOSTILE])])))) as archive:
        (name,) = archive.namelist()
        assert_plain(next(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""))))
    book = load_workbook(io.BytesIO(b"".join(xlsx_pieces([Sheet("a", [HOSTILE])]))))
    assert {cell.data_type for cell in next(book["a"].iter_rows())} == {"s"}


@pytest.mark.parametrize(
    "source",
    ["import csv\ncsv.writer(f)", "import xlsxwriter", "from csv import DictWriter", "from openpyxl import Workbook"],
)
def test_a_writer_of_tables_is_noticed(source: str) -> None:
    assert find_table_writers(source)
    assert not find_table_writers("import csv\ncsv.reader(f)")
