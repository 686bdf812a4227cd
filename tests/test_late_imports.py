"""An import inside a function says why it is not at the top: beside it, above it, or in the docstring of its file."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages")
# What reads and writes workbooks, with its libraries: 11 MB and most of a second in each process that loads it.
WORKBOOKS = {"xlsform", "pyxform", "openpyxl"}


def find_unexplained(source: str) -> Iterator[int]:
    """Yield the lines of imports inside functions that nothing explains. An app's `ready` is Django's place for them.

    One comment stands for all imports that follow it without another line between them, but a blank one.
    """
    tree, lines = ast.parse(source), [line.strip() for line in source.splitlines()]
    if "import" in (ast.get_docstring(tree) or ""):
        return
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.name == "ready":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not _is_explained(lines, node):
                yield node.lineno


def _is_explained(lines: list[str], node: ast.stmt) -> bool:
    at = node.lineno - 1
    if "#" in "".join(lines[at : node.end_lineno]):
        return True
    for line in reversed(lines[:at]):
        if line.startswith("#") or (line.startswith(("import ", "from ")) and "#" in line):
            return True
        if line and not line.startswith(("import ", "from ")):
            return False
    return False


def read_sources() -> Iterator[tuple[Path, str]]:
    """Yield the path, from the root, and the text of each file of the rooms but tests and migrations."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT)
            if not {"tests", "migrations"} & set(name.parts):
                yield name, path.read_text(encoding="utf-8")


def find_imported_at_the_top(source: str) -> Iterator[str]:
    """Yield each part of each name that is imported as the file is: `from .a.b import c` -> a, b, c."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            for name in (*names, getattr(node, "module", None) or ""):
                yield from name.split(".")


def test_each_import_inside_a_function_says_why() -> None:
    found, files = [], 0
    for path, source in read_sources():
        files += 1
        found += [f"{path}:{line}" for line in find_unexplained(source)]
    assert files > 1000
    assert found == []


def test_only_what_reads_workbooks_loads_their_libraries_as_it_starts() -> None:
    for imports in ("from .xlsform.sandbox import a", "from . import xlsform", "import openpyxl.cell"):
        assert WORKBOOKS & set(find_imported_at_the_top(imports))
    loading = {path for path, source in read_sources() if WORKBOOKS & set(find_imported_at_the_top(source))}
    commands = Path("case_forms/form_builder/management/commands")
    assert {commands / "import_xlsform.py", commands / "export_xlsform.py"} < loading
    own = Path("case_forms/form_builder/xlsform")
    assert [path for path in loading if path.parent != commands and not path.is_relative_to(own)] == []


def test_a_silent_one_is_found_and_a_reason_is_seen_wherever_it_stands() -> None:
    silent = "def do():\n    x = 1\n    from a import b\n    return b\n"
    assert list(find_unexplained(silent)) == [3]
    for reason in (
        silent.replace("a import b", "a import b  # a circle"),
        silent.replace("x = 1", "# a circle"),
        silent.replace("x = 1", "import c  # a circle\n"),
        '"""What a needs is imported inside the functions."""\n' + silent,
        silent.replace("do()", "ready(self)"),
    ):
        assert list(find_unexplained(reason)) == []
