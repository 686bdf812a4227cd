"""Watch the files that were read: code that changes is loaded anew, and Django forgets changed templates."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .checkpoints import OTHERS, Checkpoints, own_files

ROOT = Path(__file__).resolve().parents[3]
PAUSE_SECONDS = 0.3
LIST_SECONDS = 5.0  # how often new files are looked for
ROOMS = ("site", "content", "outreach_pages", "case_forms", "notifications")


def watch(checkpoints: Checkpoints, *, is_whole: bool) -> None:
    """Look at the files until code changes, then go back to the checkpoint before it. Doesn't return.

    `is_whole`: all code has been loaded. Otherwise any Python file may be the one that could not be.
    """
    times: dict[str, float] = {}
    listed_at, others = -LIST_SECONDS, set[str]()
    while True:
        if time.monotonic() - listed_at > LIST_SECONDS:
            others, listed_at = (list_templates() if is_whole else list_code()), time.monotonic()
        now = read_times(own_files() | others)
        changed = {file for file, at in now.items() if at > times.get(file, checkpoints.since) and at <= time.time()}
        changed |= times.keys() - now.keys()
        times = now
        if code := {file for file in changed if file.endswith(".py")}:
            checkpoints.go_back_before(code)
        if is_whole:
            tell_django(changed)
        time.sleep(PAUSE_SECONDS)


def list_templates() -> set[str]:
    """Return the paths of our templates and compiled translations."""
    # Here, since a process watches before Django is loaded.
    from django.conf import settings
    from django.template.autoreload import get_template_directories

    folders = [folder for folder in get_template_directories() if not f"{folder}{os.sep}".startswith(OTHERS)]
    return set(_walk(folders)) | {path for path in _walk(settings.LOCALE_PATHS) if path.endswith(".mo")}


def list_code() -> set[str]:
    """Return the paths of all our Python files: of the rooms, on Python's path, and beside those that are loaded."""
    found = {*sys.path, *map(os.path.dirname, own_files())}
    folders = [path for path in found if os.path.isdir(path) and not f"{path}{os.sep}".startswith(OTHERS)]
    beside = (entry.path for folder in folders for entry in os.scandir(folder))
    return {path for path in (*_walk(ROOT / room for room in ROOMS), *beside) if path.endswith(".py")}


def _walk(folders: Iterable[Path | str]) -> Iterator[str]:
    for folder in folders:
        for here, inner, names in os.walk(folder):
            inner[:] = [name for name in inner if name not in {"tests", "__pycache__"}]
            yield from (f"{here}{os.sep}{name}" for name in names)


def read_times(files: Iterable[str]) -> dict[str, float]:
    """Return when each was last changed; without those that are gone."""
    times = {}
    for file in files:
        try:
            times[file] = os.stat(file).st_mtime
        except OSError:
            continue
    return times


def tell_django(files: Iterable[str]) -> None:
    """Let Django forget the templates and translations that it has read from these files."""
    from django.utils.autoreload import file_changed  # as above

    for file in files:
        file_changed.send(sender=None, file_path=Path(file))
