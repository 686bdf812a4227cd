"""A release is made of a clean tree, a version that follows, and a changelog that says what changed."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from config.catalogs import ROOT


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_tool", ROOT / "deploy" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@vatra.example"}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.replace("AUTHOR", "COMMITTER"), value)
    # What is looked at of migrations has tests of its own.
    monkeypatch.setattr(tool, "CHECK", [sys.executable, "-c", "import sys; sys.exit(0)"])
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n- Something.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n"
    )
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n[tool]\nversion = "9"\n')
    tool.git(tmp_path, "init", "--quiet")
    tool.git(tmp_path, "add", ".")
    tool.git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def test_it_names_the_section_sets_the_version_commits_and_tags(tool: Any, repository: Path) -> None:
    assert "v0.2.0 is committed and tagged" in tool.release(repository, "0.2.0")
    text = (repository / "CHANGELOG.md").read_text()
    assert text.index("## Unreleased\n\n## 0.2.0 (") < text.index("- Something.") < text.index("## 0.1.0")
    assert (repository / "pyproject.toml").read_text() == '[project]\nversion = "0.2.0"\n[tool]\nversion = "9"\n'
    assert tool.git(repository, "tag").split() == ["v0.2.0"]
    assert not tool.git(repository, "status", "--porcelain")
    with pytest.raises(tool.CannotRelease, match="nothing under Unreleased"):
        tool.release(repository, "0.3.0")
    with pytest.raises(tool.CannotRelease, match=r"doesn't follow 0\.2\.0"):
        tool.release(repository, "0.2.0")


@pytest.mark.parametrize("version", ["", "1", "v1.0.0", "1.0", "01.0.0", "1.0.0-rc1", "1.0.0 ; x"])
def test_an_odd_version_is_refused(tool: Any, repository: Path, version: str) -> None:
    with pytest.raises(tool.CannotRelease, match="three numbers"):
        tool.release(repository, version)


def test_what_is_not_committed_and_a_schema_that_breaks_are_refused(
    tool: Any, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (repository / "CHANGELOG.md").read_text()
    (repository / "new.py").write_text("")
    with pytest.raises(tool.CannotRelease, match="isn't committed"):
        tool.release(repository, "0.2.0")
    (repository / "new.py").unlink()
    monkeypatch.setattr(tool, "CHECK", [sys.executable, "-c", "import sys; sys.exit(1)"])
    with pytest.raises(tool.CannotRelease, match="can't run on this schema"):
        tool.release(repository, "0.2.0")
    assert (repository / "CHANGELOG.md").read_text() == before
    assert not tool.git(repository, "tag")
