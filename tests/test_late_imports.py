"""An import inside a function says why it is not at the top: beside it, above it, or in the docstring of its file."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages")


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


def test_each_import_inside_a_function_says_why() -> None:
    found, files = [], 0
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts):
                continue
            files += 1
            found += [f"{path.relative_to(ROOT)}:{line}" for line in find_unexplained(path.read_text(encoding="utf-8"))]
    assert files > 1000
    assert found == []


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
