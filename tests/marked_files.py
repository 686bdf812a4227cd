"""The files that hold tests with a leg's mark.

Such a leg collects these, and not eleven thousand tests that it leaves out again.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages", "tests")
MARKS = ("browser", "faults", "clock")
RANDOM = "random"
EXAMPLES = re.compile(r"^(from|import) (hypothesis|tests\.examples)\b", re.MULTILINE)
OWN_COUNT = re.compile(r"^(from|import) tests\.examples\b", re.MULTILINE)


def find_files(mark: str) -> list[str]:
    """Paths of the test files that name this mark, from the root."""
    name = f"pytest.mark.{mark}"
    return sorted(path for path, text in _read_all() if name in text)


def find_files_with_examples() -> list[str]:
    """Paths of the test files that try as many random examples as tests/examples.py says, from the root."""
    return sorted(path for path, text in _read_all() if EXAMPLES.search(text))


def mark_random(items: list[pytest.Item]) -> None:
    """Mark the tests that try random examples: Hypothesis' own, and all of a file that counts its tries itself."""
    counts_itself: dict[Path, bool] = {}
    for item in items:
        if item.path not in counts_itself:
            counts_itself[item.path] = bool(OWN_COUNT.search(item.path.read_text(encoding="utf-8")))
        if counts_itself[item.path] or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(RANDOM)


def _read_all() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("test_*.py"):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def check_none_is_missed(items: list[pytest.Item]) -> None:
    """Fail where a test has a leg's mark, or tries random examples, and that leg doesn't find its file.

    Raises pytest.UsageError.
    """
    found = {mark: {ROOT / path for path in find_files(mark)} for mark in MARKS}
    with_examples = {ROOT / path for path in find_files_with_examples()}
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)) and item.path not in with_examples:
            raise pytest.UsageError(f"{item.nodeid}: its file has to import hypothesis itself (tests/marked_files.py)")
        for mark in MARKS:
            if item.get_closest_marker(mark) and item.path not in found[mark]:
                raise pytest.UsageError(
                    f"{item.nodeid}: its file has to name pytest.mark.{mark} (tests/marked_files.py)"
                )
