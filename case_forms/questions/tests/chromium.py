"""Debian's Chromium, for tests that need a real page but no server."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.chromium import launch

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "static"
HERE = "https://questions.test"
KINDS = {".js": "text/javascript", ".css": "text/css"}


OpenPage = Callable[..., AbstractContextManager[Page]]


@contextmanager
def a_browser() -> Iterator[OpenPage]:
    """A function that opens a page: its HTML is given, static files come from the folder, nothing else is fetched."""
    # Playwright's loop runs in this thread, which Django takes for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium)
            yield functools.partial(_opened, browser)
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def _opened(browser: Browser, html: str, **options: Any) -> Iterator[Page]:
    page = browser.new_context(**options).new_page()
    page.route("**/*", functools.partial(_answer, html))
    page.goto(f"{HERE}/")
    yield page
    page.context.close()


def _answer(html: str, route: Route) -> None:
    path = route.request.url.removeprefix(HERE)
    if path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
        return
    file = STATIC / path.removeprefix("/static/")
    if path.startswith("/static/") and file.is_file():
        route.fulfill(body=file.read_text(), content_type=KINDS[file.suffix])
    else:
        route.abort()
