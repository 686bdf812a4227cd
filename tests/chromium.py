"""Debian's Chromium, as all tests with a browser start it, and how long they wait for it."""

import functools
import shutil
from collections.abc import Callable
from typing import Any

from playwright._impl._sync_base import mapping
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, PageAssertions, expect

WHOLE = "/usr/bin/chromium"
# The same browser without what draws windows: it takes half the processor time.
LIGHT = shutil.which("chromium-headless-shell") or WHOLE

# A busy machine is slow, and that alone fails nothing: with two processors and a load of twelve a page took 25 s.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


def _page_of(acted: Page | Locator | PageAssertions) -> Page:
    match acted:
        case PageAssertions():
            page: Page = mapping.from_impl(acted._impl_obj._actual_page)
            return page
        case Locator():
            return acted.page
        case page:
            return page


def _until_loaded(act: Callable[..., Any]) -> Callable[..., Any]:
    """The same act, which ends once the page that it led to is there.

    Playwright's own waits until an answer has begun to arrive. What counts or measures right after it found, on a busy
    machine, a page of which half was read. An act that leads nowhere costs nothing: the state is known here.
    """

    @functools.wraps(act)
    def loaded(self: Any, *what: Any, **how: Any) -> Any:
        result = act(self, *what, **how)
        if not (page := _page_of(self)).is_closed():
            page.wait_for_load_state("load", timeout=PATIENCE_MS)
        return result

    return loaded


for kind, names in {Page: ("click", "press"), Locator: ("click", "press"), PageAssertions: ("to_have_url",)}.items():
    for name in names:
        setattr(kind, name, _until_loaded(getattr(kind, name)))


def launch(
    kind: BrowserType, *, whole: bool = False, without: list[str] | None = None, besides: list[str] | None = None
) -> Browser:
    """Start a browser. `without`: arguments of Playwright's own that are left out; `besides`: further ones.

    `whole`: for what a phone does when a page is left: the light one keeps no page in memory, and asks nobody about the
    address that a page leads away to.
    """
    browser = kind.launch(
        executable_path=WHOLE if whole else LIGHT,
        args=["--no-sandbox", *(besides or [])],
        ignore_default_args=without or [],
    )
    make_context = browser.new_context

    def new_context(**how: Any) -> BrowserContext:
        context = make_context(**how)
        context.set_default_timeout(PATIENCE_MS)
        return context

    browser.new_context = new_context  # type: ignore[method-assign]
    return browser
