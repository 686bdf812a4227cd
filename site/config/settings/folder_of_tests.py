"""The folder of a test run: its own, deleted when the run ends."""

import os
from tempfile import TemporaryDirectory

_kept: list[TemporaryDirectory[str]] = []


def folder_of_this_process() -> str:
    """Return DATA_DIR where it was given, else a new folder; within it one more for each process of pytest-xdist.

    Two processes with one folder would find each other's files. What such a process starts has its environment, and so
    shares its folder.
    """
    folder, worker = os.environ.get("DATA_DIR", ""), os.environ.get("PYTEST_XDIST_WORKER", "")
    if not folder:
        _kept.append(TemporaryDirectory(prefix="vatra-test-", ignore_cleanup_errors=True))
        folder = _kept[0].name
    return os.path.join(folder, worker) if worker and os.path.basename(folder) != worker else folder
