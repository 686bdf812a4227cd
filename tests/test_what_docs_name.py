"""What the docs name is there: tests and files of docs/domain/coverage.md, pictures, links, records of decisions.

A table that names a test which is gone, or a file that has moved, claims what nobody checks.
"""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from config.catalogs import ROOT

TABLE = ROOT / "docs" / "domain" / "coverage.md"
# `a/path` and, right behind it in brackets, the tests of that file; or a path alone.
NAMED = re.compile(r"`(?P<path>[\w./-]+/[\w./-]+)`(?:\s*\((?P<tests>`test_\w+`(?:,\s*`test_\w+`)*)\))?")
LOOSE = re.compile(r"`(test_\w+)`")


def named_in_the_table() -> list[tuple[str, tuple[str, ...]]]:
    """[(path, the tests named with it)] in the order of the page."""
    return [
        (found["path"], tuple(LOOSE.findall(found["tests"] or "")))
        for found in NAMED.finditer(TABLE.read_text(encoding="utf-8"))
    ]


@cache
def get_functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "tests"), named_in_the_table(), ids=[path for path, _tests in named_in_the_table()])
def test_each_file_and_each_test_that_the_table_names_is_in_the_tree(path: str, tests: tuple[str, ...]) -> None:
    assert (ROOT / path).exists(), path
    assert not set(tests) - (get_functions(ROOT / path) if tests else set()), f"{path} has no such test"


def test_no_test_is_named_away_from_its_file() -> None:
    named = {test for _path, tests in named_in_the_table() for test in tests}
    loose = set(LOOSE.findall(TABLE.read_text(encoding="utf-8"))) - named
    assert not loose, loose


def test_every_sentence_of_the_table_is_held_by_a_test() -> None:
    rows = [line.split("|") for line in TABLE.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == 13  # the eleven sentences, two of them in two parts
    for _before, number, _does, _where, held, *_rest in rows:
        assert any("tests" in found["path"] for found in NAMED.finditer(held)), number.strip()


def test_the_docs_show_each_picture_that_is_there_and_no_other() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"img/([\w-]+\.png)\)", page.read_text(encoding="utf-8"))}
    assert shown == {path.name for path in (ROOT / "docs" / "img").iterdir()}


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
RECORDS = {path.name[:4]: path for path in (ROOT / "docs" / "adr").rglob("[0-9]*.md")}


def test_each_link_to_a_file_leads_to_one() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not re.match(r"https?:|mailto:", link) and not (page.parent / link).exists()
    ]
    assert not broken, broken


def test_each_record_of_a_decision_that_is_cited_exists() -> None:
    cited = subprocess.run(
        ["git", "grep", "-ohIE", r"docs/adr/[0-9]{4}|ADRs? [0-9]{1,4}", "--", "*.py", "*.md", "*.js", "*.html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    numbers = {found.zfill(4) for found in re.findall(r"(\d+)$", cited, re.MULTILINE)}
    assert len(numbers) > 100
    assert not numbers - set(RECORDS), numbers - set(RECORDS)


def test_the_archive_is_listed() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    archived = {path.name for path in (ROOT / "docs" / "adr" / "archive").iterdir()}
    assert archived == set(re.findall(r"\(archive/([^)]+\.md)\)", index))
