"""The web server of `make dev`: only where DEBUG is on; of changed code it loads what had been read after it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from ..management.commands import web_dev
from ..reloading import checkpoints, watching

PROGRAM = """
import sys
from config.reloading import watching
from config.reloading.checkpoints import Checkpoints

watching.list_templates = set  # Django isn't there
checkpoints = Checkpoints(every=0)
sys.meta_path.insert(0, checkpoints)
checkpoints.take()
import first, second
sys.meta_path.remove(checkpoints)
print("whole", second.WORD, flush=True)
watching.watch(checkpoints, is_whole=True)
"""


def test_it_serves_nothing_without_debug():
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("web_dev")


def test_a_new_interpreter_takes_its_place_and_gets_the_supervisors_pipe(settings, monkeypatch):
    settings.DEBUG = True
    read_end, write_end = os.pipe()
    monkeypatch.setenv(web_dev.PULSE, str(write_end))
    with mock.patch.object(web_dev.os, "execve") as replaced:
        call_command("web_dev")
    ((program, arguments, environment),) = [call.args for call in replaced.call_args_list]
    assert (program, arguments[1:]) == (sys.executable, ["-m", "config.reloading"])
    assert environment["PYTHONPATH"].startswith(f"{settings.ROOT / 'site'}{os.pathsep}{settings.ROOT}")
    assert os.get_inheritable(write_end)
    os.close(read_end)
    os.close(write_end)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """A program of two modules that say when they are loaded; returns what it said since the last time, once whole."""
    (tmp_path / "first.py").write_text("print('first', flush=True)\n")
    (tmp_path / "second.py").write_text("print('second', flush=True)\nWORD = 'old'\n")
    said = tmp_path / "said"
    search = os.pathsep.join(map(str, (tmp_path, django_settings.ROOT / "site", django_settings.ROOT)))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment | {"PYTHONPATH": search},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    seen = [0]

    def hear() -> list[str]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            lines = said.read_text().splitlines()[seen[0] :]
            if lines and lines[-1].startswith("whole"):
                seen[0] += len(lines)
                return lines
            time.sleep(0.02)
        raise AssertionError(f"never whole: {said.read_text()}")

    yield hear
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_only_what_came_after_a_changed_file_is_loaded_again(program, tmp_path):
    assert program() == ["first", "second", "whole old"]
    (tmp_path / "second.py").write_text("print('second', flush=True)\nWORD = 'new'\n")
    assert program() == ["second", "whole new"]
    # of the same size, and within the same second as what has been compiled
    (tmp_path / "second.py").write_text("print('second', flush=True)\nWORD = 'NEW'\n")
    assert program() == ["second", "whole NEW"]
    (tmp_path / "first.py").write_text("print('other first', flush=True)\n")
    assert program() == ["other first", "second", "whole NEW"]
    (tmp_path / "second.py").write_text("print('second', flush=True)\nWORD = 'last'\n")
    assert program() == ["second", "whole last"]


def test_the_files_of_the_product_are_watched_and_not_those_of_packages():
    files = checkpoints.own_files()
    assert web_dev.__file__ in files
    assert not [file for file in files if "site-packages" in file or file == os.__file__]
    root = Path(django_settings.ROOT)
    assert str(root / "templates" / "base.html") in watching.list_templates()
    assert not [path for path in watching.list_templates() if "site-packages" in path]
    assert {web_dev.__file__, str(root / "manage.py")} <= watching.list_code()
