"""Every kind of public page, in both languages: for readers of small, large, dark and spoken pages."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from .conftest import SIZES, Public, sign_in
from .test_pupils_way import way_of_a_message

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
    paths = [own(address) for address in found.values()]
    code = public.code
    around = [
        "/k/",
        f"/k/{code}/",
        f"/k/{code}/mendimi/",
        "/k/ZZZZ2222/",
        "/pyet/",
        "/pyet/takim/",
        f"/pyet/k/{code}/",
        "/pyet/pergjigje/",
        "/pa-rrjet/",
        "/nuk-ka/",
    ]
    searches = [f"{found['content.SearchPage', each]}?q=pol" for each in ("sq", "en")]
    searches += [f"{each[:-3]}zzqq" for each in searches]
    return paths + [own(each) for each in searches] + around + [f"/en{path}" for path in around]


def own(address: str) -> str:
    return re.sub(r"^https?://[^/]+", "", address)


def what_axe_finds(page: Page) -> list[Any]:
    """In the light everything, then the colours in the dark, without loading the page anew."""
    found = []
    for scheme, options in (("light", RULES), ("dark", {"runOnly": ["cat.color"]})):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        violations = Axe().run(page, options=options).response["violations"]
        found += [(scheme, each["id"], [node["target"] for node in each["nodes"]]) for each in violations]
    return found


def test_axe_finds_nothing_on_any_kind_of_page(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone().new_page()
    found: dict[str, Any] = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        found[path] = what_axe_finds(page)
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize("language", ["sq", "en"])
def test_axe_finds_nothing_on_the_way_of_a_message(
    public: Public, phone: Callable[..., BrowserContext], language: str
) -> None:
    page = phone().new_page()
    found: dict[str, Any] = {}
    for state in way_of_a_message(page, public, "/en" if language == "en" else ""):
        found[state] = what_axe_finds(page)
    assert len(found) == 10, list(found)
    assert {state: each for state, each in found.items() if each} == {}


def test_no_page_is_wider_than_its_screen(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone().new_page()
    wider = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate(WIDER) > 0:
                wider[path, size] = page.evaluate(WIDER)
    assert wider == {}


def test_text_of_twice_the_size_still_fits(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone(size="narrow").new_page()
    wider = {}
    for path in one_of_each(public):
        page.goto(public.at(path))
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for answer in page.locator(".quiz-question input").all():
            answer.check()
        if page.evaluate(WIDER) > 0:
            wider[path] = page.evaluate(WIDER)
    assert wider == {}


def test_what_a_unit_works_with_fits_a_small_phone_with_text_of_twice_the_size(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(size="narrow").new_page()
    sign_in(page, public, "vlore1")
    case = page.locator("main a[href^='/field/cases/']").first.get_attribute("href")
    wider = {}
    for path in [
        "/field/",
        case,
        public.session,
        f"{public.session}page/",
        "/field/signals/",
        "/field/sessions/",
        "/field/sessions/requests/",
        "/field/sessions/month/",
        "/field/sessions/numbers/",
        "/field/sessions/calendar/",
        "/field/sessions/plan/",
        "/accounts/2fa/",
        "/accounts/password/change/",
    ]:
        page.goto(public.at(path or "/nowhere/"))
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(WIDER) > 0:
            wider[path] = page.evaluate(WIDER)
    assert wider == {}


def test_the_tabs_of_sessions_stand_in_one_row(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone().new_page()
    sign_in(page, public, "vlore1")
    page.goto(public.at("/field/sessions/"))
    tops = page.locator(".tabs a").evaluate_all("tabs => tabs.map((each) => each.getBoundingClientRect().bottom)")
    assert len(tops) == 4
    assert len({round(each) for each in tops}) == 1
    assert page.evaluate(
        "(() => { const row = document.querySelector('.tabs'); return row.scrollWidth <= row.clientWidth; })()"
    )


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
    assert links[:2] == ["Leave quickly", "Skip to content"], links[:4]
    assert "- main:" in heard
    assert "contentinfo" in heard
    levels = [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", heard)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
