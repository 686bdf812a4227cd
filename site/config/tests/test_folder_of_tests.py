"""Processes that run tests keep their files apart."""

from pathlib import Path

import pytest

from ..settings import folder_of_tests
from ..settings.folder_of_tests import folder_of_this_process


@pytest.mark.parametrize(
    ("given", "worker", "folder"),
    [("/a", "", "/a"), ("/a", "gw0", "/a/gw0"), ("/a", "gw1", "/a/gw1"), ("/a/gw1", "gw1", "/a/gw1")],
    ids=[
        "one process keeps to what was given",
        "a first",
        "and a second have their own",
        "which what they start shares",
    ],
)
def test_each_process_of_a_run_has_a_folder_of_its_own(monkeypatch, given, worker, folder):
    monkeypatch.setenv("DATA_DIR", given)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    assert folder_of_this_process() == folder


def test_a_run_that_was_given_no_folder_makes_one_that_is_empty(monkeypatch):
    monkeypatch.setattr(folder_of_tests, "_kept", [])  # this run may have made one, and not be empty any more
    monkeypatch.delenv("DATA_DIR")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "")
    assert list(Path(folder_of_this_process()).iterdir()) == []
