"""One Chromium for all tests of this folder; each has a context of its own."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.chromium import launch

expect.set_options(timeout=20_000)  # a busy machine is slow, and that alone fails nothing


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, which Django takes for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
