"""The step of `make lint` that asks for known vulnerabilities."""

import json
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
    monkeypatch.setattr(audit, "NPM", ROOT / "no-such-program")
    assert audit.main() == 0
    assert capsys.readouterr().out.count("could not be asked here") == 2


def test_what_the_index_finds_is_marked_by_the_catalogue(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> list[str]:
        raise OSError

    monkeypatch.setattr(audit, "ask_index", lambda: [FOUND])
    monkeypatch.setattr(audit, "ask_npm", list)
    monkeypatch.setattr(audit, "ask_catalogue", away)
    assert audit.main() == 1
    assert "EXPLOITED pillow" in capsys.readouterr().out


def npm_that_says(tmp_path: Path, answer: str) -> Path:
    program = tmp_path / "npm"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    return program


def test_what_npm_finds_has_the_shape_of_the_other_index(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    advisory = {"source": 1, "title": "bad", "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"}
    finding = {"name": "typescript", "via": [advisory, "another"], "fixAvailable": {"version": "99.0.0"}}
    answer = json.dumps({"vulnerabilities": {"typescript": finding}})
    monkeypatch.setattr(audit, "NPM", npm_that_says(tmp_path, answer))
    packages = {package["name"]: package for package in audit.ask_npm()}
    assert packages["typescript"]["vulns"] == [{"id": "GHSA-aaaa-bbbb-cccc", "fix_versions": ["99.0.0"]}]
    assert packages["@biomejs/biome"]["vulns"] == []
    lines, failing = audit.report(list(packages.values()), {"GHSA-aaaa-bbbb-cccc"})
    assert failing
    assert lines[0].startswith("EXPLOITED typescript ")


def test_an_index_that_refuses_npm_is_no_all_clear(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "ask_index", lambda: [FOUND])
    monkeypatch.setattr(audit, "ask_catalogue", list)
    monkeypatch.setattr(audit, "NPM", npm_that_says(tmp_path, json.dumps({"message": "405 Method Not Allowed"})))
    assert audit.main() == 1
    assert "npm's packages: could not be asked here (KeyError)" in capsys.readouterr().out
