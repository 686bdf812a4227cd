from collections.abc import Iterator

import pytest

from .chromium import OpenPage, a_browser


@pytest.fixture(scope="module")
def open_page() -> Iterator[OpenPage]:
    """A real browser, for the tests marked `browser`: `with open_page(html) as page`."""
    with a_browser() as opener:
        yield opener
