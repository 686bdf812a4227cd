"""The step of `make lint` that asks for known vulnerabilities."""

from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOUND = {
    "name": "pillow",
    "version": "9.5.0",
    "vulns": [{"id": "PYSEC-2023-175", "aliases": ["CVE-2023-4863"], "fix_versions": ["10.0.1"]}],
}


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    import audit_packages

    return audit_packages


def test_an_exploited_vulnerability_fails_by_any_of_its_names(audit: ModuleType) -> None:
    lines, failing = audit.report([FOUND], {"CVE-2023-4863"})
    assert failing
    assert lines[0] == "EXPLOITED pillow 9.5.0: PYSEC-2023-175, CVE-2023-4863 (mended in: 10.0.1)"


def test_another_vulnerability_is_printed_and_passes(audit: ModuleType) -> None:
    lines, failing = audit.report([FOUND], {"CVE-2020-0001"})
    assert not failing
    assert "PYSEC-2023-175" in lines[0]


def test_a_package_that_nobody_could_answer_for_is_counted(audit: ModuleType) -> None:
    lines, failing = audit.report([{"name": "django", "skip_reason": "not found"}], set())
    assert not failing
    assert lines == ["Known vulnerabilities: 0 in 1 pinned packages; for 1 of them no answer could be had here."]


def test_the_kept_list_is_read_without_its_comments(audit: ModuleType) -> None:
    assert list(audit.kept_identifiers("# a comment\n\nCVE-1 pillow # why\n")) == ["CVE-1"]
    assert "CVE-2023-4863" in audit.kept_identifiers(audit.KEPT.read_text())


def test_without_an_answer_the_step_says_so_and_passes(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "PIP_AUDIT", ROOT / "no-such-program")
    assert audit.main() == 0
    assert "could not be asked here" in capsys.readouterr().out


def test_what_the_index_finds_is_marked_by_the_catalogue(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> list[str]:
        raise OSError

    monkeypatch.setattr(audit, "ask_index", lambda: [FOUND])
    monkeypatch.setattr(audit, "ask_catalogue", away)
    assert audit.main() == 1
    assert "EXPLOITED pillow" in capsys.readouterr().out
