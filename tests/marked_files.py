"""The files that hold tests with a leg's mark.

Such a leg collects these, and not eleven thousand tests that it leaves out again.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages", "tests")
MARKS = ("browser", "faults")


def find_files(mark: str) -> list[str]:
    """Paths of the test files that name this mark, from the root."""
    name = f"pytest.mark.{mark}"
    files = (path for room in ROOMS for path in (ROOT / room).rglob("test_*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in files if name in path.read_text(encoding="utf-8"))


def check_none_is_missed(items: list[pytest.Item]) -> None:
    """Fail where a test has a leg's mark and its file doesn't name it: that leg would never run it."""
    found = {mark: {ROOT / path for path in find_files(mark)} for mark in MARKS}
    for item in items:
        for mark in MARKS:
            if item.get_closest_marker(mark) and item.path not in found[mark]:
                raise pytest.UsageError(
                    f"{item.nodeid}: its file has to name pytest.mark.{mark} (tests/marked_files.py)"
                )
