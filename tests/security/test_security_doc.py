"""docs/security.md names tests as `path::name`: each of them exists, and each chapter of ASVS 5.0 has its row."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py(?:::\w+)+)`", PAGE)))
LINKED = sorted(set(re.findall(r"\]\((?!https?:|#)([^)#]+)", PAGE)))
CHAPTERS = {
    1: "Encoding and Sanitization",
    2: "Validation and Business Logic",
    3: "Web Frontend Security",
    4: "API and Web Service",
    5: "File Handling",
    6: "Authentication",
    7: "Session Management",
    8: "Authorization",
    9: "Self-contained Tokens",
    10: "OAuth and OIDC",
    11: "Cryptography",
    12: "Secure Communication",
    13: "Configuration",
    14: "Data Protection",
    15: "Secure Coding and Architecture",
    16: "Security Logging and Error Handling",
    17: "WebRTC",
}


def names_in(path: str) -> set[tuple[str, ...]]:
    """("test_x",) and ("TestClass", "test_x") of a file; what stands under an `if` for one database counts."""
    found: set[tuple[str, ...]] = set()
    waiting = list(ast.parse((ROOT / path).read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            found.add((node.name,))
        elif isinstance(node, ast.ClassDef):
            found |= {(node.name, each.name) for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.If):
            waiting += node.body + node.orelse
    return found


@pytest.mark.parametrize("named", NAMED)
def test_every_test_that_the_page_names_exists(named: str) -> None:
    path, *name = named.split("::")
    assert (ROOT / path).is_file(), path
    assert tuple(name) in names_in(path), named


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 60


def test_each_chapter_has_a_row_that_says_what_holds() -> None:
    rows = dict(re.findall(r"^\| \*\*V(\d+) ([^*]+)\*\* \|", PAGE, re.MULTILINE))
    assert rows == {str(number): name for number, name in CHAPTERS.items()}


@pytest.mark.parametrize("linked", LINKED)
def test_what_the_page_links_to_is_there(linked: str) -> None:
    assert (ROOT / "docs" / linked).exists()


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "docs/operator.md"])
def test_the_page_is_found(page: str) -> None:
    assert "security.md" in (ROOT / page).read_text(encoding="utf-8").lower()
