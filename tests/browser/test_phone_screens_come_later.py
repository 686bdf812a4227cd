"""The screens of an open phone come after the page: where they don't, it says so, and the next press asks again."""

import pytest
from playwright.sync_api import expect

from .pocket import Pocket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORGET = """async (part) => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (request.url.includes(part)) await cache.delete(request);
  }
}"""
PART = "/pages/screens/index"


def test_a_phone_whose_screens_do_not_come_says_so_and_opens_once_they_do(pocket: Pocket) -> None:
    pocket.set_up()
    page, context = pocket.page, pocket.context
    page.evaluate(FORGET, PART)
    context.route(f"**{PART}*", lambda route: route.abort())
    page.goto("about:blank")
    pocket.open()
    expect(page.locator("[data-screen] [data-failed]")).to_have_text("That didn't work. Nothing is lost; try again.")
    expect(page.locator("[data-screen=lock]")).to_be_visible()

    context.unroute(f"**{PART}*")
    pocket.unlock()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    expect(page.locator("[data-failed]")).to_have_count(0)


def test_without_a_network_all_screens_come_with_the_stored_page(pocket: Pocket) -> None:
    pocket.set_up()
    pocket.page.wait_for_function("async () => (await caches.keys()).length > 0")
    pocket.kill()
    page = pocket.start(offline=True)
    pocket.open()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    for screen in ("sessions", "settings"):
        page.evaluate("(name) => { location.hash = `#/${name}`; }", screen)
        expect(page.locator(f"[data-screen={screen}]")).to_be_visible()
