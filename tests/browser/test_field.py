"""A worker's day in a real browser, as wide as a phone: sign in, fill, send, watch. With and without JavaScript."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD, DEMO_PIN
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened, until, until_done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}
CANARY = "kanarina-4410"


@pytest.fixture
def unit(transactional_db: Any) -> User:
    lay_down_demo()
    User.objects.update(language="en")
    return User.objects.get(username="lezhe1")


@pytest.fixture
def phone(chromium: Browser, unit: User) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, locale="en-GB", timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    yield context
    close(context)


@pytest.fixture
def plain_phone(chromium: Browser, unit: User) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)  # type: ignore[arg-type]
    yield context
    close(context)


def sign_in(page: Page, server: str) -> None:
    page.goto(f"{server}/field/")
    page.fill("#id_login", "lezhe1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_contain_text("Lezhë")
    page.wait_for_load_state()  # its scripts too


def answer_everything_required(page: Page) -> None:
    """The plainest true answer to each required question that is shown and has none."""
    for group in page.locator('fieldset[role="radiogroup"]').all():
        if (
            group.is_visible()
            and group.locator(".q-required:not([hidden])").count()
            and not group.locator(":checked").count()
        ):
            group.locator("input").last.check()
    for select in page.locator('select[aria-required="true"]').all():
        if select.is_visible() and not select.input_value():
            select.select_option(index=1)
    for field in page.locator('input[aria-required="true"], textarea[aria-required="true"]').all():
        if field.is_visible() and field.get_attribute("type") != "hidden" and not field.input_value():
            field.fill("30" if field.get_attribute("inputmode") == "numeric" else CANARY)
    for boxes in page.locator("fieldset.q-select_many:has(.q-required:not([hidden]))").all():
        if boxes.is_visible() and not boxes.locator(":checked").count():
            if boxes.locator("details").count():
                boxes.locator("summary").click()
            boxes.locator("input").first.check()
    for group in page.locator(".q-indicators:has(.q-required:not([hidden]))").all():
        if group.is_visible() and not group.locator("details[open]").count():
            group.locator("summary").first.click()
            group.locator("details[open] input").first.check()


def fill_to_the_end(page: Page, *, has_script: bool = True) -> None:
    """Goes through every section, mending what the server asks for, up to the review."""
    for _try in range(40):
        if page.locator("form#section").count() == 0:
            return
        if page.locator("#q-municipality").count():
            page.select_option("#q-municipality", "lezhe")
        decision = page.locator('input[name="worker_decision"][value="potential_victim"]')
        if decision.count():
            decision.check()
            page.locator('input[name="signs_heard"]').first.check()
        answer_everything_required(page)
        if has_script:
            press(page)
        else:
            page.click(".bottom-bar .btn-next")
            page.wait_for_load_state()
    raise AssertionError(f"stuck at {page.url}: {page.locator('.error-summary').all_inner_texts()}")


def press(page: Page, button: str = ".bottom-bar .btn-next") -> None:
    """Presses a button of a section's form, and waits for what comes in this page's place: it goes by fetch first."""
    page.evaluate("document.querySelector('main').dataset.before = 'yes'")
    page.click(button)
    expect(page.locator("main:not([data-before])")).to_have_count(1)
    page.wait_for_load_state()


def begin(page: Page) -> None:
    page.click('form[action*="initial_identification"] button')
    expect(page.locator("form#section")).to_be_visible()


def fits(page: Page) -> None:
    """Nothing is wider than the phone, and what one presses is large enough for a thumb."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than the screen"
    small = page.evaluate(
        """[...document.querySelectorAll("a.btn, button, summary, select, input, textarea, .card-link, .line-link")]
        .filter((node) => node.offsetParent && !["hidden", "radio", "checkbox"].includes(node.type)
            && !node.matches(".visually-hidden, .skip-link") && node.getBoundingClientRect().height < 43.5)
        .map((node) => `${node.tagName}.${node.className} ${Math.round(node.getBoundingClientRect().height)}`)"""
    )
    assert small == [], f"{page.url}: {small}"


