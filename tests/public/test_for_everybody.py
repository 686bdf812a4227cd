"""Every kind of public page, in both languages: for readers of small, large, dark and spoken pages."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext

from .conftest import SIZES, Public

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def one_of_each(public: Public) -> list[str]:
    """The address of one page of each type in each language, and of the pages around the card."""
    found: dict[tuple[str, str], str] = {}
    with httpx.Client(base_url=public.at("")) as client:
        for language in ("sq", "en"):
            listed = client.get("/api/v2/pages/", params={"locale": language, "limit": 100}).json()
            for page in listed["items"]:
                found.setdefault((page["meta"]["type"], language), page["meta"]["html_url"])
    assert len(found) >= 22, sorted(found)
    paths = [re.sub(r"^https?://[^/]+", "", address) for address in found.values()]
    code = public.code
    around = [
        "/k/",
        f"/k/{code}/",
        f"/k/{code}/mendimi/",
        "/k/ZZZZ2222/",
        f"/pyet/k/{code}/",
        "/pyet/pergjigje/",
        "/nuk-ka/",
    ]
    return paths + around + [f"/en{path}" for path in around]


def test_axe_finds_nothing_on_any_kind_of_page(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone().new_page()
    found: dict[str, Any] = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        results = Axe().run(page, options=RULES)
        if results.violations_count:
            found[path] = [
                (each["id"], [node["target"] for node in each["nodes"]]) for each in results.response["violations"]
            ]
    assert found == {}, json.dumps(found, indent=1)


def test_in_the_dark_the_contrast_holds(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone(dark=True).new_page()
    found: dict[str, Any] = {}
    for path in one_of_each(public)[::2]:
        page.goto(public.at(path))
        results = Axe().run(page, options={"runOnly": ["cat.color"]})
        if results.violations_count:
            found[path] = [
                (each["id"], [node["target"] for node in each["nodes"]]) for each in results.response["violations"]
            ]
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_screen(public: Public, phone: Callable[..., BrowserContext], size: str) -> None:
    page = phone(size=size, script=True).new_page()
    wider = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        if page.evaluate(WIDER) > 0:
            wider[path] = page.evaluate(WIDER)
    assert wider == {}


def test_text_of_twice_the_size_still_fits(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone(size="phone").new_page()
    wider = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(WIDER) > 0:
            wider[path] = page.evaluate(WIDER)
    assert wider == {}


def test_everything_can_be_reached_by_keyboard_and_each_stop_is_seen(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(size="desktop").new_page()
    page.goto(public.at("/"))
    page.evaluate(
        "window.stops = [...document.querySelectorAll('a[href],button,input,select,summary')]"
        ".filter(e => e.checkVisibility())"
    )
    stops = page.evaluate("stops.length")
    seen = set()
    for _press in range(stops + 5):
        page.keyboard.press("Tab")
        number, shows, html = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " const shows = s.outlineStyle !== 'none' || s.boxShadow !== 'none';"
            " return [stops.indexOf(e), shows, e.outerHTML.slice(0, 200)]; })()"
        )
        if html.startswith("<body"):
            break
        assert shows, f"focus can't be seen on {html}"
        seen.add(number)
    assert seen >= set(range(stops))


def test_a_screen_reader_hears_the_exit_first_then_the_way_to_the_text(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone().new_page()
    page.goto(public.at("/en/"))
    heard = page.locator("body").aria_snapshot()
    links = re.findall(r'link "([^"]+)"', heard)
    assert links[:2] == ["Leave quickly", "Skip to the content"], links[:4]
    assert "- main:" in heard
    assert "contentinfo" in heard
    levels = [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", heard)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
