"""What stays on a reader's phone, in a real browser: nothing by itself, pages by choice, and nothing after the exit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from content.models import ArticlePage, HelpPage
from content.seeding.actions import seed_content
from tests.rows import laid_down

from .pictures import picture
from .quiet import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = "() => caches.has('vatra-kept')"
WORKERS = "() => navigator.serviceWorker.getRegistrations().then((all) => all.length)"
STORED = "() => Object.keys(localStorage).filter((name) => name.startsWith('vatra.')).length"


@pytest.fixture
def address(live_server: Any, settings: Any, transactional_db: Any) -> str:
    """Of the Albanian site; the exit leads to a neutral page of this very server, since tests reach no other."""
    laid_down(seed_content)
    settings.EXIT_URL = f"{live_server.url}/static/img/app/neutral.svg"
    page = ArticlePage.objects.get(slug="what-stays-on-the-phone")
    page.body = [("phone_controls", {"title": "What this phone keeps"})]
    page.save_revision().publish()
    return str(live_server.url)


@pytest.fixture
def phone(chromium: Any) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    yield context
    context.close()


def opened(phone: BrowserContext, url: str) -> Page:
    page = phone.new_page()
    page.goto(url)
    return page


def keep_pages(phone: BrowserContext, address: str) -> Page:
    page = opened(phone, f"{address}/en/what-stays-on-the-phone/")
    page.get_by_role("button", name="Save these pages on this phone").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    return page


def test_reading_leaves_nothing_behind_and_loads_nothing_from_elsewhere(phone: BrowserContext, address: str) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    page = opened(phone, f"{address}/en/")
    for path in ("/en/help/", "/en/what-stays-on-the-phone/", "/en/nothing-here/"):
        page.goto(f"{address}{path}")
    assert page.evaluate(WORKERS) == 0
    assert page.evaluate(KEPT) is False
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    assert phone.cookies() == []
    assert all(url.startswith(address) for url in asked)


@pytest.mark.main
def test_chosen_pages_are_read_without_a_network_with_their_day(phone: BrowserContext, address: str) -> None:
    page = keep_pages(phone, address)
    help_page = HelpPage.objects.get(locale__language_code="en")
    expect(page.get_by_role("link", name=help_page.title).last).to_be_visible()
    picture(page, "phone_kept_360")
    phone.set_offline(True)
    page.goto(f"{address}/en/help/")
    expect(page.get_by_role("note")).to_contain_text("A copy saved on this phone on")
    expect(page.get_by_role("link", name="129").first).to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.querySelector('.public-bar')).display") == "flex"
    picture(page, "phone_offline_copy_360")
    page.goto(f"{address}/en/questions/")
    expect(page.get_by_role("heading", name="There is no network now")).to_be_visible()
    expect(page.get_by_role("link", name=help_page.title).last).to_be_visible()
    picture(page, "phone_no_network_360")


def test_a_copy_is_made_anew_when_there_is_a_network_and_dropped_when_the_page_is_gone(
    phone: BrowserContext, address: str
) -> None:
    page = keep_pages(phone, address)
    HelpPage.objects.get(locale__language_code="en").unpublish()
    page.goto(f"{address}/en/help/")
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    is_dropped = "async () => !(await (await caches.open('vatra-kept')).match(new URL('/en/help/', location.href)))"
    assert until(page, lambda: page.evaluate(is_dropped))


def test_the_help_page_offers_to_keep_itself(phone: BrowserContext, address: str) -> None:
    page = opened(phone, f"{address}/en/help/")
    page.get_by_role("button", name="Save this page on this phone").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    picture(page, "phone_keep_help_360")
    phone.set_offline(True)
    page.reload()
    expect(page.get_by_role("note")).to_contain_text("A copy saved on this phone on")


def test_removing_takes_everything_kept_away(phone: BrowserContext, address: str) -> None:
    page = keep_pages(phone, address)
    page.get_by_role("button", name="Delete saved pages").click()
    expect(page.get_by_role("status").filter(has_text="Deleted.")).to_be_visible()
    assert page.evaluate(KEPT) is False
    assert page.evaluate(WORKERS) == 0


@pytest.mark.parametrize("way", ["link", "shift", "skip"])
def test_each_way_out_takes_away_what_was_kept(phone: BrowserContext, address: str, way: str) -> None:
    page = keep_pages(phone, address)
    page.get_by_label("Show these pages under the title").check()
    expect(page).to_have_title("Page")
    assert page.evaluate(STORED) == 1
    page.goto(f"{address}/en/help/")
    expect(page).to_have_title("Page")
    if way == "link":
        page.locator("a.exit").click()
    elif way == "skip":
        page.locator("a.skip-link[data-exit]").focus()
        page.keyboard.press("Enter")
    else:
        for _time in range(3):
            page.keyboard.press("Shift")
    page.wait_for_url("**/neutral.svg")
    after = opened(phone, f"{address}/en/")
    assert after.evaluate(KEPT) is False
    assert after.evaluate(WORKERS) == 0
    assert after.evaluate(STORED) == 0
    assert after.title() != "Page"


def test_leaving_covers_the_page_at_once_and_waits_a_tenth_of_a_second_at_most(
    phone: BrowserContext, address: str
) -> None:
    page = opened(phone, f"{address}/en/")
    page.route("**/dil/", lambda route: None)  # never answered: what happens before counts
    # A browser in which forgetting never ends, and whose clock moves only when it is told to.
    page.evaluate("() => { caches.delete = () => new Promise(() => {}); }")
    page.clock.install()
    page.clock.pause_at(datetime(2100, 1, 1, tzinfo=UTC))
    with page.expect_request("**/dil/") as asked:
        covered = page.evaluate(
            "() => { document.querySelector('a.exit').click(); return document.body.style.display + document.title; }"
        )
        page.clock.run_for(100)
    assert covered == "none…"
    assert asked.value.url == f"{address}/dil/"


def test_without_a_network_the_exit_does_not_leave_our_address_in_the_bar(phone: BrowserContext, address: str) -> None:
    page = keep_pages(phone, address)
    page.goto(f"{address}/en/help/")
    phone.set_offline(True)
    with page.expect_request("**/neutral.svg"):
        page.locator("a.exit").click()


def test_without_javascript_nothing_is_offered_and_the_exit_is_a_link(chromium: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = opened(context, f"{address}/en/what-stays-on-the-phone/")
    expect(page.get_by_role("button", name="Save these pages on this phone")).to_be_hidden()
    expect(page.get_by_text("Your browser can't save pages")).to_be_visible()
    page.locator("a.exit").click()
    page.wait_for_url("**/neutral.svg")
    context.close()