@pytest.mark.main
def test_sign_in_fill_send_and_watch(phone: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    fits(page)
    begin(page)
    fits(page)
    fill_to_the_end(page)
    expect(page.locator("h1")).to_have_text("Check your answers")
    fits(page)
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    case = Case.objects.get()
    assert Submission.objects.get().case == case
    cards = page.locator(".notice-card")
    assert cards.count() == Notice.objects.filter(case_id=case.pk, chases=None).count() >= 2
    fits(page)

    notice = Notice.objects.filter(role="police", chases=None).get()
    now = timezone.now()
    Notice.objects.filter(pk=notice.pk).update(
        state="accepted",
        attempts=1,
        sent_at=now,
        opened_at=now,
        accepted_at=now,
        next_attempt_at=None,
        next_step_at=None,
        lease_until=None,
    )
    card = page.locator(f'[data-key="{notice.pk}"]')
    expect(card.locator(".notice-head .badge-accepted")).to_be_visible()
    expect(page.locator("[data-timeline-news]")).to_contain_text("accepted")
    assert complaints == []


def test_the_same_without_javascript(plain_phone: BrowserContext, live_server: Any) -> None:
    page = plain_phone.new_page()
    sign_in(page, live_server.url)
    begin(page)
    page.click(".bottom-bar .btn-next")
    summary = page.locator(".error-summary a")
    assert summary.count() >= 1
    for link in summary.all():
        assert page.locator(str(link.get_attribute("href"))).count() == 1
    fill_to_the_end(page, has_script=False)
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    expect(page.locator(".notice-card").first).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1
    assert Case.objects.count() == 1


def test_questions_appear_and_go_live_and_the_draft_saves_itself(phone: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    urgent, when = page.locator('[data-item="urgent_notice"]'), page.locator("#q-whereabouts_when")
    expect(urgent).to_be_hidden()
    page.check('input[name="immediate_danger"][value="yes"]')
    expect(urgent).to_be_visible()
    expect(page.get_by_text("Call 129 now")).to_be_visible()
    page.check('input[name="immediate_danger"][value="no"]')
    expect(urgent).to_be_hidden()
    expect(when).to_be_hidden()
    page.fill("#q-whereabouts", "Stacioni")
    expect(when).to_be_visible()
    when.fill(CANARY)
    # "Saved at" may still be of a saving before.
    assert until(page, lambda: Draft.objects.get().answers.get("whereabouts_when") == CANARY)
    expect(page.locator("[data-save-state]")).to_contain_text("Saved at")
    page.fill("#q-whereabouts", "")
    expect(when).to_be_hidden()
    assert complaints == []


def test_a_session_that_ends_while_typing_loses_nothing(phone: BrowserContext, live_server: Any) -> None:
    page, _complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    page.fill("#q-whereabouts", CANARY)
    kept = [cookie for cookie in phone.cookies() if "csrf" in cookie["name"]]
    phone.clear_cookies()
    phone.add_cookies(kept)  # type: ignore[arg-type]
    page.click('.bottom-bar button[value="save"]')
    expect(page.locator("#id_login")).to_be_visible()
    assert CANARY not in page.content()
    page.fill("#id_login", "lezhe1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)


def test_nothing_is_kept_on_the_phone(phone: BrowserContext, live_server: Any) -> None:
    page, _complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    page.fill("#q-whereabouts", CANARY)
    until_done(page)
    stored = page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
    assert stored == "{}{}"
    page.click('.bottom-bar button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()


def test_the_menu_works_by_keyboard(phone: BrowserContext, live_server: Any) -> None:
    page, _complaints = listened(phone)
    sign_in(page, live_server.url)
    page.locator("[data-menu] summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".menu-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu-sheet")).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.click(".menu-sheet >> text=Sign out")
    expect(page.locator("#id_login")).to_be_visible()


def test_a_choice_that_stands_alone_takes_the_others_out(phone: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    page.select_option("#q-municipality", "lezhe")
    answer_everything_required(page)
    page.click(".bottom-bar .btn-next")
    box = 'input[name="safe_contact_how"][value="{}"]'
    call, alone = page.locator(box.format("call")), page.locator(box.format("no_contact"))
    call.check()
    expect(page.locator("#q-safe_contact_phone")).to_be_visible()
    alone.check()
    expect(call).not_to_be_checked()
    expect(page.locator("#q-safe_contact_phone")).to_be_hidden()
    call.check()
    expect(alone).not_to_be_checked()
    assert complaints == []


def test_without_javascript_a_choice_that_stands_alone_is_asked_about(
    plain_phone: BrowserContext, live_server: Any
) -> None:
    page = plain_phone.new_page()
    sign_in(page, live_server.url)
    begin(page)
    page.select_option("#q-municipality", "lezhe")
    answer_everything_required(page)
    page.click(".bottom-bar .btn-next")
    for value in ("call", "no_contact"):
        page.locator(f'input[name="safe_contact_how"][value="{value}"]').check()
    page.click(".bottom-bar .btn-next")
    expect(page.locator("#q-safe_contact_how-error")).to_contain_text("can only be chosen on its own")


def test_a_name_as_long_as_one_word_can_be_widens_neither_the_review_nor_the_brief(
    phone: BrowserContext, live_server: Any
) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    fill_to_the_end(page)
    draft = Draft.objects.get()
    said = {"first_name": "Gjatësia" * 10, "consent_to_store": "yes", "police_contact_consent": "yes"}
    draft.answers = {**draft.answers, **said, "whereabouts": "x" * 500}
    draft.save()
    page.reload()
    expect(page.locator("main")).to_contain_text("GjatësiaGjatësia")
    fits(page)
    picture(page, "long-name-review")
    page.click(".bottom-bar .btn-next")
    expect(page.locator(".notice-card").first).to_be_visible()
    fits(page)
    notice = Notice.objects.get(case_id=Case.objects.get().pk, role="police", chases=None)
    page.goto(f"{live_server.url}/n/{notice.link_token}/?lang=en")
    page.fill("input[name=pin]", DEMO_PIN)
    page.press("input[name=pin]", "Enter")
    expect(page.locator("main")).to_contain_text("GjatësiaGjatësia")
    fits(page)
    picture(page, "long-name-brief")
    assert complaints == []


def test_what_may_be_a_slip_is_corrected_or_confirmed(phone: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    fill_to_the_end(page)
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "immediate_danger": "yes", "urgent_notice": "whole_form"}
    draft.save()
    page.reload()
    fits(page)
    page.click(".bottom-bar .btn-next")
    expect(page.locator(".error-summary")).to_contain_text("not where the person is")
    picture(page, "to_confirm")
    page.get_by_label("Yes, it is right").check()
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    assert Submission.objects.filter(case__isnull=False).latest("received_at").confirmed
    assert complaints == []
