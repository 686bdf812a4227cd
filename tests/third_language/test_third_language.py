"""The service with a third language, into which nothing is translated: `walk.py`, in a process with such settings."""

import os
import subprocess
import sys

import pytest

from tests.chaos.parts import ROOT

pytestmark = pytest.mark.faults  # it starts a process: the languages are read once, when one begins
OF_THIS_RUN = ("COV_", "PYTEST_", "DATA_DIR", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")


def test_everything_works_in_a_language_that_is_only_in_the_settings() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    words = ("-p", "no:cacheprovider", "-q", "--ds", "tests.third_language.settings", "-o", "python_functions=walk_*")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "tests/third_language/walk.py"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "4 passed" in done.stdout
