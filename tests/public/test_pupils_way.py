"""What a pupil does after a session, on a phone, against a running system: card, quiz, question, answer."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.quiet import until, until_done

from .conftest import Public, answer_message, sign_in

pytestmark = pytest.mark.browser
SAID = "Kanarina 7731: dikush i premton punë shoqes sime."
ANSWER = "Faleminderit që na shkruat. Kanarina 8842."


def press(page: Page, what: str) -> None:
    """Presses the first of these and waits for the page that comes."""
    with page.expect_navigation():
        page.locator(what).first.click()


def ask(page: Page, public: Public, said: str) -> str:
    """From the card's page to the receipt; returns the code."""
    page.goto(public.at(f"/k/{public.code}/"))
    press(page, "main a[href*='/pyet/']")
    expect(page.locator("a[href='tel:129']").first).to_be_visible()
    page.fill("#q-what", said)
    for _part in range(8):
        if page.locator("form button[value=send]").count():
            break
        press(page, "form button.btn-primary[value=next]")
        expect(page.locator("a[href='tel:129']").first).to_be_visible()
    press(page, "form button.btn-primary[value=send]")
    code = page.locator(".receipt-code")
    # Without JavaScript the service asks for a little patience: whoever is too early presses again.
    until(page, lambda: code.count() or press(page, "form button.btn-primary[value=send]"))
    expect(code).to_be_visible()
    return code.inner_text()


def read_answer(page: Page, public: Public, code: str, start: str = "") -> None:
    page.goto(public.at(f"{start}/pyet/pergjigje/"))
    page.fill("#code", code)
    press(page, "main form button.btn-primary")
    # Here too.
    until(page, lambda: not page.locator("#code").count() or press(page, "main form button.btn-primary"))


def way_of_a_message(page: Page, public: Public, start: str = "") -> Iterator[str]:
    """From the card to taking it back, by way of the mistakes one can make: yields the name of each page it shows."""
    page.goto(public.at(f"{start}/pyet/k/{public.code}/"))
    press(page, "form button.btn-primary[value=next]")
    yield "something is missing"
    page.fill("#q-what", SAID)
    page.locator("input[name=danger_now][value=yes]").check()
    press(page, "form button.btn-primary[value=next]")
    yield "danger"
    for number in (2, 3):
        press(page, "form button.btn-primary[value=next]")
        yield f"part {number}"
    press(page, "form button.btn-primary[value=next]")
    yield "review"
    press(page, "form button.btn-primary[value=send]")
    yield "receipt"
    code = page.locator(".receipt-code").inner_text()
    page.goto(public.at(f"{start}/pyet/pergjigje/"))
    page.fill("#code", "AAAA")
    press(page, "main form button.btn-primary")
    yield "codes have been tried"
    read_answer(page, public, code, start)
    yield "no answer yet"
    press(page, "form:has(#text) button")
    yield "nothing added"
    press(page, "button[value=ask_take_back]")
    yield "taking back"


@pytest.mark.main
@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_the_card_to_the_answer(public: Public, phone: Callable[..., BrowserContext], script: bool) -> None:
    pupil = phone(script=script)
    page = pupil.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(public.at("/k/"))
    page.fill("main input[type=text]", f"{public.code[:4].lower()} {public.code[4:]}")
    press(page, "main form button")
    assert page.url.endswith(f"/k/{public.code}/")
    said = f"{SAID} {script}"
    code = ask(page, public, said)
    read_answer(page, public, code)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ende nuk ka përgjigje")

    worker = phone(size="desktop")
    desk = worker.new_page()
    sign_in(desk, public, "vlore1")
    answer_message(desk, public, said, ANSWER)

    read_answer(page, public, code)
    expect(page.locator(".said-unit")).to_contain_text(ANSWER)
    assert said not in page.content(), "what was written first isn't shown to whoever holds the code"
    page.fill("#text", "Po shtoj diçka.")
    press(page, "form:has(#text) button")
    assert pupil.cookies() == []
    assert {re.sub(r"^https?://([^/]+)/.*", r"\1", url) for url in asked} == {f"127.0.0.1:{public.system.port}"}
    assert not any(code.replace("-", "") in url.replace("-", "") for url in asked), "the code stands in no address"


@pytest.mark.main
def test_the_unit_is_told_by_mail_and_the_mail_says_nothing(
    public: Public, phone: Callable[..., BrowserContext]
) -> None:
    page = phone().new_page()
    ask(page, public, SAID)
    page.goto(public.at("/sandbox/inbox/"))
    letters = page.locator("main a[href^='/sandbox/inbox/']")
    until(page, lambda: letters.count() or page.reload() is None)
    assert letters.count() >= 1
    for address in {each.get_attribute("href") or "" for each in letters.all()}:
        page.goto(public.at(address))
        assert "Kanarina" not in page.content()


def test_the_quiz_tells_what_is_right_and_sends_nothing(public: Public, phone: Callable[..., BrowserContext]) -> None:
    for script in (True, False):
        page = phone(script=script).new_page()
        page.goto(public.at(f"/k/{public.code}/"))
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        quiz = page.locator(".quiz").first
        quiz.locator("input[type=radio]").first.check()
        expect(quiz.locator(".quiz-said:visible > :visible").first).to_be_visible()
        if script:
            until_done(page)
        else:
            page.wait_for_load_state("networkidle")
        assert [url for url in asked if "/static/" not in url] == []
        assert "?" not in page.url


def test_feedback_is_counted_and_shown_only_from_ten(public: Public, phone: Callable[..., BrowserContext]) -> None:
    context = phone(script=False)
    page = context.new_page()
    page.goto(public.at(f"/k/{public.code}/mendimi/"))
    press(page, "main a[href*='/mendimi/'], main form button")
    for group in {each.get_attribute("name") for each in page.locator("main input[type=radio]").all()}:
        page.locator(f"main input[name='{group}']").first.check()
    press(page, "main form button.btn-primary, main form button.btn-next")
    assert "/faleminderit/" in page.url
    assert context.cookies() == []
    desk = phone(size="desktop").new_page()
    sign_in(desk, public, "vlore1")
    desk.goto(public.at(f"{public.session}page/"))
    expect(desk.locator("main")).to_contain_text("10")
    assert not desk.locator("main table").filter(has_text=re.compile(r"\b100 ?%")).count()
