"""A conversation inside a notice, from the officer's phone to the unit's phone, also while a network is gone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import User
from case_forms.cases.models import Case
from notifications.briefs.models import TalkMessage
from notifications.directory.models import Contact
from notifications.outbox.actions import build_link
from notifications.outbox.models import Notice, Purpose
from tests.seeds import lay_down_demo
from tests.world.offices import PIN

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 900}
WORDS = {
    "sq": {"ask": "Ku pret ajo tani?", "answer": "Te kioska.", "waits": "pret", "added": "ka shtuar"},
    "en": {"ask": "Where is she waiting?", "answer": "By the kiosk.", "waits": "waiting", "added": "has added"},
}


@pytest.fixture(params=["sq", "en"])
def language(request: Any, transactional_db: Any) -> str:
    lay_down_demo(with_cases=True)
    User.objects.update(language=request.param)
    Contact.objects.update(language=request.param)
    Notice.objects.update(language=request.param)
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def size(request: Any) -> str:
    return str(request.param)


def make_context(chromium: Browser, language: str, size: str) -> BrowserContext:
    viewport: Any = PHONE if size == "phone" else DESK
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    return chromium.new_context(viewport=viewport, locale=locale, timezone_id="Europe/Tirane")


@pytest.fixture
def contexts(chromium: Browser, language: str, size: str) -> Iterator[list[BrowserContext]]:
    made = [make_context(chromium, language, size), make_context(chromium, language, size)]
    yield made
    for context in made:
        close(context)


@pytest.fixture
def notice(language: str) -> Notice:
    """A notice to the police in a case of the worker's unit, whose officer has a PIN that the test knows."""
    cases = Case.objects.filter(unit__slug="lezhe", closed_at=None)
    found = (
        Notice.objects.open()
        .filter(case_id__in=cases.values("pk"), role="police", purpose=Purpose.FIRST, contact__isnull=False)
        .latest("owed_at")
    )
    contact = found.contact
    assert contact is not None
    contact.set_pin(PIN)
    Contact.objects.filter(pk=contact.pk).update(pin_hash=contact.pin_hash, pin_set_at=contact.pin_set_at)
    return found


def open_notice(page: Page, live_server: Any, notice: Notice) -> None:
    address = "/n/" + build_link(notice).partition("/n/")[2]
    page.goto(live_server.url + address)
    page.fill("input[name=pin]", PIN)
    page.press("input[name=pin]", "Enter")
    expect(page.locator("#talk")).to_be_visible()
    page.wait_for_load_state()


def test_a_question_is_asked_answered_and_read(
    contexts: list[BrowserContext], live_server: Any, notice: Notice, language: str, size: str
) -> None:
    said = WORDS[language]
    officer, complaints = listened(contexts[0])
    worker, complaints_of_worker = listened(contexts[1])
    open_notice(officer, live_server, notice)
    officer.locator("#talk textarea").fill(said["ask"])
    # The network is gone at the press: the page stays, says so, and sends by itself when it is back.
    contexts[0].set_offline(True)
    officer.click('#talk button[value="ask"]')
    expect(officer.locator("#talk [data-waiting]")).to_be_visible()
    expect(officer.locator("#talk textarea")).to_have_value(said["ask"])
    picture(officer, f"talk-offline-{size}-{language}")
    contexts[0].set_offline(False)
    expect(officer.locator(".talk-line")).to_contain_text(said["ask"])
    assert TalkMessage.objects.count() == 1
    fits(officer)
    picture(officer, f"talk-asked-{size}-{language}")

    sign_in(worker, live_server.url)
    worker.goto(f"{live_server.url}/field/cases/{notice.case_reference}/")
    expect(worker.get_by_text(said["waits"]).first).to_be_visible()
    fits(worker)
    picture(worker, f"talk-case-{size}-{language}")
    worker.locator(f'.notice-card a[href$="/notices/{notice.pk}/talk/"]').click()
    expect(worker.locator(".talk-line")).to_contain_text(said["ask"])
    worker.locator("textarea").fill(said["answer"])
    fits(worker)
    picture(worker, f"talk-unit-{size}-{language}")
    worker.click('button[value="answer"]')
    expect(worker.locator(".talk-mine")).to_contain_text(said["answer"])
    picture(worker, f"talk-unit-answered-{size}-{language}")

    officer.reload()
    expect(officer.get_by_text(said["added"])).to_be_visible()
    expect(officer.locator(".talk-line").last).to_contain_text(said["answer"])
    fits(officer)
    picture(officer, f"talk-answered-{size}-{language}")
    officer.click('button[value="read"]')
    expect(officer.locator("#talk-new")).to_have_count(0)
    assert TalkMessage.objects.get(kind="answer").read_at is not None
    assert [words for words in complaints if "ERR_INTERNET_DISCONNECTED" not in words] == []
    assert complaints_of_worker == []
