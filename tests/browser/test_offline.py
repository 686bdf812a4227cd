"""Without a network nothing typed is lost: what is pressed waits on the page, says so, and goes on by itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .quiet import close, until
from .test_field import answer_everything_required, begin, fill_to_the_end, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}
CANARY = "kanarina-6604"


@pytest.fixture
def phone(chromium: Browser, transactional_db: Any) -> Iterator[BrowserContext]:
    lay_down_demo()
    User.objects.update(language="en")
    context = chromium.new_context(viewport=PHONE, locale="en-GB", timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    yield context
    close(context)


@pytest.fixture
def page(phone: BrowserContext, live_server: Any) -> Page:
    page = phone.new_page()
    sign_in(page, live_server.url)
    begin(page)
    expect(page.locator("form#section")).to_be_visible()
    page.wait_for_load_state()  # its scripts too: before them a press is the browser's own
    return page


def press(page: Page, value: str = "next") -> None:
    page.click(f'.bottom-bar button[value="{value}"]')


def waits(page: Page, words: str = "No network") -> None:
    expect(page.locator("[data-waiting]")).to_contain_text(words)
    expect(page.locator("[data-waiting]")).to_be_visible()


def type_a_story(page: Page, more: str = "") -> None:
    page.check('input[name="seen_alone"][value="yes"]')
    page.fill("#q-whereabouts", f"{CANARY}{more}")


def test_offline_at_each_press_of_an_identification_sends_one_with_all_that_was_typed(
    phone: BrowserContext, page: Page
) -> None:
    typed: set[str] = set()
    parts: list[str] = []
    for _try in range(20):
        if page.locator("form#section").count() == 0:
            break
        if page.locator("#q-municipality").count():
            page.select_option("#q-municipality", "lezhe")
        decision = page.locator('input[name="worker_decision"][value="potential_victim"]')
        if decision.count():
            decision.check()
            page.locator('input[name="signs_heard"]').first.check()
        answer_everything_required(page)
        for number, field in enumerate(page.locator("textarea:not([name*='.'])").all()):
            if field.is_visible():
                field.fill(f"{CANARY} {len(parts)} {number}")
                typed.add(f"{CANARY} {len(parts)} {number}")
        title, address = page.title(), page.url
        phone.set_offline(True)
        page.click(".bottom-bar .btn-next")
        waits(page)
        assert (page.title(), page.url) == (title, address)
        page.evaluate("document.querySelector('main').dataset.before = 'yes'")
        phone.set_offline(False)
        expect(page.locator("main:not([data-before])")).to_have_count(1)
        page.wait_for_load_state()
        parts.append(title)
    assert page.locator("form#section").count() == 0, page.locator(".error-summary").all_inner_texts()
    expect(page.locator("h1")).to_have_text("Check your answers")
    assert len(set(parts)) >= 4
    for text in typed:
        expect(page.locator("main")).to_contain_text(text)
    phone.set_offline(True)
    page.click(".bottom-bar .btn-next")
    waits(page, "Nothing was sent yet")
    page.click(".bottom-bar .btn-next")
    assert Submission.objects.count() == 0
    phone.set_offline(False)
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    sent = Submission.objects.get()
    assert Case.objects.get() == sent.case
    assert typed <= set(re.findall(rf"{CANARY} \d+ \d+", str(sent.answers)))


def test_back_while_something_waits_keeps_the_page_and_what_was_typed(phone: BrowserContext, page: Page) -> None:
    address = page.url
    type_a_story(page)
    phone.set_offline(True)
    press(page, "save")
    waits(page)
    page.evaluate("history.back()")
    expect(page.locator('[data-when="leaving"]')).to_be_visible()
    assert page.url == address
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    phone.set_offline(False)
    expect(page.locator(".note-ok")).to_be_visible()
    assert Draft.objects.get().answers["whereabouts"] == CANARY


def test_leaving_with_something_unsaved_is_asked_about(phone: BrowserContext, page: Page) -> None:
    type_a_story(page)
    phone.set_offline(True)
    press(page)
    waits(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.assign('/field/')")
    until(page, lambda: asked)
    assert asked == ["beforeunload"]
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    phone.set_offline(False)
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_save_and_then_continue_without_a_network_continues_once_with_the_newest_text(
    phone: BrowserContext, page: Page
) -> None:
    type_a_story(page, " before")
    answer_everything_required(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(str(request.post_data)) if request.method == "POST" else None)
    phone.set_offline(True)
    press(page, "save")
    waits(page)
    page.fill("#q-whereabouts", f"{CANARY} after")
    press(page)
    press(page)
    expect(page.locator("[data-press]")).to_have_text("Continue")
    sent.clear()
    phone.set_offline(False)
    expect(page.locator(".error-summary, #q-worker_decision, h1").first).to_be_visible()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert Draft.objects.get().answers["whereabouts"] == f"{CANARY} after"
    assert [body for body in sent if "go=save" in body] == []


@pytest.mark.main
def test_an_answer_lost_on_its_way_is_asked_for_again_and_sends_once(phone: BrowserContext, page: Page) -> None:
    fill_to_the_end(page)
    lost: list[str] = []

    def lose(route: Route, request: Request) -> None:
        if request.method == "POST" and not lost:
            lost.append(str(route.fetch().status))
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/field/drafts/**", lose)
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    assert lost == ["200"]
    assert Submission.objects.count() == Case.objects.count() == 1
    assert Notice.objects.filter(chases=None).values("event_id").distinct().count() == 1


def test_a_busy_server_is_waited_for(phone: BrowserContext, page: Page) -> None:
    type_a_story(page)
    refusals = [503, 502]

    def refuse(route: Route, request: Request) -> None:
        if request.method == "POST" and refusals:
            route.fulfill(status=refusals.pop(), headers={"Retry-After": "1"}, body="busy")
        else:
            route.continue_()

    page.route("**/field/drafts/**", refuse)
    press(page, "save")
    waits(page, "very busy")
    expect(page.locator(".note-ok")).to_be_visible()
    assert Draft.objects.get().answers["whereabouts"] == CANARY


def test_something_too_large_says_so_and_keeps_the_text(phone: BrowserContext, page: Page) -> None:
    type_a_story(page)

    def refuse(route: Route, request: Request) -> None:
        if request.method == "POST":
            route.fulfill(status=413, body="")
        else:
            route.continue_()

    page.route("**/field/drafts/**", refuse)
    press(page, "save")
    waits(page, "too large")
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    page.unroute_all()
    press(page, "save")
    expect(page.locator(".note-ok")).to_be_visible()


def test_a_session_that_ended_without_a_network_keeps_the_text_until_somebody_signs_in_again(
    phone: BrowserContext, page: Page, live_server: Any
) -> None:
    type_a_story(page)
    page.evaluate("document.querySelector('[name=draft_key]').value = 'too-old'")
    phone.set_offline(True)
    press(page, "save")
    waits(page)
    phone.clear_cookies()
    phone.set_offline(False)
    waits(page, "You are signed out")
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    other = phone.new_page()
    other.goto(f"{live_server.url}/field/")
    other.fill("#id_login", "lezhe1")
    other.fill("#id_password", DEMO_PASSWORD)
    other.click("main button")
    expect(other.locator("h1")).to_contain_text("Lezhë")
    other.close()
    press(page, "save")
    expect(page.locator(".note-ok")).to_be_visible()
    assert Draft.objects.get().answers["whereabouts"] == CANARY


def test_a_token_that_got_too_old_at_the_review_is_renewed_and_sends_once(phone: BrowserContext, page: Page) -> None:
    fill_to_the_end(page)
    page.evaluate("document.querySelector('form[data-send] [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    assert Submission.objects.count() == 1


def test_a_saving_under_way_does_not_hold_up_continue_nor_write_over_it(phone: BrowserContext, page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route, request: Request) -> None:
        if request.method == "POST" and "go=autosave" in str(request.post_data):
            held.append(route)
        else:
            route.continue_()

    page.route("**/field/drafts/**", hold)
    type_a_story(page, " old")
    expect(page.locator("[data-save-state]")).to_contain_text("Saving")
    page.fill("#q-whereabouts", f"{CANARY} new")
    press(page, "save")
    expect(page.locator(".note-ok")).to_be_visible()
    assert held
    assert Draft.objects.get().answers["whereabouts"] == f"{CANARY} new"


def test_two_pages_on_one_draft_show_both_texts_and_the_second_chooses(phone: BrowserContext, page: Page) -> None:
    second = phone.new_page()
    second.goto(page.url)
    type_a_story(page, " first")
    press(page, "save")
    expect(page.locator(".note-ok")).to_be_visible()
    type_a_story(second, " second")
    expect(second.locator("[data-save-state]")).to_contain_text("Another page or phone")
    assert Draft.objects.get().answers["whereabouts"] == f"{CANARY} first"
    press(second, "save")
    expect(second.locator("h1")).to_have_text("This part was saved twice")
    expect(second.locator(".choose")).to_have_count(1)
    expect(second.locator("main")).to_contain_text(f"{CANARY} first")
    expect(second.locator("main")).to_contain_text(f"{CANARY} second")
    phone.set_offline(True)
    second.click('.choose input[value="mine"]')
    second.click(".bottom-bar .btn-next")
    waits(second)
    phone.set_offline(False)
    expect(second.locator(".note-ok")).to_be_visible()
    assert Draft.objects.get().answers["whereabouts"] == f"{CANARY} second"


def test_a_page_whose_form_was_sent_elsewhere_shows_what_was_typed_and_leads_to_the_case(
    phone: BrowserContext, page: Page
) -> None:
    second = phone.new_page()
    second.goto(page.url)
    fill_to_the_end(page)
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    type_a_story(second)
    press(second)
    expect(second.locator("h1")).to_have_text("What you typed here is not saved")
    expect(second.locator("main")).to_contain_text(CANARY)
    second.click("text=Open the case")
    expect(second).to_have_url(page.url)
