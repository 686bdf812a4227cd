"""What holds for every test of the system."""

import gc
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

from tests import as_postgresql, examples, marked_files, queues, rows, template_database

# Nearly all that is imported and collected stays: the garbage collector would walk it again and again for nothing,
# which took more than a quarter of collecting.
gc.set_threshold(200_000, 20, 1000)
# On CI the same examples each time, so that a red run says something about the change; elsewhere new ones.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
template_database.use_template()
# The node of the development packages stands beside this Python: tests of the pages' scripts find it there.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(autouse=True, scope="module")
def language_of_the_system() -> Iterator[None]:
    """Each file begins in the system's language, and so does what it lays down for all its tests."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def language_of_each(language_of_the_system: None) -> Iterator[None]:
    """Each test begins in it too: the language of a request stays active in its thread when the request has ended."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def in_english(language_of_each: None) -> Iterator[None]:
    """For tests that look for words of the page."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def queues_begin_empty() -> None:
    """A rolled-back test takes its tasks along where the database keeps them, not where Redis does."""
    queues.empty_lasting_queues()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A test that commits leaves the database as migrations did, not empty (tests/rows.py)."""
    with django_db_blocker.unblock():
        template_database.keep_template()
        # As at a start of the service: the key of `audit.sealed_rows`, which a process reads once, is there already.
        from vault import lasting

        lasting.establish(frozenset({lasting.ROWS}))
        rows.remember_the_beginning()


def _back_to_the_beginning(test: TransactionTestCase) -> None:
    if not rows.back_to_the_beginning():
        _emptied(test)


as_postgresql.refuse_what_postgresql_refuses()
_emptied = TransactionTestCase._fixture_teardown
TransactionTestCase._fixture_teardown = _back_to_the_beginning


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: the garbage collector need not walk it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(examples)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked_files.check_none_is_missed(items)
    marked_files.mark_random(items)


@pytest.fixture(autouse=True)
def texts_are_read_anew() -> None:
    """A process keeps the texts of messages for some seconds: no test words a mail with those of another one."""
    from notifications.texts.in_force import kept

    kept.forget()


@pytest.fixture
def own_data_keys(settings: Any, tmp_path: Path) -> None:
    """A folder of data keys of the test's own: for one that turns the ring, which seals anew every key in there."""
    from vault import data_keys

    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()
