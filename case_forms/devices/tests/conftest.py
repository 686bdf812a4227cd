"""A Chromium for tests of a form on a phone, which needs no server."""

from collections.abc import Iterator

import pytest

from case_forms.questions.tests.chromium import OpenPage, a_browser


@pytest.fixture(scope="module")
def open_page() -> Iterator[OpenPage]:
    with a_browser() as opened:
        yield opened
