"""What holds for every test of the house."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests import rows, template_database

# On CI the same examples each time, so that a red run says something about the change; elsewhere new ones.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
template_database.use_template()
# The node of the development packages stands beside this Python: tests of the pages' scripts find it there.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(autouse=True, scope="module")
def language_of_the_house() -> Iterator[None]:
    """Each file begins in the house's language, whatever the one before it left behind."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="module")
def in_english(language_of_the_house: None) -> Iterator[None]:
    """For files that look for words of the page."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A test that commits leaves the database as migrations did, not empty (tests/rows.py)."""
    with django_db_blocker.unblock():
        template_database.keep_template()
        rows.remember_the_beginning()


def _back_to_the_beginning(test: TransactionTestCase) -> None:
    if not rows.back_to_the_beginning():
        _emptied(test)


_emptied = TransactionTestCase._fixture_teardown
TransactionTestCase._fixture_teardown = _back_to_the_beginning


class FilesAndHouses(LoadFileScheduling):
    """With --dist loadfile: each file in one process, and all files around the one running house in the same."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/public" if nodeid.startswith("tests/public/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndHouses | None:
    return FilesAndHouses(config, log) if config.getoption("dist") == "loadfile" else None
