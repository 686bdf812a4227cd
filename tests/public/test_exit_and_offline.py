"""Leaving quickly, three ways, and reading without a network: what is kept, and that it goes."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from tests.browser.quiet import until, until_done
from tests.chromium import launch

from .conftest import Public

pytestmark = pytest.mark.browser
MONTHS = "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor".split()  # noqa: SIM905
IS_SHOWN = "() => document.readyState === 'complete' && getComputedStyle(document.documentElement).display !== 'none'"
CACHES = "async () => (await caches.keys()).length"
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"


def help_page(page: Page, public: Public) -> str:
    page.goto(public.at("/"))
    return public.at(page.locator("a.btn-next").first.get_attribute("href") or "")


def has_left(page: Page, public: Public) -> None:
    expect(page.get_by_role("heading", name="Moti")).to_be_visible()
    assert page.url == public.neutral


@pytest.mark.main
def test_without_javascript_the_exit_is_a_link_that_clears(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(script=False).new_page()
    page.goto(help_page(page, public))
    page.locator("a.exit").click()
    has_left(page, public)
    # Playwright shows nothing of a header that the browser has acted upon.
    answer = httpx.get(public.at("/dil/"), headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert answer.headers["cache-control"] == "no-store"


BEFORE = "https://kerkim.example/"
SLOW = 1.5  # seconds: more than left.js waits to see whether Back goes anywhere
# Says which of our pages was there to be seen in a frame of the screen.
TELL_WHAT_IS_SEEN = """
const look = () => {
  const root = document.documentElement;
  const cover = document.body && getComputedStyle(document.body).display === "none";
  if (root && getComputedStyle(root).display !== "none" && !cover && document.querySelector("h1, p"))
    window.seen(location.href);
};
const each = () => { look(); requestAnimationFrame(each); };
requestAnimationFrame(each);
"""


def visited(page: Page, public: Public, *paths: str) -> list[str]:
    """Comes from elsewhere, reads these pages one after the other; what is seen from then on goes into the list."""
    seen: list[str] = []
    page.context.route(f"{BEFORE}**", lambda route: route.fulfill(content_type="text/html", body="<p>Kërkim</p>"))
    page.goto(BEFORE)
    for path in paths:
        page.goto(public.at(path))
    page.wait_for_function("document.readyState === 'complete'")
    until_done(page)
    page.expose_function("seen", lambda address: seen.append(address))
    page.add_init_script(TELL_WHAT_IS_SEEN)
    return seen


def leave(page: Page, public: Public, way: str) -> None:
    if way == "click":
        page.locator("a.exit").click()
    else:
        for _press in range(3):
            page.keyboard.press("Shift")
    has_left(page, public)


def press(page: Page, way: str) -> None:
    """The browser's Back or Forward, and wherever the page that comes leads on to. Nothing where the button is grey."""
    tools = page.context.new_cdp_session(page)
    history = tools.send("Page.getNavigationHistory")
    tools.detach()
    wanted = history["currentIndex"] + {"back": -1, "forward": 1}[way]
    if 0 <= wanted < len(history["entries"]):
        with page.expect_event("framenavigated"):
            page.evaluate(f"void setTimeout(() => history.{way}(), 0)")
        assert until(page, lambda: has_arrived(page))


def has_arrived(page: Page) -> bool:
    """Whether the page has loaded and isn't one that leads out: such a page shows nothing (left.js)."""
    try:
        if not page.evaluate(IS_SHOWN):
            return False
        until_done(page)
        return bool(page.evaluate(IS_SHOWN))
    except Error:  # it was just being left
        return False


def shown_of_ours(seen: list[str], public: Public) -> list[str]:
    return [address for address in dict.fromkeys(seen) if address.startswith(public.at("/"))]


@pytest.fixture(scope="module", params=["page-cache", "no-page-cache"])
def whole_chromium(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Browser]:
    """A Chromium that keeps pages it left in memory, as phones do, or one that loads them anew."""
    leave_out = ["--disable-back-forward-cache"] if request.param == "page-cache" else []
    browser = launch(chromium.browser_type, whole=True, without=leave_out)
    yield browser
    browser.close()


