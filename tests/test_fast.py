"""`make test-fast`: what it runs, in which order, and that it is told when to stop (see test_forking.py)."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from . import fast
from .fast import CORE, SECONDS, find_nearest

ROOT = Path(__file__).resolve().parents[1]


def test_each_changed_file_has_its_nearest_tests() -> None:
    assert find_nearest("tests/test_fast.py") == "tests/test_fast.py"
    assert find_nearest("tests/test_that_was_deleted.py") == ""
    assert find_nearest("site/access/policy.py") == "site/access/tests"
    assert find_nearest("notifications/outbox/tests/conftest.py") == "notifications/outbox/tests"
    assert find_nearest("README.md") == ""


def test_the_nearest_come_first_and_no_test_begins_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(fast, "find_base", lambda: "landed")
    monkeypatch.setattr(fast, "changed_files", lambda since: ["site/access/policy.py", "README.md"])
    monkeypatch.setattr(fast.subprocess, "Popen", Mock(return_value=Mock(wait=lambda: 0)))

    def note(words: list[str]) -> int:
        asked.extend(words)
        return 0

    monkeypatch.setattr(fast.pytest, "main", note)
    assert fast.main() == 0
    assert asked[-len(CORE) - 1 :] == ["site/access/tests", *CORE]
    assert 0 < float(asked[asked.index("--end-after") + 1]) <= SECONDS
    assert {"--in-order", "--ring"} <= set(asked)


def test_bad_style_ends_it_before_any_test(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fast.subprocess, "Popen", Mock(return_value=Mock(wait=lambda: 1)))
    monkeypatch.setattr(fast.pytest, "main", lambda words: pytest.fail("a test began"))
    assert fast.main() == 1
    assert "ruff" in capsys.readouterr().out


def test_what_always_runs_is_there() -> None:
    assert [path for path in CORE if not (ROOT / path).exists()] == []
