"""A municipality's front end on another site, in a browser: a film with its captions, an editor's draft."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.browser.wagtail_page import count_watching, until_it_watches

from .conftest import Public, answer_message, sign_in
from .elsewhere import FrontEnd

pytestmark = pytest.mark.browser
ASKED = "Somebody promised my cousin work abroad."
DRAFT = "A title that nobody has published"
CAPTIONS = """film => new Promise(done => {
    film.textTracks[0].mode = "showing";
    film.querySelector("track").onload = () => done(film.textTracks[0].cues.length);
    film.querySelector("track").onerror = () => done("refused");
    film.ontimeupdate = () => film.textTracks[0].cues?.length && done(film.textTracks[0].cues.length);
    film.play();
})"""


def test_a_film_plays_there_with_its_captions(
    public: Public, front_end: FrontEnd, phone: Callable[..., BrowserContext]
) -> None:
    page = phone().new_page()
    found = page.request.get(public.at("/api/v2/pages/?slug=what-happens&locale=en")).json()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{front_end.origin}/?id={found['items'][0]['id']}")
    expect(page.locator("h1")).to_have_text(found["items"][0]["title"])
    assert page.locator("video").evaluate(CAPTIONS) == 7
    assert wrong == []


def test_an_editor_sees_a_draft_there_and_an_old_token_shows_nothing(
    public: Public, front_end: FrontEnd, phone: Callable[..., BrowserContext]
) -> None:
    page = phone(size="desktop").new_page()
    count_watching(page)
    page.goto(public.at("/accounts/login/"))
    page.fill("input[name=login]", "redaktor")
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/cms/**")
    article = page.request.get(public.at("/api/v2/pages/?slug=fast-love&locale=en")).json()["items"][0]
    page.goto(public.at(f"/cms/pages/{article['id']}/edit/"))
    until_it_watches(page)
    page.locator("[data-side-panel-toggle=preview]").click()
    page.fill("#id_title", DRAFT)
    page.locator("#id_preview_mode").select_option("elsewhere")
    shown = page.frame_locator("#w-preview-iframe").frame_locator("iframe")
    expect(shown.locator("h1")).to_have_text(DRAFT)
    frame = next(each for each in page.frames if each.url.startswith(f"{front_end.origin}/preview/"))
    address = frame.url
    stranger = phone().new_page()
    stranger.goto(address)
    expect(stranger.locator("h1")).to_have_text(DRAFT)  # whoever is given the token
    stranger.goto(re.sub(r".{5}$", "aaaaa", address))
    expect(stranger.locator("h1")).to_have_text("404 There is nothing here.")
    assert DRAFT not in stranger.request.get(public.at(f"/api/v2/pages/{article['id']}/")).text()


def test_a_pupil_searches_asks_and_reads_the_answer_there(
    public: Public, front_end: FrontEnd, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{front_end.origin}/ask/?region=vlore")
    fill(page, "search", "online")
    expect(page.locator("#found")).to_contain_text("nline")
    fill(page, "send", ASKED)
    expect(page.locator("#reader")).to_contain_text("Vlor")
    expect(page.locator("#receipt")).to_have_text(re.compile(r"^\w+ \w+ \w+ \w+$"), timeout=90_000)
    code = page.locator("#receipt").inner_text()
    desk = phone(size="desktop").new_page()
    sign_in(desk, public, "vlore1")
    answer_message(desk, public, ASKED, "You did right to write.")
    fill(page, "open", code)
    expect(page.locator("#talk")).to_have_text("unit: You did right to write.", timeout=90_000)
    fill(page, "open", "apple apple apple apple")
    expect(page.locator("#talk")).to_have_text("There is nothing here.", timeout=90_000)
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert [each for each in wrong if "404" not in each] == []


def test_a_page_that_the_operator_has_not_named_can_send_nothing(public: Public, phone: Callable[..., BrowserContext]):
    with FrontEnd() as stranger:
        stranger.api = public.at("/api/v2/")
        page = phone().new_page()
        page.goto(f"{stranger.origin}/ask/?region=vlore")
        address = f"{stranger.api}tips/form?region=vlore"
        assert page.evaluate("address => fetch(address).then(() => 'read', () => 'refused')", address) == "refused"


def fill(page: Page, name: str, typed: str) -> None:
    page.locator(f"#{name} input").fill(typed)
    page.locator(f"#{name} button").click()
