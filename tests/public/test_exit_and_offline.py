"""Leaving quickly, three ways, and reading without a network: what is kept, and that it goes."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import Public

pytestmark = pytest.mark.browser
CACHES = "async () => (await caches.keys()).length"
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"


def help_page(page: Page, public: Public) -> str:
    page.goto(public.at("/"))
    return public.at(page.locator("a.btn-next").first.get_attribute("href") or "")


def has_left(page: Page) -> None:
    expect(page.get_by_role("heading", name="Moti")).to_be_visible()
    assert page.url.startswith("https://sq.wikipedia.org/")


def test_without_javascript_the_exit_is_a_link_that_clears(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(script=False).new_page()
    page.goto(help_page(page, public))
    page.locator("a.exit").click()
    has_left(page)
    # Playwright shows nothing of a header that the browser has acted upon.
    answer = httpx.get(public.at("/dil/"), headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", ["click", "shift"])
def test_with_javascript_the_page_is_covered_and_back_leads_nowhere(
    public: Public, phone: Callable[..., BrowserContext], way: str
) -> None:
    page = phone().new_page()
    before = public.at("/en/")
    page.goto(before)
    page.goto(help_page(page, public))
    page.wait_for_function("document.readyState === 'complete'")
    page.wait_for_timeout(300)
    if way == "click":
        page.locator("a.exit").click()
    else:
        for _press in range(3):
            page.keyboard.press("Shift")
    has_left(page)
    page.go_back()
    assert not page.url.endswith("/ndihme/"), "the page that was left isn't the step before"


def test_kept_pages_are_read_without_a_network_and_go_with_the_exit(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    page = context.new_page()
    address = help_page(page, public)
    page.goto(public.at(f"/k/{public.code}/"))
    assert (page.evaluate(CACHES), page.evaluate(WORKERS)) == (0, 0), "nothing is kept before it is asked for"
    keep = page.locator("[data-phone-keep]")
    expect(keep).to_be_visible()
    keep.click()
    expect(page.locator("[data-phone-remove]")).to_be_visible()
    context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("a[href='tel:129']").first).to_be_visible()
    page.goto(address)
    expect(page.locator("a[href='tel:116111']").first).to_be_visible()
    page.goto(public.at("/en/nothing-of-this-is-kept/"))
    expect(page.locator("a[href='tel:129']").first).to_be_visible()
    context.set_offline(False)
    page.goto(address)
    page.wait_for_function("document.readyState === 'complete'")
    page.locator("a.exit").click()
    has_left(page)
    page.goto(public.at("/en/"))
    assert (page.evaluate(CACHES), page.evaluate(WORKERS)) == (0, 0), "the exit took all of it away"
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
