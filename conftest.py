"""What holds for every test of the house."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import TestCase, TransactionTestCase
from django.utils import translation
from hypothesis import settings

# On CI the same examples each time, so that a red run says something about the change; elsewhere new ones.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


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


FLUSHING_FIXTURES = {"transactional_db", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests that empty the database behind them: they run apart, since others need what migrations laid down."""
    for item in items:
        if _flushes(item):
            item.add_marker("flushing")


def _flushes(item: pytest.Item) -> bool:
    database = item.get_closest_marker("django_db")
    if database is not None and database.kwargs.get("transaction"):
        return True
    kind = getattr(item, "cls", None)
    if kind is not None and issubclass(kind, TransactionTestCase) and not issubclass(kind, TestCase):
        return True
    return bool(FLUSHING_FIXTURES & set(getattr(item, "fixturenames", ())))
