"""Forced colours, paper, and the keyboard alone: what must not be lost where the system's colours or a mouse are."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import Public
from .test_for_everybody import one_of_each

pytestmark = pytest.mark.browser
WITHOUT_AN_EDGE = """() => [...document.querySelectorAll(".btn, .panel, .card, .badge, .line, .input, .q-input")]
  .filter((part) => part.checkVisibility())
  .filter((part) => {
    const style = getComputedStyle(part);
    return style.borderTopWidth === "0px" || style.borderTopColor === getComputedStyle(document.body).backgroundColor;
  })
  .map((part) => part.outerHTML.slice(0, 120))"""
COLOURED_ICONS = """() => [...document.querySelectorAll("main .icon")]
  .filter((icon) => icon.checkVisibility())
  .filter((icon) => getComputedStyle(icon).color !== getComputedStyle(icon.parentElement).color)
  .map((icon) => icon.parentElement.outerHTML.slice(0, 120))"""
NUMBERS = """() => [...document.querySelectorAll(".steps > li")]
  .map((step) => getComputedStyle(step, "::before")).map((style) => [style.borderTopWidth, style.color])"""
ONLY_TO_PRESS = """() => [...document.querySelectorAll(
    "button, input:not(.quiz-answer input), form, .menu, .above, .letters, .exit, .btn:not([href^='tel:'])")]
  .filter((part) => part.checkVisibility({ visibilityProperty: true }) && !part.matches(".visually-hidden"))
  .map((part) => part.outerHTML.slice(0, 120))"""
UNREAD = """() => [...document.querySelectorAll("details:not(.menu, .transcript) .answer, .quiz-why > div")]
  .filter((part) => !part.closest("details")?.matches(".regions details:not(:has(.badge))"))
  .filter((part) => !part.checkVisibility({ contentVisibilityAuto: true }))
  .map((part) => part.outerHTML.slice(0, 120))"""
HERE = """() => {
  const part = document.activeElement, box = part.getBoundingClientRect();
  const within = (at, most) => Math.min(Math.max(at, 1), most - 1);
  const top = document.elementFromPoint(
    within(box.x + box.width / 2, innerWidth), within(box.y + box.height / 2, innerHeight));
  const isRinged = [part, part.nextElementSibling].some(
    (each) => each && getComputedStyle(each).outlineStyle !== "none");
  const isOnTop = part.matches(".visually-hidden") || part.contains(top) || top.contains(part);
  return [part.tagName, part.textContent.trim(), isRinged && isOnTop];
}"""


def get_pages(public: Public) -> list[str]:
    return [path for path in one_of_each(public) if not path.startswith("/en/")]


def test_forced_colours_leave_every_edge_number_and_sign(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone(forced_colors="active").new_page()
    numbers = 0
    for path in get_pages(public):
        page.goto(public.at(path))
        assert (page.evaluate(WITHOUT_AN_EDGE), page.evaluate(COLOURED_ICONS)) == ([], []), path
        for width, _colour in page.evaluate(NUMBERS):
            assert width != "0px", path
            numbers += 1
    assert numbers >= 10


def test_paper_holds_all_that_can_be_read_and_nothing_to_press(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(dark=True).new_page()
    page.emulate_media(media="print")
    for path in get_pages(public):
        page.goto(public.at(path))
        assert (page.evaluate(ONLY_TO_PRESS), page.evaluate(UNREAD)) == ([], []), path
        assert {colour for _width, colour in page.evaluate(NUMBERS)} <= {"rgb(0, 0, 0)"}, path
    page.goto(public.at("/ndihme/"))
    expect(page.locator("main a[href='tel:129']").first).to_be_visible()


def on(page: Page, words: str = "", *, tag: str = "", most: int = 80) -> None:
    """Presses Tab until the focus is on what begins so, and sees it at every stop."""
    for _press in range(most):
        page.keyboard.press("Tab")
        name, text, is_seen = page.evaluate(HERE)
        assert is_seen, f"the focus can't be seen on {name} {text[:60]!r}"
        if name == tag or (words and text.startswith(words)):
            return
    raise AssertionError(f"never reached: {words or tag}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.main
def test_a_message_is_written_by_keyboard_alone_and_each_mistake_takes_the_focus(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone().new_page()
    page.goto(public.at("/en/k/"))
    on(page, "Skip to content")
    page.keyboard.press("Enter")
    on(page, tag="INPUT")
    page.keyboard.type("ABC")
    enter(page)
    expect(page.locator("#errors")).to_be_focused()
    on(page, tag="INPUT")
    expect(page.locator("#id_code")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(public.code)
    enter(page)
    on(page, "Ask without your name")
    enter(page)
    on(page, "Continue")
    enter(page)
    expect(page.locator("#errors")).to_be_focused()
    on(page, tag="TEXTAREA")
    page.keyboard.type("By keyboard.")
    for words in ("Continue", "Continue", "Check your answers", "Send"):
        on(page, words)
        enter(page)
    code = page.locator(".receipt-code").inner_text()
    on(page, "Read the answer")
    enter(page)
    on(page, tag="INPUT")
    page.keyboard.type("AAAA")
    enter(page)
    expect(page.locator("#errors")).to_be_focused()
    on(page, tag="INPUT")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(code)
    enter(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no answer yet")


def test_the_open_menu_never_lies_over_what_has_the_focus(public: Public, phone: Callable[..., BrowserContext]) -> None:
    page = phone().new_page()
    page.goto(public.at("/en/"))
    on(page, "Menu")
    page.keyboard.press("Enter")
    expect(page.locator(".menu-panel")).to_be_visible()
    links = page.locator(".menu-panel a:visible").count()
    on(page, "129", most=links + 5)
    expect(page.locator(".menu-panel")).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_marked_word_breaks_like_any_other_and_opens_what_explains_it(
    public: Public, phone: Callable[..., BrowserContext], script: bool
) -> None:
    page = phone(size="narrow", script=script).new_page()
    with httpx.Client(base_url=public.at("")) as client:
        found = client.get("/api/v2/pages/", params={"locale": "sq", "slug": "ne-gjykate"}).json()["items"][0]
    page.goto(public.at(httpx.URL(found["meta"]["html_url"]).path))
    word = page.get_by_text("njësisë për mbrojtjen e fëmijës", exact=True)
    assert word.evaluate("(word) => word.getClientRects().length") == 2
    note = page.locator(".term-note:popover-open")
    word.click()
    expect(note).to_contain_text("fëmijë")
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(page.get_by_role("button", name="njësisë për mbrojtjen e fëmijës")).to_be_focused()
