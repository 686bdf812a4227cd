"""Scripts import each other under hashed names, so that an old copy never runs beside a new one."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from tests.node import find_node

from ..static_storage import HashedStaticFilesStorage, is_own_script, shorten_script
from ..templatetags.scripts import imported_by, modules

OURS = Path(settings.ROOT) / "static"
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']*)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> HashedStaticFilesStorage:
    """Our own static files, collected."""
    root = tmp_path_factory.mktemp("collected") / "static"
    shutil.copytree(OURS, root)
    storage = HashedStaticFilesStorage(location=str(root), base_url="/static/")
    source = FileSystemStorage(location=str(OURS))
    names = [str(path.relative_to(OURS)) for path in OURS.rglob("*") if path.is_file()]
    for _name, _hashed, done in storage.post_process({name: (source, name) for name in names}):
        assert not isinstance(done, Exception), done
    return storage


def test_every_module_is_imported_under_its_hashed_name(collected: HashedStaticFilesStorage) -> None:
    seen = 0
    for plain, hashed in collected.hashed_files.items():
        if not plain.endswith(".js"):
            continue
        script = Path(collected.path(hashed)).read_text()
        for imported in IMPORTED.findall(script):
            assert HASHED.search(imported), f"{plain} imports {imported} under its plain name"
            assert (Path(collected.path(hashed)).parent / imported).exists(), f"{plain} imports {imported}"
            seen += 1
    assert seen >= 1


def test_all_that_a_script_imports_is_named_before_it() -> None:
    names = imported_by("js/form.js")
    assert {"js/answers.js", "js/logic.js", "js/filling/live.js", "js/logic/values.js"} <= set(names)
    assert len(names) == len(set(names))
    html = str(modules("js/questions.js", "js/form.js"))
    assert html.count("<script") == 2
    assert html.index("js/logic/values.js") < html.index("<script")


def test_a_page_asks_for_the_hashed_script(collected: HashedStaticFilesStorage) -> None:
    assert HASHED.search(collected.url("js/form.js"))


def find_differing(folder: Path, other: Path, names: list[str]) -> list[str]:
    compare = (find_node(), "--expose-internals", Path(settings.ROOT) / "tests/js/same_scripts.mjs")
    done = subprocess.run([*compare, folder, other, *names], check=True, capture_output=True, text=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_shortened_script_means_what_it_meant(tmp_path: Path) -> None:
    """As Node's own parser reads both: every statement, text and pattern."""
    names = sorted(str(path.relative_to(OURS)) for path in OURS.rglob("*.js"))
    assert len(names) > 100
    before, after = 0, 0
    for name in names:
        script = (OURS / name).read_bytes()
        shortened = shorten_script(script)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(shortened)
        before, after = before + len(script), after + len(shortened)
    assert find_differing(OURS, tmp_path, names) == []
    assert after < 0.75 * before


def test_a_script_that_means_something_else_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder, one, two in (("a", "x = /a b/; // a\n", "f(`a  b`);"), ("b", "x=/a b/;", "f(`a b`);")):
        (tmp_path / folder / "one.js").write_text(one)
        (tmp_path / folder / "two.js").write_text(two)
    assert find_differing(tmp_path / "a", tmp_path / "b", ["one.js", "two.js"]) == ["two.js"]


def test_only_our_own_scripts_are_shortened(collected: HashedStaticFilesStorage, tmp_path: Path) -> None:
    script = Path(collected.path(collected.hashed_files["js/form.js"])).read_text()
    assert "/**" not in script
    assert "/**" in (OURS / "js/form.js").read_text()
    assert not is_own_script(FileSystemStorage(location=str(tmp_path)), "js/form.js")
    assert not is_own_script(FileSystemStorage(location=str(OURS)), "css/field.css")
