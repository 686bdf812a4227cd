"""The screens of an open phone come after the page: where they don't, it says so, and the next press asks again."""

import pytest
from playwright.sync_api import expect

from .pocket import PIN, Pocket
from .quiet import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORGET = """async (part) => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (request.url.includes(part)) await cache.delete(request);
  }
}"""
HOLDS = """async (part) => {
  for (const name of await caches.keys()) {
    const stored = await (await caches.open(name)).keys();
    if (stored.some((request) => request.url.includes(part))) return true;
  }
  return false;
}"""
# At once, and only where the lock is still there: the next contact with the service asks for the screens as well.
PRESS = """(pin) => {
  const field = document.querySelector("#pin");
  if (field === null) return;
  field.value = pin;
  field.form.requestSubmit();
}"""
PART = "/pages/screens/index"


def test_a_phone_whose_screens_do_not_come_says_so_and_opens_once_they_do(pocket: Pocket) -> None:
    pocket.set_up()
    page, context = pocket.page, pocket.context
    pocket.wait_until_stored()
    page.evaluate(FORGET, PART)
    context.route(f"**{PART}*", lambda route: route.abort())
    page.goto("about:blank")
    pocket.open()
    expect(page.locator("[data-screen] [data-failed]")).to_have_text("That didn't work. Nothing is lost; try again.")
    expect(page.locator("[data-screen=lock]")).to_be_visible()

    context.unroute(f"**{PART}*")
    page.evaluate(PRESS, PIN)
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    expect(page.locator("[data-failed]")).to_have_count(0)


def test_without_a_network_all_screens_come_with_the_stored_page(pocket: Pocket) -> None:
    pocket.set_up()
    pocket.wait_until_stored()
    pocket.kill()
    page = pocket.start(offline=True)
    pocket.open()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    for screen in ("sessions", "settings"):
        page.evaluate("(name) => { location.hash = `#/${name}`; }", screen)
        expect(page.locator(f"[data-screen={screen}]")).to_be_visible()


def test_a_page_that_was_stored_in_part_is_stored_whole_at_the_next_opening(pocket: Pocket) -> None:
    pocket.set_up()
    pocket.wait_until_stored()
    pocket.page.evaluate(FORGET, PART)
    assert not pocket.page.evaluate(HOLDS, PART)
    pocket.kill()
    page = pocket.start()
    pocket.open()
    assert until(page, lambda: page.evaluate(HOLDS, PART))
    pocket.kill()
    page = pocket.start(offline=True)
    pocket.open()
    expect(page.locator("[data-part=first] button").first).to_be_visible()


def test_a_version_that_was_left_beside_a_newer_one_goes_at_the_next_opening(pocket: Pocket) -> None:
    pocket.set_up()
    pocket.wait_until_stored()
    pocket.page.evaluate("async () => { await caches.open('vatra-device-page-0'); }")
    pocket.kill()
    page = pocket.start()
    pocket.open()
    assert until(page, lambda: page.evaluate("async () => (await caches.keys()).length") == 1)
