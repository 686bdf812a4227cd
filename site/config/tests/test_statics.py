"""Scripts import each other under hashed names, so that an old copy never runs beside a new one."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from ..static_storage import HashedStaticFilesStorage
from ..templatetags.scripts import imported_by, modules

OURS = Path(settings.ROOT) / "static"
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']*)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


@pytest.fixture
def collected(tmp_path: Path, settings: Any) -> HashedStaticFilesStorage:
    """Our own static files, collected."""
    settings.STATIC_ROOT = str(tmp_path / "static")
    shutil.copytree(OURS, settings.STATIC_ROOT)
    storage = HashedStaticFilesStorage()
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