@pytest.fixture
def tab(whole_chromium: Browser) -> Iterator[Page]:
    """A tab that nobody has used yet."""
    context = whole_chromium.new_context(viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.mark.main
@pytest.mark.parametrize("way", ["click", "shift"])
def test_back_after_the_exit_shows_none_of_the_pages_that_were_read(public: Public, tab: Page, way: str) -> None:
    seen = visited(tab, public, "/", "/si-ta-dalloni/", "/ndihme/")
    leave(tab, public, way)
    press(tab, "back")
    assert tab.url == BEFORE, "Back led out of the site"
    for _press in range(3):
        press(tab, "forward")
    assert shown_of_ours(seen, public) == [], "no page of ours was on the screen for one frame"


def test_back_leads_out_also_where_the_network_is_slower_than_we_wait(public: Public, tab: Page) -> None:
    seen = visited(tab, public, "/", "/ndihme/")
    tab.context.unroute(f"{BEFORE}**")

    def answer_late(route: Route) -> None:
        time.sleep(SLOW)
        route.fulfill(content_type="text/html", body="<p>Kërkim</p>")

    tab.context.route(f"{BEFORE}**", answer_late)
    leave(tab, public, "click")
    tab.evaluate("void setTimeout(() => history.back(), 0)")
    # A page from the browser's memory is shown without being loaded.
    tab.wait_for_url(BEFORE, wait_until="commit")
    assert shown_of_ours(seen, public) == []


def test_back_after_the_exit_brings_back_no_form_that_was_being_written(public: Public, tab: Page) -> None:
    seen = visited(tab, public, f"/pyet/k/{public.code}/")
    for text in tab.locator("textarea").all():
        text.fill("Një makinë pret te shkolla.")
    tab.locator("button[value=next]:not(.visually-hidden)").first.click()
    expect(tab.locator("input[name=sheet]")).to_be_attached()
    until_done(tab)
    seen.clear()
    leave(tab, public, "click")
    seen.clear()  # of the page itself, before it was covered
    press(tab, "back")
    assert tab.url == BEFORE
    press(tab, "forward")
    assert shown_of_ours(seen, public) == []


def test_where_nothing_was_read_before_us_back_shows_the_neutral_page(public: Public, tab: Page) -> None:
    tab.goto(public.at("/"))
    seen = visited_here(tab, public)
    leave(tab, public, "click")
    for _press in range(3):
        press(tab, "back")
        assert not tab.url.endswith(("/ndihme/", "/si-ta-dalloni/")), tab.url
    assert shown_of_ours(seen, public) == []


def visited_here(page: Page, public: Public) -> list[str]:
    seen: list[str] = []
    for path in ("/si-ta-dalloni/", "/ndihme/"):
        page.goto(public.at(path))
    page.wait_for_function("document.readyState === 'complete'")
    until_done(page)
    page.expose_function("seen", lambda address: seen.append(address))
    page.add_init_script(TELL_WHAT_IS_SEEN)
    return seen


def test_a_single_page_is_replaced_and_the_first_back_leads_out(public: Public, tab: Page) -> None:
    seen = visited(tab, public, "/ndihme/")
    leave(tab, public, "click")
    press(tab, "back")
    assert tab.url == BEFORE
    assert shown_of_ours(seen, public) == []


def test_back_between_our_pages_is_as_it_was(public: Public, tab: Page) -> None:
    visited(tab, public, "/", "/si-ta-dalloni/", "/ndihme/")
    press(tab, "back")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    assert tab.url.endswith("/si-ta-dalloni/")


def test_who_comes_again_in_the_same_tab_reads_as_before(public: Public, tab: Page) -> None:
    visited(tab, public, "/", "/ndihme/")
    leave(tab, public, "click")
    tab.goto(public.at("/si-ta-dalloni/"))
    tab.goto(public.at("/ndihme/"))
    until_done(tab)
    press(tab, "back")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    assert tab.url.endswith("/si-ta-dalloni/")


def test_the_exit_stores_nothing(public: Public, tab: Page) -> None:
    visited(tab, public, "/", "/ndihme/")
    leave(tab, public, "click")
    tab.goto(public.at("/en/"))
    assert tab.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_where_back_can_still_show_a_page_the_page_says_so_before(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(script=False).new_page()
    page.goto(public.at("/en/"))
    expect(page.locator("[data-exit-back-shows]")).to_be_visible()
    page = phone().new_page()
    page.goto(public.at("/en/"))
    expect(page.locator("[data-exit-back-shows]")).to_be_hidden()


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
    today = datetime.now(ZoneInfo("Europe/Tirane"))
    expect(page.locator(".kept-note")).to_contain_text(f"{today.day} {MONTHS[today.month - 1]} {today.year}")
    expect(page.locator("a[href='tel:129']").first).to_be_visible()
    page.goto(address)
    expect(page.locator("a[href='tel:116111']").first).to_be_visible()
    page.goto(public.at("/en/nothing-of-this-is-kept/"))
    expect(page.locator("a[href='tel:129']").first).to_be_visible()
    context.set_offline(False)
    page.goto(address)
    page.wait_for_function("document.readyState === 'complete'")
    page.locator("a.exit").click()
    has_left(page, public)
    page.goto(public.at("/en/"))
    assert (page.evaluate(CACHES), page.evaluate(WORKERS)) == (0, 0), "the exit took all of it away"
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.parametrize("home", ["/", "/en/"])
def test_the_other_language_stands_in_the_header_of_the_narrowest_phone(
    public: Public, phone: Callable[..., BrowserContext], home: str
) -> None:
    page = phone(size="narrow").new_page()
    page.goto(public.at(home))
    link = page.locator("header .languages a")
    expect(link).to_be_in_viewport()
    box, exit_box = link.bounding_box(), page.locator("header a.exit").bounding_box()
    assert box is not None
    assert exit_box is not None
    assert box["width"] >= 36
    assert box["height"] >= 44
    assert abs(box["y"] - exit_box["y"]) < 12, "one line holds both"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(page.get_by_role("link", name="English" if home == "/" else "Shqip").first).to_be_visible()
